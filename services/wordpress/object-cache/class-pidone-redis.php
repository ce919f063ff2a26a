<?php
// Redis as the object cache needs it: texts by name, and an answer soon or none at all.

/**
 * Every name begins with a generation, a random word in a file that the container's processes share
 * and that a start of the container begins anew. A change that Redis may have missed ends the
 * generation: what Redis still holds of it, or takes in late, is never asked for again. So all that
 * can be read was put there after the last change that was lost.
 *
 * Each question is answered with null when Redis is away. Once away, it is not asked again in this
 * request, nor for some seconds in any other.
 */
final class Pidone_Redis
{
    // The longest that a request waits for a Redis that is away: together half a second.
    private const CONNECT_SECONDS = 0.2;
    private const ANSWER_SECONDS = 0.3;
    // And for one that is slow: an answer takes no time worth counting, what is above is added up.
    private const USUAL_SECONDS = 0.01;
    private const SLOW_SECONDS = 0.5;
    private const PAUSE_SECONDS = 3;
    private const GENERATION = '/run/pidone/cache-generation';
    private const AWAY = '/run/pidone/cache-away';
    // An alias that only Docker's own name server is asked for: dns_opt in docker-compose.yml says why.
    private const HOST = 'redis-cache.';
    private const SECRET = '/run/secrets/redis_password';
    private const TRIES = 20;

    private ?Redis $redis = null;
    private bool $is_away = false;
    private float $waited = 0;
    // What this request reads and adds to, whatever others end meanwhile.
    private string $generation = '';

    /** @param string[] $names  @return array|null name => text, or false where there is none */
    public function read(array $names): ?array
    {
        return $this->ask(function (Redis $redis) use ($names): array {
            $keys = array_map(fn ($name) => $this->key($name, $this->generation), $names);
            return array_combine($names, $this->whole($redis->mGet($keys)));
        });
    }

    /** Puts what is not there yet, in one go. @return array|null name => whether it was put */
    public function add(array $texts, int $seconds): ?array
    {
        return $this->ask(fn (Redis $redis) => $this->put($redis, $this->generation, $texts, $seconds, ['NX']));
    }

    /** Puts in one go, with $only_known what is there already. @return array|null name => whether it was put */
    public function set(array $texts, int $seconds, bool $only_known = false): ?array
    {
        $how = $only_known ? ['XX'] : [];
        return $this->change(fn (Redis $redis, $now) => $this->put($redis, $now, $texts, $seconds, $how));
    }

    /** @param string[] $names  @return array|null name => whether it was there */
    public function delete(array $names): ?array
    {
        return $this->change(function (Redis $redis, string $now) use ($names): array {
            $pipeline = $redis->pipeline();
            foreach ($names as $name) {
                $pipeline->unlink($this->key($name, $now));
            }
            return array_combine($names, array_map(boolval(...), $this->whole($pipeline->exec())));
        });
    }

    /**
     * Puts what $next makes of the text in place of it, and keeps its end. Another one's change in
     * between is seen, and it is done again.
     *
     * @return string|false|null the new text, false where there is none
     */
    public function update(string $name, callable $next): string|false|null
    {
        return $this->change(function (Redis $redis, string $now) use ($name, $next): string|false {
            $key = $this->key($name, $now);
            for ($try = 0; $try < self::TRIES; $try++) {
                $redis->watch($key);
                $text = $redis->get($key);
                if ($text === false) {
                    $redis->unwatch();
                    return false;
                }
                $text = $next($text);
                $done = $redis->multi()->rawCommand('SET', $key, $text, 'KEEPTTL')->exec();
                if (is_array($done)) {
                    return $text;
                }
            }
            return false;
        });
    }

    /** Removes every name that begins so. */
    public function delete_below(string $beginning): ?bool
    {
        return $this->change(function (Redis $redis, string $now) use ($beginning): bool {
            $pattern = addcslashes($this->key($beginning, $now), '*?[]\\') . '*';
            $redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
            $cursor = null;
            while (($keys = $redis->scan($cursor, $pattern, 1000)) !== false) {
                $redis->unlink($keys);
            }
            return true;
        });
    }

    /** Ends the generation: nothing that was put before is found again. */
    public function forget(): void
    {
        @unlink(self::GENERATION);
    }

