<?php
// Brings WordPress's own files in the volume up to the image's, and what PHP compiled of them. What
// people added (uploads, themes, plugins) is not touched. A run that was cut off is done again: the
// file that tells the packages comes last.
declare(strict_types=1);

const IMAGE = '/usr/src/wordpress';
const SITE = '/var/www/html';
const VERSION_FILE = '/wp-includes/version.php';
const PACKAGES = '/.pidone-packages';
const COMPILED_IMAGE = '/usr/src/opcache';
const COMPILED = '/var/www/opcache';
const DROP_IN = '/usr/share/pidone/object-cache/drop-in.php';
const OBJECT_CACHE = SITE . '/wp-content/object-cache.php';

function fail(string $path): never
{
    fwrite(STDERR, "wordpress: cannot write '$path'; the volume must belong to uid 33 and have room\n");
    exit(1);
}

/** WordPress's version below a directory; "0" when it has none. */
function version_below(string $directory): string
{
    $text = is_readable($directory . VERSION_FILE) ? file_get_contents($directory . VERSION_FILE) : '';
    return preg_match('/\$wp_version\s*=\s*\'([^\']+)\'/', (string) $text, $match) ? $match[1] : '0';
}

/** Debian's versions of what is below a directory: a fix of Debian's leaves WordPress's own as it was. */
function packages_below(string $directory): string
{
    return is_readable($directory . PACKAGES) ? (string) file_get_contents($directory . PACKAGES) : '';
}

/** Every file and directory below, parents first: path below it => SplFileInfo. */
function tree(string $directory): iterable
{
    $files = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator($directory, FilesystemIterator::SKIP_DOTS),
        RecursiveIteratorIterator::SELF_FIRST
    );
    foreach ($files as $path => $info) {
        yield substr($path, strlen($directory)) => $info;
    }
}

/** Copies one file so that a reader sees the old or the new one, never a part. */
function replace_file(string $from, string $to): void
{
    $temporary = "$to.pidone-new";
    if (!copy($from, $temporary) || !touch($temporary, (int) filemtime($from)) || !rename($temporary, $to)) {
        fail($to);
    }
}

function update_site(): void
{
    $late = [VERSION_FILE, PACKAGES];
    foreach (tree(IMAGE) as $name => $info) {
        if ($info->isDir()) {
            is_dir(SITE . $name) || mkdir(SITE . $name, 0755, true) || fail(SITE . $name);
        } elseif (!in_array($name, $late, true) && $name !== '/wp-config.php') {
            replace_file(IMAGE . $name, SITE . $name);
        }
    }
    foreach ($late as $name) {
        replace_file(IMAGE . $name, SITE . $name);
    }
}

/** PHP would compile anew what is missing here, so nothing is lost when this is cut off. */
function bring_compiled(): void
{
    foreach (tree(COMPILED_IMAGE) as $name => $info) {
        if ($info->isDir()) {
            is_dir(COMPILED . $name) || mkdir(COMPILED . $name, 0700) || fail(COMPILED . $name);
        } elseif (!copy(COMPILED_IMAGE . $name, COMPILED . $name)) {
            fail(COMPILED . $name);
        }
    }
}

/** WordPress's cache is in Redis as long as this file is there; one that somebody else put there stays. */
function choose_cache(bool $is_wanted): void
{
    $ours = (string) file_get_contents(DROP_IN);
    $found = is_file(OBJECT_CACHE) ? (string) file_get_contents(OBJECT_CACHE) : '';
    $is_ours = str_contains($found, dirname(DROP_IN));
    if ($found !== '' && !$is_ours) {
        fwrite(STDERR, "wordpress: '" . OBJECT_CACHE . "' is not this project's and stays as it is\n");
    } elseif ($is_wanted && $found !== $ours) {
        replace_file(DROP_IN, OBJECT_CACHE);
    } elseif (!$is_wanted && $is_ours) {
        unlink(OBJECT_CACHE) || fail(OBJECT_CACHE);
    }
}

$from = version_below(SITE);
$to = version_below(IMAGE);
$is_newer = version_compare($to, $from, '>')
    || ($to === $from && packages_below(IMAGE) !== packages_below(SITE));
if ($is_newer) {
    update_site();
    fwrite(STDERR, "wordpress: files updated from version $from to $to\n");
}
is_file(SITE . '/wp-config.php') || replace_file(IMAGE . '/wp-config.php', SITE . '/wp-config.php');
// The service 'compiled' makes the directory; below it is one for each build of PHP.
if (is_dir(COMPILED) && ($is_newer || array_diff(scandir(COMPILED_IMAGE), scandir(COMPILED)) !== [])) {
    bring_compiled();
}
choose_cache(getenv('BONUS') === 'on');
