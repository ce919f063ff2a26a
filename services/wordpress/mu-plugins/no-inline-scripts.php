<?php
/*
Plugin Name: No inline scripts
Description: The pages of the site run scripts from files only (see services/nginx/policies.conf), so what WordPress writes inline is left out or said in HTML.
*/

const PIDONE_SKIP_TARGET = 'wp--skip-link--target';

// Looks whether the browser knows the newest emoji, and else loads pictures from s.w.org.
foreach (['wp_head' => 7, 'admin_print_scripts' => 10, 'embed_head' => 10] as $pidone_place => $pidone_order) {
    remove_action($pidone_place, 'print_emoji_detection_script', $pidone_order);
}
add_filter('emoji_svg_url', '__return_false');

// The link past the navigation, for those who use a keyboard: WordPress adds it with a script.
remove_action('wp_footer', 'the_block_template_skip_link');
add_action('wp_footer', function (): void {
    ob_start();
    the_block_template_skip_link();
    echo preg_replace('~<script>.*?</script>~s', '', ob_get_clean());
});
add_action('wp_body_open', function (): void {
    echo '<a class="skip-link screen-reader-text" href="#' . PIDONE_SKIP_TARGET . '">'
        . esc_html__('Skip to content') . '</a>';
});
add_filter('render_block', function (string $html, array $block): string {
    if (($block['attrs']['tagName'] ?? '') !== 'main') {
        return $html;
    }
    return preg_replace('/<main(?![^>]*\sid=)/', '<main id="' . PIDONE_SKIP_TARGET . '"', $html, 1);
}, 10, 2);
