<?php
// WordPress's object cache, kept in Redis.

/**
 * Behaves as WordPress's own class of this name does, which the tests compare it with, and keeps the
 * values for later requests. Each value that was read or written is kept for the rest of the request
 * as well, and groups that are not to persist are kept there alone, as is everything while Redis is
 * away.
 *
 * Different on purpose: expiry, which WordPress's own does not know, is Redis's business, so a request
 * keeps seeing what it has seen; and flush_runtime() forgets what this request holds, not what Redis does.
 */
#[AllowDynamicProperties]
class WP_Object_Cache
{
    public $cache = [];   // group => id => value
    public $cache_hits = 0;
    public $cache_misses = 0;
    public $global_groups = [];
    public $blog_prefix = '';
    public $multisite = false;
    private array $local_groups = [];
    private Pidone_Redis $redis;

    public function __construct()
    {
        $this->redis = new Pidone_Redis();
        $this->multisite = is_multisite();
        $this->switch_to_blog(get_current_blog_id());
    }

    // ---- write ------------------------------------------------------------------

    /** Writes what is not there yet. */
    public function add($key, $data, $group = 'default', $expire = 0)
    {
        if (wp_suspend_cache_addition() || !$this->is_valid_key($key, __METHOD__)) {
            return false;
        }
        return $this->add_multiple([$key => $data], $group, $expire)[$key];
    }

    public function add_multiple(array $data, $group = '', $expire = 0)
    {
        if (wp_suspend_cache_addition()) {
            return array_fill_keys(array_keys($data), false);
        }
        $group = $group ?: 'default';
        $results = $this->validated($data, self::class . '::add');
        foreach (array_filter($results) as $key => $_) {
            $results[$key] = !$this->is_known($this->id($key, $group), $group);
        }
        $wanted = array_intersect_key($data, array_filter($results));
        $answers = $this->ask($wanted, $group, fn ($texts) => $this->redis->add($texts, (int) $expire));
        return $this->keep($wanted, $group, array_replace($results, $answers ?? []));
    }

    /** Writes what is there already. */
    public function replace($key, $data, $group = 'default', $expire = 0)
    {
        if (!$this->is_valid_key($key, __METHOD__)) {
            return false;
        }
        $group = $group ?: 'default';
        $id = $this->id($key, $group);
        $answers = $this->ask([$key => $data], $group, fn ($texts) => $this->redis->set($texts, (int) $expire, true));
        $is_there = $answers[$key] ?? $this->is_known($id, $group);
        if (!$is_there) {
            unset($this->cache[$group][$id]);
        }
        return $this->keep([$key => $data], $group, [$key => $is_there])[$key];
    }

    public function set($key, $data, $group = 'default', $expire = 0)
    {
        if (!$this->is_valid_key($key, __METHOD__)) {
            return false;
        }
        return $this->set_multiple([$key => $data], $group, $expire)[$key];
    }

    public function set_multiple(array $data, $group = '', $expire = 0)
    {
        $group = $group ?: 'default';
        $results = $this->validated($data, self::class . '::set');
        $wanted = array_intersect_key($data, array_filter($results));
        $this->ask($wanted, $group, fn ($texts) => $this->redis->set($texts, (int) $expire));
        return $this->keep($wanted, $group, $results);
    }

    public function incr($key, $offset = 1, $group = 'default')
    {
        return $this->is_valid_key($key, __METHOD__) ? $this->step($key, (int) $offset, $group ?: 'default') : false;
    }

    public function decr($key, $offset = 1, $group = 'default')
    {
        return $this->is_valid_key($key, __METHOD__) ? $this->step($key, -(int) $offset, $group ?: 'default') : false;
    }

    // ---- read -------------------------------------------------------------------

    public function get($key, $group = 'default', $force = false, &$found = null)
    {
        if (!$this->is_valid_key($key, __METHOD__)) {
            return false;
        }
        $group = $group ?: 'default';
        $this->fetch([$this->id($key, $group)], $group, $force);
        return $this->look($key, $group, $found);
    }

