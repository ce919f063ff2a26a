<?php
// Makes the database what .env and the secrets say, at every start and before php-fpm runs. A row in
// the database marks a finished installation and is written last, so one that was killed at any
// point is known as such by its absence and made again. The row tells what it was made from; as long
// as that is unchanged, WordPress is not even loaded.
declare(strict_types=1);

const MARK = 'pidone_setup';
const APPLIED = 'pidone_secrets';
const THEME = 'twentytwentythree';
const SITE = '/var/www/html';
const CORE_TABLES = [
    'wp_commentmeta', 'wp_comments', 'wp_links', 'wp_options', 'wp_postmeta', 'wp_posts',
    'wp_term_relationships', 'wp_term_taxonomy', 'wp_termmeta', 'wp_terms', 'wp_usermeta', 'wp_users',
];

function say(string $text): void
{
    fwrite(STDERR, "wordpress: $text\n");
}

function fail(string $text): never
{
    say($text);
    $GLOBALS['said_why'] = true;
    exit(1);
}

function setting(string $name): string
{
    $value = (string) getenv($name);
    $value !== '' || fail("$name is not set; it is a key of .env (see .env.example)");
    return $value;
}

function secret(string $name): string
{
    $path = "/run/secrets/$name";
    $text = is_readable($path) ? rtrim((string) file_get_contents($path), "\r\n") : '';
    $text !== '' || fail("cannot read the secret '$path', or it is empty; 'make secrets' makes it");
    return $text;
}

/** The two people of the site, checked. */
function accounts(): array
{
    $owner = ['login' => setting('WP_OWNER'), 'email' => setting('WP_OWNER_EMAIL'),
              'role' => 'administrator', 'password' => secret('wp_owner_password')];
    $author = ['login' => setting('WP_AUTHOR'), 'email' => setting('WP_AUTHOR_EMAIL'),
               'role' => 'author', 'password' => secret('wp_author_password')];
    if (stripos($owner['login'], 'admin') !== false) {
        fail("WP_OWNER is '{$owner['login']}', but the administrator's name must not contain 'admin'");
    }
    if (strcasecmp($owner['login'], $author['login']) === 0) {
        fail("WP_OWNER and WP_AUTHOR are both '{$owner['login']}', expected two different names");
    }
    if (strcasecmp($owner['email'], $author['email']) === 0) {
        fail("WP_OWNER_EMAIL and WP_AUTHOR_EMAIL are both '{$owner['email']}', expected two addresses");
    }
    return [$owner, $author];
}

/**
 * A connection of our own, made of nothing of WordPress's. The server may be on its way down for a
 * restart that brings it this very password, so a refusal is final only after a while.
 */
function connect(float $seconds): mysqli
{
    mysqli_report(MYSQLI_REPORT_OFF);
    $deadline = microtime(true) + $seconds;
    do {
        $db = mysqli_init();
        $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 3);
        $is_open = @$db->real_connect(
            'mariadb-backend', setting('DB_USER'), secret('db_password'), setting('DB_NAME'), (int) setting('DB_PORT')
        );
        if ($is_open) {
            mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
            return $db;
        }
        $why = mysqli_connect_error();
        isset($is_said) || say("waiting for the database: $why");
        $is_said = true;
        usleep(50_000);
    } while (microtime(true) < $deadline);
    fail("cannot log in to the database within {$seconds} s; look at the log of mariadb: $why");
}

/** One column of an answer. */
function column(mysqli $db, string $sql): array
{
    return array_column($db->query($sql)->fetch_all(), 0);
}

/** The texts as SQL writes them, with commas between. */
function sql_list(mysqli $db, array $texts): string
{
    return "'" . implode("','", array_map($db->real_escape_string(...), $texts)) . "'";
}

/** All that an installation is made from, and that a later start may find changed: a keyed hash. */
function fingerprint(array $accounts): string
{
    $code = [file_get_contents(SITE . '/wp-includes/version.php'), file_get_contents(__FILE__)];
    return hash_hmac('sha256', serialize([$code, $accounts]), secret('wp_salts'));
}

/** Whether what WordPress would mend at this start is still there: both accounts and the theme's files. */
function is_whole(mysqli $db, array $logins): bool
{
    $known = sql_list($db, $logins);
    $themes = column($db, "SELECT option_value FROM wp_options WHERE option_name IN ('template', 'stylesheet')");
    return (int) column($db, "SELECT COUNT(*) FROM wp_users WHERE user_login IN ($known)")[0] === count($logins)
        && count($themes) === 2
        && array_filter($themes, fn ($theme) => !is_file(SITE . "/wp-content/themes/$theme/style.css")) === [];
}

