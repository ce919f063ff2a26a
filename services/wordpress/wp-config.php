<?php
// What differs between installations comes from the environment, what is secret from files.

/** The content of a secret file without the line end an editor may have left. */
function pidone_secret(string $name): string
{
    $path = "/run/secrets/$name";
    $text = is_readable($path) ? file_get_contents($path) : false;
    if ($text === false || rtrim($text, "\r\n") === '') {
        error_log("wordpress: cannot read the secret '$path', or it is empty; 'make secrets' makes it");
        http_response_code(500);
        exit(1);
    }
    return rtrim($text, "\r\n");
}

/**
 * The address the visitor gets in links. A reader of the site who came by localhost or a bare
 * address stays there; everything that logs in or changes something happens at the one name,
 * because a Host header is the visitor's to invent.
 */
function pidone_site_url(): string
{
    $domain = (string) getenv('DOMAIN_NAME');
    $port = getenv('HTTPS_PORT') === '443' ? '' : ':' . getenv('HTTPS_PORT');
    $asked = preg_replace('/:\d+$/', '', $_SERVER['HTTP_HOST'] ?? $domain);

    // nginx passes the name alone; without the port WordPress would redirect to itself for ever.
    $_SERVER['HTTP_HOST'] = $asked . $port;

    $is_bare = $asked === 'localhost' || filter_var(trim($asked, '[]'), FILTER_VALIDATE_IP) !== false;
    $is_reader = in_array($_SERVER['SCRIPT_NAME'] ?? '', ['/index.php', '/wp-comments-post.php'], true);
    return 'https://' . ($is_bare && $is_reader ? $asked : $domain) . $port;
}

define('DB_HOST', 'mariadb-backend:' . getenv('DB_PORT'));
define('DB_NAME', (string) getenv('DB_NAME'));
define('DB_USER', (string) getenv('DB_USER'));
define('DB_PASSWORD', pidone_secret('db_password'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

foreach (
    ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
     'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $pidone_name
) {
    define($pidone_name, hash_hmac('sha256', $pidone_name, pidone_secret('wp_salts')));
}

define('WP_HOME', pidone_site_url());
define('WP_SITEURL', WP_HOME);
define('FORCE_SSL_ADMIN', true);

// The files change with the image only, and nothing outside is asked for anything.
define('FS_METHOD', 'direct');
define('DISALLOW_FILE_EDIT', true);
define('DISALLOW_FILE_MODS', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WPMU_PLUGIN_DIR', '/usr/share/pidone/mu-plugins');
define('WP_DEBUG', false);
// What all names in Redis begin with.
define('WP_CACHE_KEY_SALT', (string) getenv('DOMAIN_NAME'));

if (!defined('ABSPATH')) {
    define('ABSPATH', '/var/www/html/');
}
require_once ABSPATH . 'wp-settings.php';
