<?php
// Makes the first page as php-fpm does and prints how many SQL queries that took. The argument 'own'
// makes it with WordPress's own cache, 'redis' with the drop-in.
declare(strict_types=1);

$_SERVER += ['HTTP_HOST' => getenv('DOMAIN_NAME'), 'SERVER_NAME' => getenv('DOMAIN_NAME'), 'HTTPS' => 'on',
             'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/',
             'SERVER_PROTOCOL' => 'HTTP/2.0', 'REMOTE_ADDR' => '127.0.0.1'];
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
define('WP_USE_THEMES', true);
define('DISABLE_WP_CRON', true);
if ($argv[1] === 'own') {
    $wp_filter = ['enable_loading_object_cache_dropin' => [10 => [['function' => '__return_false', 'accepted_args' => 0]]]];
}
ob_start();
require '/var/www/html/wp-blog-header.php';
$page = ob_get_clean();
if ((bool) wp_using_ext_object_cache() !== ($argv[1] === 'redis') || !str_contains($page, '</html>')) {
    exit("no page, or the drop-in is not what '$argv[1]' means: $page\n");
}
echo json_encode(['queries' => get_num_queries(), 'hits' => $wp_object_cache->cache_hits]);