/** What is in the tables that a killed installation cannot have put there. */
function foreign_content(mysqli $db, array $tables, array $logins): array
{
    $known = sql_list($db, $logins);
    $questions = [
        'wp_users' => ["SELECT CONCAT('user ', user_login) FROM wp_users WHERE user_login NOT IN ($known)"],
        'wp_usermeta' => ["SELECT CONCAT('a login of user ', user_id) FROM wp_usermeta
            WHERE meta_key = 'session_tokens'"],
        'wp_posts' => ["SELECT CONCAT('post ', ID, ' ', post_title) FROM wp_posts
            WHERE post_type NOT IN ('post', 'page', 'wp_template') OR post_modified <> post_date
               OR post_name NOT IN ('hello-world', 'sample-page', 'privacy-policy', 'home')"],
        'wp_comments' => ["SELECT CONCAT('comment ', comment_ID) FROM wp_comments
            WHERE comment_author_email <> 'wapuu@wordpress.example'"],
        'wp_links' => ["SELECT CONCAT('link ', link_id) FROM wp_links"],
    ];
    $found = array_map(fn ($table) => "table $table", array_values(array_diff($tables, CORE_TABLES)));
    foreach ($questions as $table => [$sql]) {
        if (in_array($table, $tables, true)) {
            array_push($found, ...column($db, $sql));
        }
    }
    return $found;
}

/** Drops what a killed installation left, having proved that it is nothing else. */
function drop_unfinished(mysqli $db, array $tables, array $logins): void
{
    $found = foreign_content($db, $tables, $logins);
    if ($found !== []) {
        $some = implode(', ', array_slice($found, 0, 5)) . (count($found) > 5 ? ', ...' : '');
        $name = setting('DB_NAME');
        fail("the database '$name' has WordPress tables without our mark and with what may be "
            . "somebody's ($some); nothing was changed. To keep it, run in 'make db': INSERT INTO "
            . "$name.wp_options (option_name, option_value) VALUES ('" . MARK . "', 'kept'); to begin "
            . "anew, drop these tables or set another DB_NAME in .env");
    }
    say('removing an installation that was cut off: ' . count($tables) . ' tables');
    foreach ($tables as $table) {
        $db->query("DROP TABLE IF EXISTS `$table`");
    }
}

/** What WordPress cannot tell by its return values: that every part of an installation is there. */
function verify_whole(mysqli $db): void
{
    $missing = array_diff(CORE_TABLES, column($db, "SHOW TABLES LIKE 'wp\\_%'"));
    $missing === [] || fail('the installation lacks ' . implode(', ', $missing));
    $counts = ['wp_users' => 2, 'wp_posts' => 4, 'wp_comments' => 1, 'wp_terms' => 1];
    foreach ($counts as $table => $least) {
        $rows = (int) column($db, "SELECT COUNT(*) FROM $table")[0];
        $rows >= $least || fail("the installation has $rows rows in $table, expected at least $least");
    }
}

/** Settings of a new site only: later they are the owner's to change. */
function set_up_new_site(array $owner): void
{
    $result = wp_install(setting('WP_TITLE'), $owner['login'], $owner['email'], true, '',
                         wp_slash($owner['password']));
    is_wp_error($result) && fail('cannot install: ' . $result->get_error_message());
    $options = [
        'comment_moderation' => 0, 'comment_previously_approved' => 0,
        'comments_notify' => 0, 'moderation_notify' => 0,
        'default_pingback_flag' => 0, 'default_ping_status' => 'closed', 'show_avatars' => 0,
        'blogdescription' => 'nginx, WordPress and MariaDB, each started, watched and stopped by its own process 1.',
        'can_compress_scripts' => 0,   // nginx does; unset, the first page after a login tries it out
    ];
    foreach ($options as $name => $value) {
        update_option($name, $value);
    }
    $GLOBALS['wp_rewrite']->set_permalink_structure('/%postname%/');
    flush_rewrite_rules(false);
    write_first_content();
}

/** What a visitor meets first, instead of the theme's and WordPress's samples; the editors change it like any other. */
function write_first_content(): void
{
    global $wpdb;
    $post = ['post_title' => 'Hello from process 1', 'post_content' => content('hello-world'),
             'post_excerpt' => 'Three containers brought you this page. Who looks after them, and what you can do now.'];
    $is_written = $wpdb->update($wpdb->posts, $post, ['post_name' => 'hello-world']) === 1;
    kses_remove_filters();   // nobody is logged in, and the file is ours
    $home = wp_insert_post(wp_slash([
        'post_type' => 'wp_template', 'post_name' => 'home', 'post_title' => 'Home', 'post_status' => 'publish',
        'post_content' => content('home'),
    ]));
    $is_written && $home !== 0 && !is_wp_error(wp_set_object_terms($home, THEME, 'wp_theme'))
        || fail("cannot write the first page: $wpdb->last_error");
}

function content(string $name): string
{
    return file_get_contents(__DIR__ . "/content/$name.html") ?: fail("cannot read $name.html of the image");
}

/** Makes a new account; the address must be nobody else's. */
function add_account(array $account, string $password): void
{
    $holder = get_user_by('email', $account['email']);
    if ($holder !== false) {
        $key = $account['role'] === 'administrator' ? 'WP_OWNER' : 'WP_AUTHOR';
        fail("$key is now '{$account['login']}', but the address {$account['email']} belongs to "
            . "'{$holder->user_login}'; change {$key}_EMAIL as well, or $key back");
    }
    $result = wp_insert_user([
        'user_login' => $account['login'], 'user_email' => $account['email'],
        'user_pass' => $password, 'role' => $account['role'],
    ]);
    is_wp_error($result) && fail("cannot create '{$account['login']}': " . $result->get_error_message());
}

/**
 * An account as .env and the secrets say. They count as changed when they are not those applied
 * last, of which a hash is kept; unchanged, they leave what was set in wp-admin alone.
 */
function apply_account(array $account, array &$applied): void
{
    $told = $account['login'] . "\0" . $account['password'];
    $user = get_user_by('login', $account['login']);
    if ($user !== false && wp_check_password($told, $applied[$account['role']] ?? '')) {
        return;
    }
    $password = wp_slash($account['password']);   // the login form hashes what it got with slashes
    if ($user === false) {
        add_account($account, $password);
    } else {
        if (!wp_check_password($password, $user->user_pass, $user->ID)) {
            wp_set_password($password, $user->ID);
            say("the changed password of '{$account['login']}' is in force");
        }
        in_array($account['role'], $user->roles, true) || $user->set_role($account['role']);
    }
    $applied[$account['role']] = wp_hash_password($told);
}

// WordPress ends with code 0 and a page of HTML when it cannot go on: that must not pass for success.
ob_start();
$is_finished = false;
$said_why = false;
register_shutdown_function(function (): void {
    $page = trim(preg_replace('/\s+/', ' ', strip_tags((string) ob_get_clean())));
    if (!$GLOBALS['is_finished']) {
        $GLOBALS['said_why'] || say('the installation ended early: ' . ($page !== '' ? $page : 'no reason given'));
        exit(1);
    }
});

[$owner, $author] = accounts();
$db = connect(60.0);
// Whoever held this before may have been killed, yet its last statement may still be running.
column($db, "SELECT GET_LOCK('" . MARK . "', 30)")[0] === '1'
    || fail('another installation is under way; nothing was changed');
$tables = column($db, "SHOW TABLES LIKE 'wp\\_%'");
$mark = in_array('wp_options', $tables, true)
    ? column($db, "SELECT option_value FROM wp_options WHERE option_name = '" . MARK . "'") : [];
$is_new = $mark === [];
$logins = [$owner['login'], $author['login']];
$fingerprint = fingerprint([$owner, $author]);
$missing = array_diff(CORE_TABLES, $tables);
if ($is_new && $tables !== []) {
    drop_unfinished($db, $tables, $logins);
} elseif (!$is_new && $missing !== []) {
    fail('the database has lost ' . implode(', ', $missing) . '; put a copy of it back, or begin anew '
        . "with an empty database: set another DB_NAME in .env");
}
if ($mark === [$fingerprint] && is_whole($db, $logins)) {
    $is_finished = true;
    exit(0);
}

define('WP_INSTALLING', true);
define('DISABLE_WP_CRON', true);
$_SERVER += ['HTTP_HOST' => setting('DOMAIN_NAME'), 'HTTPS' => 'on', 'REQUEST_URI' => '/',
             'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REMOTE_ADDR' => '127.0.0.1'];
/** Stands in for WordPress's own, which would send mail. */
function wp_new_blog_notification(): void
{
}
// Without the cache in Redis: what a cut off installation takes back would stay there.
$wp_filter = ['enable_loading_object_cache_dropin' => [10 => [['function' => '__return_false', 'accepted_args' => 0]]]];
require SITE . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_http_request', fn () => new WP_Error('offline', 'no requests during installation'));

// One transaction for all rows: they are there together or not at all, and one sync is enough. The
// variable tells later whether WordPress lost this connection, and the rows with it, and went on.
$wpdb->query('SET autocommit = 0, @pidone = 1');

if ($is_new) {
    set_up_new_site($owner);
} else {
    wp_upgrade();
}
if (!wp_get_theme()->exists() || ($is_new && get_stylesheet() !== THEME)) {
    switch_theme(THEME);
}
$applied = (array) get_option(APPLIED, []);
$before = $applied;
apply_account($owner, $applied);
apply_account($author, $applied);
$applied === $before || update_option(APPLIED, $applied, false);
$wpdb->get_var('SELECT @pidone') === '1' || fail('lost the database on the way; the next start begins anew');
$wpdb->query('COMMIT') !== false || fail("cannot commit: $wpdb->last_error");
$is_new && verify_whole($db);
$db->query("INSERT INTO wp_options (option_name, option_value) VALUES ('" . MARK . "', '$fingerprint')
    ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)");
$is_new && say("installed '" . setting('WP_TITLE') . "' at " . WP_HOME);
$is_finished = true;
