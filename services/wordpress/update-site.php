<?php
// Brings WordPress's own files in the volume up to the image's version. What people added (uploads,
// themes, plugins) is not touched. A run that was cut off is done again: version.php comes last.
declare(strict_types=1);

const IMAGE = '/usr/src/wordpress';
const SITE = '/var/www/html';
const VERSION_FILE = '/wp-includes/version.php';

/** WordPress's version below a directory; "0" when it has none. */
function version_below(string $directory): string
{
    $text = is_readable($directory . VERSION_FILE) ? file_get_contents($directory . VERSION_FILE) : '';
    return preg_match('/\$wp_version\s*=\s*\'([^\']+)\'/', (string) $text, $match) ? $match[1] : '0';
}

/** Copies one file so that a reader sees the old or the new one, never a part. */
function replace_file(string $from, string $to): void
{
    $temporary = "$to.pidone-new";
    if (!copy($from, $temporary) || !touch($temporary, (int) filemtime($from)) || !rename($temporary, $to)) {
        fwrite(STDERR, "wordpress: cannot write '$to'; the volume must belong to uid 33 and have room\n");
        exit(1);
    }
}

$from = version_below(SITE);
$to = version_below(IMAGE);
$is_newer = version_compare($to, $from, '>');

$files = new RecursiveIteratorIterator(
    new RecursiveDirectoryIterator(IMAGE, FilesystemIterator::SKIP_DOTS),
    RecursiveIteratorIterator::SELF_FIRST
);
foreach ($is_newer ? $files : [] as $source => $info) {
    $name = substr($source, strlen(IMAGE));
    $target = SITE . $name;
    if ($info->isDir()) {
        is_dir($target) || mkdir($target, 0755, true);
    } elseif ($name !== VERSION_FILE && $name !== '/wp-config.php') {
        replace_file($source, $target);
    }
}
is_file(SITE . '/wp-config.php') || replace_file(IMAGE . '/wp-config.php', SITE . '/wp-config.php');
if ($is_newer) {
    replace_file(IMAGE . VERSION_FILE, SITE . VERSION_FILE);
    fwrite(STDERR, "wordpress: files updated from version $from to $to\n");
}