    public function get_multiple($keys, $group = 'default', $force = false)
    {
        $group = $group ?: 'default';
        $values = [];
        $valid = [];
        foreach ($keys as $key) {
            $values[$key] = false;
            if ($this->is_valid_key($key, self::class . '::get')) {
                $valid[] = $key;
            }
        }
        $this->fetch(array_map(fn ($key) => $this->id($key, $group), $valid), $group, $force);
        foreach ($valid as $key) {
            $values[$key] = $this->look($key, $group);
        }
        return $values;
    }

    // ---- remove -----------------------------------------------------------------

    public function delete($key, $group = 'default', $deprecated = false)
    {
        if (!$this->is_valid_key($key, __METHOD__)) {
            return false;
        }
        return $this->delete_multiple([$key], $group)[$key];
    }

    public function delete_multiple(array $keys, $group = '')
    {
        $group = $group ?: 'default';
        $results = [];
        $names = [];
        foreach ($keys as $key) {
            $results[$key] = false;
            if ($this->is_valid_key($key, self::class . '::delete')) {
                $id = $this->id($key, $group);
                $results[$key] = $this->is_known($id, $group);
                $names[$key] = $this->name($id, $group);
                unset($this->cache[$group][$id]);
            }
        }
        if ($names === [] || isset($this->local_groups[$group])) {
            return $results;
        }
        $answers = $this->redis->delete(array_values($names)) ?? [];
        foreach ($names as $key => $name) {
            $results[$key] = $results[$key] || ($answers[$name] ?? false);
        }
        return $results;
    }

    public function flush()
    {
        $this->redis->flush();
        return $this->flush_runtime();
    }

    public function flush_runtime()
    {
        $this->cache = [];
        return true;
    }

    public function flush_group($group)
    {
        unset($this->cache[$group]);
        if (!isset($this->local_groups[$group])) {
            $this->redis->delete_below($this->name('', $group));
        }
        return true;
    }

    public function close()
    {
        $this->redis->close();
        return true;
    }

    // ---- groups and blogs -------------------------------------------------------

    public function add_global_groups($groups)
    {
        $this->global_groups = array_merge($this->global_groups, array_fill_keys((array) $groups, true));
    }

    public function add_non_persistent_groups($groups)
    {
        $this->local_groups = array_merge($this->local_groups, array_fill_keys((array) $groups, true));
    }

    public function switch_to_blog($blog_id)
    {
        $this->blog_prefix = $this->multisite ? (int) $blog_id . ':' : '';
    }

    public function reset()
    {
        _deprecated_function(__FUNCTION__, '3.5.0', 'WP_Object_Cache::switch_to_blog()');
        $this->cache = array_intersect_key($this->cache, $this->global_groups);
    }

    // ---- figures ----------------------------------------------------------------

    /** Whether later requests will find what this one writes. */
    public function is_persistent(): bool
    {
        return $this->redis->answers();
    }

    /** What the server tells of itself; null when it is away. */
    public function server_info(): ?array
    {
        return $this->redis->info();
    }

    public function stats()
    {
        echo "<p><strong>Cache Hits:</strong> {$this->cache_hits}<br />";
        echo "<strong>Cache Misses:</strong> {$this->cache_misses}</p><ul>";
        foreach ($this->cache as $group => $values) {
            echo '<li><strong>Group:</strong> ' . esc_html($group) . ' - ' . count($values) . '</li>';
        }
        echo '</ul>';
    }

    // ---- inside -----------------------------------------------------------------

    protected function is_valid_key($key, string $asked): bool
    {
        if (is_int($key) || (is_string($key) && trim($key) !== '')) {
            return true;
        }
        function_exists('__') || wp_load_translations_early();
        $message = is_string($key)
            ? __('Cache key must not be an empty string.')
            : sprintf(__('Cache key must be integer or non-empty string, %s given.'), gettype($key));
        _doing_it_wrong($asked, $message, '6.1.0');
        return false;
    }

