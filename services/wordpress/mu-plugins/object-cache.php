<?php
/*
Plugin Name: Object cache in Site Health
Description: Tools > Site Health > Info shows whether Redis answers and what it is used for.
*/

add_filter('debug_information', function (array $sections): array {
    global $wp_object_cache;
    if (!method_exists($wp_object_cache, 'server_info')) {
        return $sections;
    }
    $server = $wp_object_cache->server_info();
    $rows = ['Connected' => $server === null ? 'No: pages are made without the cache until Redis answers' : 'Yes'];
    if ($server !== null) {
        $asked = $server['keyspace_hits'] + $server['keyspace_misses'];
        $rows += [
            'Server' => "Redis {$server['redis_version']} at redis-cache:" . getenv('REDIS_PORT'),
            'Hits' => number_format_i18n($server['keyspace_hits'])
                . ' (' . number_format_i18n(100 * $server['keyspace_hits'] / max(1, $asked), 1) . ' %)',
            'Misses' => number_format_i18n($server['keyspace_misses']),
            'Values' => number_format_i18n($server['keys']),
            'Memory used' => size_format($server['used_memory'], 1) . ' of ' . size_format($server['maxmemory']),
            'Policy when it is full' => $server['maxmemory_policy'],
        ];
    }
    $rows += [
        'Hits of this page' => number_format_i18n($wp_object_cache->cache_hits),
        'Misses of this page' => number_format_i18n($wp_object_cache->cache_misses),
    ];
    $fields = [];
    foreach ($rows as $label => $value) {
        $fields[sanitize_key($label)] = ['label' => $label, 'value' => $value];
    }
    $sections['pidone-object-cache'] = ['label' => 'Object cache', 'fields' => $fields];
    return $sections;
});
