<?php
/*
Plugin Name: Offline
Description: New versions come with the image, so WordPress asks nobody about them.
*/

foreach (['wp_version_check', 'wp_update_plugins', 'wp_update_themes'] as $pidone_event) {
    remove_all_actions($pidone_event);
    remove_action('init', 'wp_schedule_update_checks');
    foreach (['load-plugins.php', 'load-themes.php', 'load-update.php', 'load-update-core.php'] as $pidone_page) {
        remove_action($pidone_page, $pidone_event);
    }
}
foreach (['_maybe_update_core', '_maybe_update_plugins', '_maybe_update_themes'] as $pidone_check) {
    remove_action('admin_init', $pidone_check);
}

// The news on the dashboard come from wordpress.org.
add_action('wp_dashboard_setup', function (): void {
    remove_meta_box('dashboard_primary', 'dashboard', 'side');
});

// The editors' welcome guides show pictures from wordpress.org, so they are taken as seen.
add_filter('default_user_metadata', function (mixed $value, int $user, string $key, bool $single): mixed {
    if ($key !== $GLOBALS['wpdb']->get_blog_prefix() . 'persisted_preferences') {
        return $value;
    }
    $seen = ['welcomeGuide' => false, 'welcomeGuideStyles' => false, 'welcomeGuideTemplate' => false];
    $preferences = array_fill_keys(['core/edit-post', 'core/edit-site', 'core/edit-widgets'], $seen);
    return $single ? $preferences : [$preferences];
}, 10, 4);

// Site Health does not complain about what is off on purpose.
add_filter('site_status_tests', function (array $tests): array {
    foreach (['wordpress_version', 'http_requests', 'plugin_theme_auto_updates'] as $name) {
        unset($tests['direct'][$name]);
    }
    unset($tests['async']['dotorg_communication'], $tests['async']['background_updates']);
    return $tests;
});