    /** @return array key => whether it is one */
    private function validated(array $data, string $asked): array
    {
        $results = [];
        foreach ($data as $key => $_) {
            $results[$key] = $this->is_valid_key($key, $asked);
        }
        return $results;
    }

    private function id($key, string $group): int|string
    {
        return $this->multisite && !isset($this->global_groups[$group]) ? $this->blog_prefix . $key : $key;
    }

    /** The group without the character that ends it, so that no two names are alike. */
    private function name($id, $group): string
    {
        return strtr((string) $group, ['%' => '%25', ':' => '%3A']) . ":$id";
    }

    private function is_known($id, $group): bool
    {
        return isset($this->cache[$group]) && array_key_exists($id, $this->cache[$group]);
    }

    /**
     * Lets $question see the values as texts by name.
     *
     * @return array|null its answer by key; true for what cannot be kept as text; null when nobody answered
     */
    private function ask(array $data, $group, callable $question): ?array
    {
        if ($data === [] || isset($this->local_groups[$group])) {
            return null;
        }
        $results = array_fill_keys(array_keys($data), true);
        $names = $texts = [];
        foreach ($data as $key => $value) {
            $name = $this->name($this->id($key, $group), $group);
            try {
                $texts[$name] = igbinary_serialize($value);
                $names[$key] = $name;
            } catch (Throwable) {
                $this->redis->delete([$name]);   // an old value must not outlive this one
            }
        }
        $answers = $texts === [] ? [] : $question($texts);
        if ($answers === null) {
            return null;
        }
        foreach ($names as $key => $name) {
            $results[$key] = $answers[$name];
        }
        return $results;
    }

    /** Keeps for this request what was written, apart from the object that the caller holds. */
    private function keep(array $data, $group, array $results): array
    {
        foreach (array_intersect_key($data, array_filter($results)) as $key => $value) {
            $this->cache[$group][$this->id($key, $group)] = is_object($value) ? clone $value : $value;
        }
        return $results;
    }

    /** Brings what this request does not know yet, or with $force everything, from Redis. */
    private function fetch(array $ids, $group, $force): void
    {
        if (isset($this->local_groups[$group])) {
            return;
        }
        $names = [];
        foreach ($ids as $id) {
            if ($force || !$this->is_known($id, $group)) {
                $names[$this->name($id, $group)] = $id;
            }
        }
        $texts = $names === [] ? [] : $this->redis->read(array_keys($names));
        foreach ($texts ?? [] as $name => $text) {
            if ($text === false) {
                unset($this->cache[$group][$names[$name]]);
            } else {
                $this->cache[$group][$names[$name]] = igbinary_unserialize($text);
            }
        }
    }

    /** What this request knows; counts it. */
    private function look($key, $group, &$found = null)
    {
        $id = $this->id($key, $group);
        $found = $this->is_known($id, $group);
        if (!$found) {
            $this->cache_misses++;
            return false;
        }
        $this->cache_hits++;
        $value = $this->cache[$group][$id];
        return is_object($value) ? clone $value : $value;
    }

    private function step($key, int $by, string $group)
    {
        $id = $this->id($key, $group);
        $next = function ($value) use ($by) {
            $sum = (is_numeric($value) ? $value : 0) + $by;
            return $sum < 0 ? 0 : $sum;
        };
        $text = isset($this->local_groups[$group]) ? null : $this->redis->update(
            $this->name($id, $group),
            fn ($text) => igbinary_serialize($next(igbinary_unserialize($text)))
        );
        if (is_string($text)) {
            return $this->cache[$group][$id] = igbinary_unserialize($text);
        }
        if ($text === false) {
            unset($this->cache[$group][$id]);
        }
        return $this->is_known($id, $group) ? $this->cache[$group][$id] = $next($this->cache[$group][$id]) : false;
    }
}