    /** The same, and this request begins with the new one at once. */
    public function flush(): void
    {
        $this->forget();
        if ($this->redis !== null) {
            $this->generation = $this->current();
        }
    }

    public function answers(): bool
    {
        return $this->ask(fn () => true) ?? false;
    }

    /** What the server tells of itself; null when it is away. */
    public function info(): ?array
    {
        return $this->ask(fn (Redis $redis) => $redis->info() + ['keys' => $redis->dbSize()]);
    }

    public function close(): void
    {
        $this->redis?->close();
        $this->redis = null;
    }

    /** @return array name => whether it was put */
    private function put(Redis $redis, string $generation, array $texts, int $seconds, array $how): array
    {
        if ($seconds !== 0) {
            $how['EX'] = max(1, $seconds);   // one that has passed already: the soonest there is
        }
        $pipeline = $redis->pipeline();
        foreach ($texts as $name => $text) {
            $pipeline->set($this->key($name, $generation), $text, $how);
        }
        return array_combine(array_keys($texts), array_map(boolval(...), $this->whole($pipeline->exec())));
    }

    /** A connection that ends while the question is sent is no exception to the extension, but false. */
    private function whole(array|false $answers): array
    {
        return $answers !== false ? $answers : throw new RedisException($this->redis->getLastError() ?? 'the connection has ended');
    }

    private function key(string $name, string $generation): string
    {
        return WP_CACHE_KEY_SALT . ":$generation:$name";
    }

    /**
     * A question that changes what others may have read: in the generation of this moment, because a
     * change in one that has ended would be seen by nobody.
     */
    private function change(callable $question): mixed
    {
        $answer = $this->ask(fn (Redis $redis) => $question($redis, $this->current()));
        if ($answer === null) {
            $this->forget();
        }
        return $answer;
    }

    private function ask(callable $question): mixed
    {
        try {
            if (!$this->is_connected()) {
                return null;
            }
            $this->redis->clearLastError();
            $begun = microtime(true);
            $answer = $question($this->redis);
            $this->waited += max(0, microtime(true) - $begun - self::USUAL_SECONDS);
            if ($this->redis->getLastError() !== null) {
                throw new RedisException($this->redis->getLastError());
            }
            // This request has waited enough; others try for themselves.
            $this->is_away = $this->waited > self::SLOW_SECONDS;
            return $answer;
        } catch (RedisException $error) {
            $this->lose($error->getMessage());
            return null;
        }
    }

    private function is_connected(): bool
    {
        if ($this->redis !== null || $this->is_away) {
            return !$this->is_away;
        }
        $tried = @filemtime(self::AWAY);
        if ($tried !== false && abs(time() - $tried) < self::PAUSE_SECONDS) {
            $this->is_away = true;
            return false;
        }
        if ($tried !== false) {
            @touch(self::AWAY);   // one tries, the others go on without
        }
        $redis = new Redis();
        @$redis->connect(self::HOST, (int) getenv('REDIS_PORT'), self::CONNECT_SECONDS, null, 0, self::ANSWER_SECONDS);
        $redis->setOption(Redis::OPT_MAX_RETRIES, 0);
        if (!$redis->auth(rtrim((string) @file_get_contents(self::SECRET), "\r\n"))) {
            throw new RedisException((string) $redis->getLastError());
        }
        $this->generation = $this->current();
        $this->redis = $redis;
        if ($tried !== false && @unlink(self::AWAY)) {
            error_log('wordpress: redis answers again; the object cache begins empty');
        }
        return true;
    }

    /** The generation of this moment, begun if there is none. */
    private function current(): string
    {
        $text = @file_get_contents(self::GENERATION);
        if ($text === false) {
            // Made complete beside its place; of two that do so at the same time, one comes first.
            $own = self::GENERATION . '-' . getmypid();
            @file_put_contents($own, bin2hex(random_bytes(8)));
            @link($own, self::GENERATION);
            @unlink($own);
            $text = @file_get_contents(self::GENERATION);
        }
        if ((string) $text === '') {
            throw new RedisException("cannot write '" . self::GENERATION . "'");
        }
        return $text;
    }

    private function lose(string $why): void
    {
        $this->is_away = true;
        $this->redis = null;
        $this->forget();
        if (!file_exists(self::AWAY)) {
            error_log("wordpress: redis is away ($why); pages are made without the object cache until it answers");
        }
        @touch(self::AWAY);
    }
}
