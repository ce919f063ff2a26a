<?php
// Compiles, while the image is built, what nearly every request of WordPress loads, into the
// directory that opcache.file_cache names. A file that is missing here is compiled when it is first
// asked for.
declare(strict_types=1);

const SITE = '/var/www/html';
// Libraries that few requests load, and a file that declares again what others have.
const LEFT_OUT = '~/wp-includes/(ID3|IXR|PHPMailer|SimplePie|Text|customize|js|random_compat|sodium_compat|theme-compat)/'
    . '|/wp-admin/(?!includes/)|/wp-admin/includes/noop\.php$|/wp-content/plugins/~';

$files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator(SITE, FilesystemIterator::SKIP_DOTS));
foreach ($files as $path => $file) {
    if ($file->getExtension() === 'php' && !preg_match(LEFT_OUT, $path)) {
        opcache_compile_file($path);
    }
}
exit(glob('/var/www/opcache/*/*') === [] ? 1 : 0);
