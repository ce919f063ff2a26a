<?php
// Calls of WordPress's object cache, and what they answered, as JSON on stdout: name => list of answers.
// The argument 'own' runs them with WordPress's own cache, 'redis' with the drop-in. The test
// compares the two; what is left to see at the end stands under 'hits and misses'.
declare(strict_types=1);

define('SHORTINIT', true);
$_SERVER += ['HTTP_HOST' => getenv('DOMAIN_NAME'), 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/'];
if ($argv[1] === 'own') {
    $wp_filter = ['enable_loading_object_cache_dropin' => [10 => [['function' => '__return_false', 'accepted_args' => 0]]]];
}
require '/var/www/html/wp-load.php';
if ((bool) wp_using_ext_object_cache() !== ($argv[1] === 'redis')) {
    exit("the drop-in is not what '$argv[1]' means\n");
}

$answers = [];
$warnings = [];
add_action('doing_it_wrong_run', function (string $function, string $message) use (&$warnings): void {
    $warnings[] = "$function: $message";
}, 10, 2);
add_action('deprecated_function_run', function (string $function) use (&$warnings): void {
    $warnings[] = "$function is deprecated";
});
set_error_handler(function (int $level, string $message): bool {
    if (error_reporting() & $level) {
        $GLOBALS['warnings'][] = $message;
    }
    return true;
});

/** Runs the calls in a group of their own; they give back, or yield, what they were answered. */
function scenario(string $name, callable $calls): void
{
    $GLOBALS['warnings'] = [];
    $answered = [];
    foreach ($calls('test-' . substr(md5($name), 0, 8)) as $answer) {
        $answered[] = var_export($answer, true);
    }
    $GLOBALS['answers'][$name] = [...$answered, ...$GLOBALS['warnings']];
}

/** What get() says of a key, with $found. */
function seen($key, string $group, bool $force = false): array
{
    $value = wp_cache_get($key, $group, $force, $found);
    return [$value, $found];
}

class Held
{
    public $inner;
    public array $list = [1, ['two' => 2.5]];
    protected string $kept = 'protected';
    private ?int $own = 7;
}

const VALUES = [
    'false' => false, 'true' => true, 'null' => null, 'zero' => 0, 'negative' => -12, 'big' => PHP_INT_MAX,
    'float' => 0.1, 'huge' => 1.0e300, 'empty' => '', 'digits' => '0042', 'utf8' => 'Grüße ☃', 'bytes' => "\0\xff\r\n",
    'array' => [], 'nested' => ['a' => [1, 2, ['b' => null]], 5 => false],
];

scenario('a value of each type comes back as it was', function (string $group) {
    foreach (VALUES as $key => $value) {
        yield wp_cache_set($key, $value, $group);
        yield seen($key, $group);
        yield seen($key, $group, true);
    }
});

scenario('an unknown key is false and not found', function (string $group) {
    yield seen('unknown', $group);
    yield seen('unknown', $group, true);
    yield seen(0, $group);
});

scenario('an object is cloned on the way in and on the way out', function (string $group) {
    $given = new Held();
    $given->inner = 'first';
    yield wp_cache_set('object', $given, $group);
    $given->inner = 'changed by the giver';
    $got = wp_cache_get('object', $group);
    yield $got;
    $got->inner = 'changed by the taker';
    yield wp_cache_get('object', $group);
    yield wp_cache_get('object', $group) === wp_cache_get('object', $group);
    yield wp_cache_add('object2', $given, $group);
    $given->inner = 'changed again';
    yield wp_cache_get('object2', $group);
    yield wp_cache_replace('object2', $given, $group);
    $given->inner = 'and again';
    yield wp_cache_get('object2', $group);
});

scenario('add writes once', function (string $group) {
    yield wp_cache_add('key', 'first', $group);
    yield wp_cache_add('key', 'second', $group);
    yield seen('key', $group);
    yield wp_cache_set('false', false, $group);
    yield wp_cache_add('false', 'not false', $group);
    yield wp_cache_set('null', null, $group);
    yield wp_cache_add('null', 'not null', $group);
    yield seen('null', $group);
    yield wp_cache_delete('key', $group);
    yield wp_cache_add('key', 'third', $group, 60);
    yield seen('key', $group, true);
});

scenario('replace writes what is there only', function (string $group) {
    yield wp_cache_replace('key', 'value', $group);
    yield seen('key', $group);
    yield wp_cache_set('key', null, $group);
    yield wp_cache_replace('key', 'new', $group, 60);
    yield seen('key', $group, true);
    yield wp_cache_delete('key', $group);
    yield wp_cache_replace('key', 'late', $group);
    yield seen('key', $group);
});

scenario('delete tells whether there was something', function (string $group) {
    yield wp_cache_delete('key', $group);
    yield wp_cache_set('key', false, $group);
    yield wp_cache_delete('key', $group);
    yield wp_cache_delete('key', $group);
    yield seen('key', $group, true);
});

scenario('incr and decr', function (string $group) {
    yield wp_cache_incr('none', 1, $group);
    yield wp_cache_decr('none', 1, $group);
    yield seen('none', $group);
    $numbers = ['int' => 5, 'digits' => '7', 'padded' => ' 8', 'float' => 1.5, 'float text' => '2.5', 'exponent' => '1e2',
                'text' => 'five', 'null' => null, 'false' => false, 'true' => true, 'array' => [3], 'minus' => -3,
                'big' => PHP_INT_MAX];
    foreach ($numbers as $key => $number) {
        yield [$key, wp_cache_set($key, $number, $group, 60)];
        yield wp_cache_incr($key, 1, $group);
        yield wp_cache_incr($key, 10, $group);
        yield wp_cache_decr($key, 4, $group);
        yield seen($key, $group, true);
        yield wp_cache_decr($key, 1000, $group);
        yield wp_cache_incr($key, -5, $group);
        yield wp_cache_decr($key, -5, $group);
        yield wp_cache_incr($key, '3', $group);
        yield wp_cache_incr($key, 1.9, $group);
        yield wp_cache_incr($key, 0, $group);
        yield seen($key, $group);
    }
});

scenario('groups are apart, and no group means default', function (string $group) {
    foreach (['', 'default', $group, "$group:a", 'x:y', 'x', '0', "$group%3Aa"] as $name) {
        yield wp_cache_add('key', "of '$name'", $name);
        yield wp_cache_add('y:key', "y of '$name'", $name);
    }
    foreach (['', 'default', $group, "$group:a", 'x:y', 'x', '0', "$group%3Aa"] as $name) {
        yield seen('key', $name, true);
        yield seen('y:key', $name, true);
        yield wp_cache_delete('key', $name);
        yield wp_cache_delete('y:key', $name);
    }
});

scenario('keys that look alike', function (string $group) {
    foreach ([1, '1', '01', '1.0', ' 1', 'K', 'k', 'a b', "a\nb", 'ä', '*', '-1', -1, 0, '0'] as $key) {
        yield [$key, wp_cache_add($key, "value of $key", $group)];
    }
    foreach ([1, '1', '01', '1.0', ' 1', 'K', 'k', 'a b', "a\nb", 'ä', '*', '-1', -1, 0, '0'] as $key) {
        yield seen($key, $group, true);
    }
});

scenario('keys that are none', function (string $group) {
    foreach (['', '  ', null, false, true, 1.5] as $key) {
        yield wp_cache_add($key, 'value', $group);
        yield wp_cache_set($key, 'value', $group);
        yield wp_cache_replace($key, 'value', $group);
        yield seen($key, $group);
        yield wp_cache_delete($key, $group);
        yield wp_cache_incr($key, 1, $group);
        yield wp_cache_decr($key, 1, $group);
    }
    yield wp_cache_get_multiple(['', 'good', ' '], $group);
    yield wp_cache_delete_multiple(['', 'good'], $group);
    yield wp_cache_set_multiple(['' => 1, 'good' => 2], $group);
    yield wp_cache_add_multiple(['' => 1, 'good' => 2, 'better' => 3], $group);
});

scenario('several at once', function (string $group) {
    yield wp_cache_get_multiple([], $group);
    yield wp_cache_set_multiple([], $group);
    yield wp_cache_add_multiple([], $group);
    yield wp_cache_delete_multiple([], $group);
    yield wp_cache_get_multiple(['a', 'b', 3], $group);
    yield wp_cache_set_multiple(['a' => 1, 'b' => null, 3 => false], $group, 60);
    yield wp_cache_add_multiple(['a' => 'not', 'c' => new Held(), 'd' => [1]], $group);
    yield wp_cache_get_multiple(['d', 'a', 3, 'none', 'b', 'c', 'a', '3'], $group);
    yield wp_cache_get_multiple(['d', 'a', 3, 'none', 'b', 'c'], $group, true);
    yield wp_cache_delete_multiple(['a', 'none', 3], $group);
    yield wp_cache_get_multiple(['a', 'b', 3, 'c'], $group, true);
    yield wp_cache_set_multiple(['x' => 1]);
    yield wp_cache_get_multiple(['x']);
    yield wp_cache_delete_multiple(['x']);
});

scenario('while additions are suspended', function (string $group) {
    wp_suspend_cache_addition(true);
    yield wp_cache_add('key', 'value', $group);
    yield wp_cache_add_multiple(['a' => 1, 'b' => 2], $group);
    yield wp_cache_add('', 'value', $group);
    yield wp_cache_set('key', 'set', $group);
    yield wp_cache_replace('key', 'replaced', $group);
    yield wp_cache_incr('key', 2, $group);
    wp_suspend_cache_addition(false);
    yield wp_cache_get_multiple(['key', 'a', 'b'], $group, true);
    yield wp_cache_add('other', 'value', $group);
});

scenario('a group that is not to persist', function (string $group) {
    wp_cache_add_non_persistent_groups($group);
    wp_cache_add_non_persistent_groups(["$group-2", "$group-3"]);
    foreach ([$group, "$group-3"] as $name) {
        yield wp_cache_add('key', new Held(), $name);
        yield wp_cache_add('key', 2, $name);
        yield wp_cache_replace('none', 2, $name);
        yield wp_cache_replace('key', 3, $name);
        yield wp_cache_incr('key', 2, $name);
        yield wp_cache_decr('none', 2, $name);
        yield wp_cache_set_multiple(['a' => 1, 'b' => false], $name);
        yield wp_cache_get_multiple(['key', 'a', 'b', 'c'], $name, true);
        yield wp_cache_delete('a', $name);
        yield wp_cache_delete_multiple(['a', 'b'], $name);
        yield seen('b', $name);
        yield wp_cache_flush_group($name);
        yield seen('key', $name);
    }
});

scenario('a group is flushed alone', function (string $group) {
    yield wp_cache_set_multiple(['a' => 1, 'b' => 2], $group);
    yield wp_cache_set('a', 3, "$group-2");
    yield wp_cache_set('a', 4, "$group*");
    yield wp_cache_set('a', 5, '*');
    yield wp_cache_flush_group('*');
    yield wp_cache_flush_group($group);
    yield wp_cache_flush_group('never-used');
    yield wp_cache_get_multiple(['a', 'b'], $group, true);
    yield seen('a', "$group-2", true);
    yield seen('a', "$group*", true);
    yield seen('a', '*', true);
    yield wp_cache_add('a', 'again', $group);
});

scenario('blogs have values of their own, but in global groups', function (string $group) {
    global $wp_object_cache;
    wp_cache_add_global_groups("$group-global");
    wp_cache_add_global_groups(["$group-2", "$group-3"]);
    wp_cache_switch_to_blog(9);
    yield wp_cache_set('single', 'one site alone', $group);
    $wp_object_cache->multisite = true;
    wp_cache_switch_to_blog(1);
    yield wp_cache_set('key', 'of blog 1', $group);
    yield wp_cache_set('key', 'of all', "$group-global");
    wp_cache_switch_to_blog('2');
    yield seen('key', $group, true);
    yield seen('key', "$group-global", true);
    yield wp_cache_add('key', 'of blog 2', $group);
    yield wp_cache_get_multiple(['key', 'none'], $group);
    yield wp_cache_incr('key', 1, $group);
    yield wp_cache_delete('key', $group);
    wp_cache_switch_to_blog(1);
    yield seen('key', $group, true);
    $wp_object_cache->multisite = false;
    wp_cache_switch_to_blog(1);
    yield seen('key', $group);
});

scenario('the functions that are rarely asked', function (string $group) {
    foreach (['add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime', 'flush_group',
              'nonsense', 'get', ''] as $feature) {
        yield [$feature, wp_cache_supports($feature)];
    }
    yield wp_cache_set('key', 1, $group);
    yield wp_cache_close();
    yield seen('key', $group, true);
    wp_cache_add_global_groups("$group-global");
    yield wp_cache_set('key', 2, "$group-global");
    wp_cache_reset();
    yield seen('key', "$group-global");
});

/** The names and parameters of functions, e.g. "get($key, $group = '', $force = false, &$found = NULL)". */
function signatures(array $functions): array
{
    return array_map(fn (ReflectionFunctionAbstract $one) => [$one->name, array_map(fn ($parameter) => [
        $parameter->name, (string) $parameter->getType(), $parameter->isPassedByReference(),
        $parameter->isDefaultValueAvailable() ? $parameter->getDefaultValue() : 'needed',
    ], $one->getParameters())], $functions);
}

scenario('the functions and their parameters', function () {
    $own = file_get_contents(ABSPATH . 'wp-includes/cache.php');
    preg_match_all('/^function (wp_cache_\w+)/m', $own, $names);
    yield count($names[1]);
    yield from signatures(array_map(fn ($name) => new ReflectionFunction($name), $names[1]));
});

scenario('the methods and their parameters', function () {
    $own = file_get_contents(ABSPATH . 'wp-includes/class-wp-object-cache.php');
    preg_match_all('/^\tpublic function ([a-z]\w+)/m', $own, $names);
    yield count($names[1]);
    yield from signatures(array_map(fn ($name) => new ReflectionMethod('WP_Object_Cache', $name), $names[1]));
});

scenario('what cannot be written down is kept for the request', function (string $group) {
    yield wp_cache_set('key', 'before', $group);
    yield wp_cache_set('key', fn () => 5, $group);
    yield wp_cache_get('key', $group)();
    yield wp_cache_set_multiple(['a' => 1, 'b' => fn () => 6], $group);
    yield wp_cache_get('a', $group);
    yield wp_cache_get('b', $group)();
    yield wp_cache_add('key', 'other', $group);
});

scenario('flush', function (string $group) {
    yield wp_cache_set('key', 1, $group);
    yield wp_cache_flush();
    yield seen('key', $group);
    yield seen('key', $group, true);
    yield wp_cache_add('key', 2, $group);
    yield wp_cache_flush_runtime();
    yield wp_cache_flush();
    yield wp_cache_get_multiple(['key'], $group);
});

scenario('hits and misses', function (string $group) {
    yield [$GLOBALS['wp_object_cache']->cache_hits, $GLOBALS['wp_object_cache']->cache_misses];
    wp_cache_init();
    wp_cache_get('a', $group);
    wp_cache_set('a', false, $group);
    wp_cache_get('a', $group);
    wp_cache_get_multiple(['a', 'b', 'c', 'a'], $group);
    yield [$GLOBALS['wp_object_cache']->cache_hits, $GLOBALS['wp_object_cache']->cache_misses];
});

echo json_encode($answers, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
