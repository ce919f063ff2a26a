# SPDX-License-Identifier: MIT
"""Redis as WordPress's object cache."""

import ipaddress
import json
import re
import subprocess
import time
from pathlib import Path

import pytest

import engine
from engine import docker, run, wait_until
from stack import PROJECT, TITLE

PHP = Path(__file__).parent / "php"
SCENARIOS = re.findall(r"^scenario\('([^']+)'", (PHP / "object_cache.php").read_text(), re.MULTILINE)
LOADED = """<?php define('SHORTINIT', true);
$_SERVER += ['HTTP_HOST' => getenv('DOMAIN_NAME'), 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/'];
require '/var/www/html/wp-load.php';
function say($value) { echo json_encode($value), "\\n"; }
"""
answers = {}


def redis(bonus, *words, password=None):
    """redis-cli inside the container; the password goes by the environment, not the command line."""
    password = bonus.secrets["redis_password"] if password is None else password
    return run("docker", "exec", "-e", f"REDISCLI_AUTH={password}", "redis", "redis-cli", "-p", bonus.env["REDIS_PORT"],
               *words, check=False).stdout.strip()


def php(code, *words):
    """What PHP says in the container of WordPress, as a list: one JSON text on each line."""
    done = run("docker", "exec", "-i", "wordpress", "php8.2", "-d", "display_errors=stderr", "--", *words, input=code)
    assert done.stderr == ""
    try:
        return [json.loads(line) for line in done.stdout.splitlines()]
    except json.JSONDecodeError:
        raise AssertionError(f"not what was asked for: {done.stdout[:2000]}") from None


def calls(code):
    return php(LOADED + code)


def post_of(bonus, title, text):
    """A new post that a stranger has read, so that the cache knows it: its number and path."""
    post = json.loads(bonus.owner().publish(title, text).body)
    path = "/" + post["link"].split("/", 3)[3]
    assert text in bonus.visitor().get(path).body
    assert text in bonus.visitor().get(path).body
    return post["id"], path


def edit(author, number, text):
    assert author.rest(f"/wp/v2/posts/{number}", {"content": text}).status == 200


def seconds_of_pages(bonus, count):
    """How long the first page took, each time from anew."""
    taken = []
    for _ in range(count):
        start = time.monotonic()
        page = bonus.visitor().get("/")
        taken.append(time.monotonic() - start)
        assert page.status == 200 and TITLE in page.body
    return taken


def cache_is_used(bonus):
    before = int(re.search(r"keyspace_hits:(\d+)", redis(bonus, "info", "stats"))[1])
    bonus.visitor().get("/")
    return int(re.search(r"keyspace_hits:(\d+)", redis(bonus, "info", "stats"))[1]) > before


# ---- the server -----------------------------------------------------------------


def test_it_asks_for_the_password_of_the_secret(bonus):
    assert redis(bonus, "ping") == "PONG"
    assert "NOAUTH" in redis(bonus, "ping", password="")
    assert bonus.secrets["redis_password"] not in docker("top", "redis", "-eo", "pid,args")


def test_it_holds_64_mib_and_drops_what_was_not_used_for_longest(bonus):
    assert redis(bonus, "config", "get", "maxmemory").split() == ["maxmemory", str(64 << 20)]
    assert redis(bonus, "config", "get", "maxmemory-policy").split() == ["maxmemory-policy", "allkeys-lru"]


def test_nothing_of_it_is_ever_on_a_disk(bonus):
    assert redis(bonus, "config", "get", "save").split() == ["save"]
    assert redis(bonus, "config", "get", "appendonly").split() == ["appendonly", "no"]
    found = engine.inspect("redis")
    assert found["HostConfig"]["ReadonlyRootfs"]
    places = {mount["Destination"]: mount["RW"] for mount in found["Mounts"]}
    assert places == {"/run/secrets/redis_password": False}
    assert set(found["HostConfig"]["Tmpfs"]) == {"/run/pidone"}


# ---- the drop-in beside WordPress's own cache -------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_answers_as_wordpresss_own_cache_does(bonus, name):
    if not answers:
        code = (PHP / "object_cache.php").read_text()
        answers["own"], answers["redis"] = (php(code, which)[0] for which in ("own", "redis"))
        assert list(answers["own"]) == list(answers["redis"]) == SCENARIOS
    assert answers["own"][name], "the scenario says nothing"
    assert answers["redis"][name] == answers["own"][name]


def test_a_value_is_there_for_the_next_request_and_one_of_a_local_group_is_not(bonus):
    calls("""wp_cache_set_multiple(['a' => false, 'b' => (object) ['x' => [1]], 'c' => null], 'kept');
             wp_cache_set('a', 1, 'counts');""")
    told = calls("""say(wp_cache_get('a', 'kept', false, $found)); say($found);
                    say(wp_cache_get_multiple(['c', 'b', 'none'], 'kept'));
                    say(wp_cache_get('a', 'counts', false, $found)); say($found);
                    wp_cache_flush_runtime(); say(wp_cache_get('b', 'kept'));""")
    assert told == [False, True, {"c": None, "b": {"x": [1]}, "none": False}, False, False, {"x": [1]}]


def test_add_does_not_overwrite_what_another_request_wrote(bonus):
    calls("wp_cache_set('race', 'first', 'kept');")
    assert calls("""say(wp_cache_add('race', 'second', 'kept')); say(wp_cache_get('race', 'kept'));
                    say(wp_cache_add_multiple(['race' => 'third', 'free' => 'yes'], 'kept'));
                    say(wp_cache_get_multiple(['race', 'free'], 'kept'));""") == [
        False, "first", {"race": False, "free": True}, {"race": "first", "free": "yes"}]


def test_replace_and_delete_see_what_another_request_removed(bonus):
    assert calls("""wp_cache_set('key', 1, 'kept'); $other = new WP_Object_Cache();
                    say($other->delete('key', 'kept')); say(wp_cache_replace('key', 2, 'kept'));
                    say(wp_cache_get('key', 'kept')); say($other->delete('key', 'kept'));""") == [
        True, False, False, False]


def test_force_sees_what_another_request_wrote(bonus):
    assert calls("""wp_cache_set('key', 1, 'kept'); $other = new WP_Object_Cache(); $other->set('key', 2, 'kept');
                    say(wp_cache_get('key', 'kept')); say(wp_cache_get('key', 'kept', true));
                    say(wp_cache_get('key', 'kept'));""") == [1, 2, 2]


def test_a_value_ends_when_its_time_is_over(bonus):
    before, after, missed, kept = calls("""
        wp_cache_set('short', 'value', 'kept', 1); wp_cache_set('long', 5, 'kept', 1000); wp_cache_incr('long', 1, 'kept');
        say(wp_cache_get('short', 'kept', true));
        $deadline = microtime(true) + 5;
        do { usleep(50000); } while (wp_cache_get('short', 'kept', true) !== false && microtime(true) < $deadline);
        say(wp_cache_get('short', 'kept', false, $found)); say($found); say(wp_cache_get('long', 'kept', true));""")
    assert (before, after, missed, kept) == ("value", False, False, 6)
    key = redis(bonus, "--scan", "--pattern", "*:kept:long").splitlines()[-1]
    assert 900 < int(redis(bonus, "ttl", key)) <= 1000, "a number keeps its end"


def test_counting_in_several_requests_at_once_loses_nothing(bonus):
    calls("wp_cache_set('count', 0, 'kept');")
    code = LOADED + "for ($i = 0; $i < 50; $i++) { wp_cache_incr('count', 1, 'kept') || say('lost'); }"
    at_once = [subprocess.Popen(["docker", "exec", "-i", "wordpress", "php8.2"], stdin=subprocess.PIPE, text=True,
                                stdout=subprocess.PIPE) for _ in range(3)]
    assert [one.communicate(code, timeout=60)[0] for one in at_once] == [""] * 3
    assert calls("say(wp_cache_get('count', 'kept'));") == [150]


def test_a_flush_is_seen_by_the_next_request_and_by_one_under_way(bonus):
    assert calls("""wp_cache_set('key', 1, 'kept'); $other = new WP_Object_Cache(); say($other->get('key', 'kept'));
                    say(wp_cache_flush()); $other->set('late', 2, 'kept'); say(wp_cache_get('late', 'kept'));
                    say(wp_cache_get('key', 'kept'));""") == [1, True, 2, False]
    assert calls("say(wp_cache_get('key', 'kept')); say(wp_cache_get('late', 'kept'));") == [False, 2]


def test_every_key_begins_with_the_salt(bonus):
    redis(bonus, "flushall")
    bonus.visitor().get("/")
    keys = redis(bonus, "--scan").splitlines()
    assert len(keys) > 10
    strange = [key for key in keys if not re.match(rf"{bonus.env['DOMAIN_NAME']}:[0-9a-f]{{16}}:[^:]+:.", key)]
    assert strange == []


# ---- the site ---------------------------------------------------------------------


def test_a_page_takes_few_queries(bonus, record_property):
    code = (PHP / "queries.php").read_text()
    without = php(code, "own")[0]
    php(code, "redis")
    with_it = php(code, "redis")[0]
    record_property("SQL queries of the first page without redis", without["queries"])
    record_property("SQL queries of the first page with redis", with_it["queries"])
    print(f"SQL queries of the first page: {without['queries']} without redis, {with_it['queries']} with it")
    assert without["queries"] >= 25
    assert with_it["queries"] <= 10
    assert cache_is_used(bonus)


def test_an_edited_post_is_seen_by_a_stranger_at_once(bonus):
    number, path = post_of(bonus, "Tide table", "High water at seven")
    owner = bonus.owner()
    for text in ("High water at eight", "High water at nine"):
        edit(owner, number, text)
        assert text in bonus.visitor().get(path).body


def test_site_health_shows_hits_and_state(bonus):
    body = bonus.owner().get("/wp-admin/site-health.php?tab=debug").body
    section = body[body.index('id="health-check-accordion-block-pidone-object-cache"'):]
    rows = dict(re.findall(r"<tr><td>([^<]+)</td><td>([^<]+)</td></tr>", section[:section.index("</table>")]))
    assert rows["Connected"] == "Yes"
    assert re.fullmatch(rf"Redis 7\.\S+ at redis-cache:{bonus.env['REDIS_PORT']}", rows["Server"])
    assert re.fullmatch(r"[\d,]+ \(\d+\.\d %\)", rows["Hits"])
    assert re.fullmatch(r"[\d.]+ [KM]B of 64 MB", rows["Memory used"])
    assert int(rows["Hits of this page"].replace(",", "")) > 50


# ---- without redis ----------------------------------------------------------------


def test_what_must_outlast_a_request_is_kept_by_the_database_while_redis_is_away(bonus):
    docker("stop", "redis")
    try:
        bonus.visitor().get("/")  # says so in the log, once
        calls("set_transient('kept', 'by whom', 60);")
        assert calls("say(get_transient('kept')); say(wp_using_ext_object_cache());") == ["by whom", False]
        calls("delete_transient('kept');")
    finally:
        docker("start", "redis")
    bonus.wait_whole()
    wait_until(lambda: cache_is_used(bonus), 15, "the cache is used again", step=0.2)
    assert calls("say(wp_using_ext_object_cache());") == [True]


def test_a_redis_that_stops_in_the_middle_of_a_long_question_fails_nothing(bonus):
    code = LOADED.removeprefix("<?php") + """
        $more = array_fill_keys(range(1, 5), random_bytes(1 << 20)); say(wp_cache_get('none')); fgets(STDIN);
        say(wp_cache_set_multiple($more, 'long')); say(wp_cache_delete_multiple([1, 2], 'long'));"""
    asking = subprocess.Popen(["docker", "exec", "-i", "wordpress", "php8.2", "-r", code],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asking.stdout.readline() == "false\n"
    docker("pause", "redis")
    try:
        said, errors = asking.communicate("\n", timeout=30)
    finally:
        docker("unpause", "redis")
        docker("restart", "redis")
    assert [json.loads(line) for line in said.splitlines()] == [dict.fromkeys("12345", True), {"1": True, "2": True}]
    # Whoever sees first that Redis is away, or answers again, says so.
    assert not [line for line in errors.splitlines() if not line.startswith("wordpress: redis ")]
    bonus.wait_whole()
    wait_until(lambda: cache_is_used(bonus), 15, "the cache is used again", step=0.2)


def test_a_slow_redis_does_not_make_a_page_slow(bonus):
    busy = "local t = redis.call('TIME') local n repeat n = redis.call('TIME') until (n[1] - t[1]) * 1e6 + n[2] - t[2] > 200000"
    with subprocess.Popen(["docker", "exec", "-e", f"REDISCLI_AUTH={bonus.secrets['redis_password']}", "redis", "redis-cli",
                           "-p", bonus.env["REDIS_PORT"], "-r", "50", "eval", busy, "0"], stdout=subprocess.DEVNULL):
        taken = seconds_of_pages(bonus, 2)
    assert max(taken) < 3 * engine.SLOW, "each question takes up to 0.2 s, and a page has dozens"


def test_without_redis_the_pages_come_quickly_and_afterwards_nothing_is_old(bonus):
    number, path = post_of(bonus, "Lighthouse", "The lamp is lit")
    owner = bonus.owner()
    docker("stop", "redis")
    taken = seconds_of_pages(bonus, 4)
    assert max(taken) < 3 * engine.SLOW, "half a second beside what a page takes"
    assert min(taken) < 1 * engine.SLOW, "after the first nobody waits"
    edit(owner, number, "The lamp is out")
    assert "The lamp is out" in bonus.visitor().get(path).body
    docker("start", "redis")
    wait_until(lambda: cache_is_used(bonus), 15, "the cache is used again", step=0.2)
    assert "The lamp is out" in bonus.visitor().get(path).body
    assert "redis is away" in engine.logs("wordpress", 50)


@pytest.mark.parametrize("file, pattern", [("object-cache/class-pidone-redis.php", "HOST = '([^']+)'"),
                                           ("wp-config.php", "'DB_HOST', '([^':]+):'")], ids=["redis", "mariadb"])
def test_nobody_outside_is_asked_for_the_address_of_a_stopped_redis_or_mariadb(bonus, file, pattern):
    host = re.search(pattern, (bonus.root / "services/wordpress" / file).read_text())[1]
    options = engine.inspect("wordpress")["HostConfig"]["DnsOptions"]
    network = f"{PROJECT}_frontend"  # where the name is nobody's, as it is everywhere while its container is stopped
    subnet = engine.api("GET", f"/networks/{network}")["IPAM"]["Config"][0]["Subnet"]
    silent = str(ipaddress.ip_network(subnet)[-2])
    code = f"<?php $start = microtime(true); gethostbyname('{host}'); echo microtime(true) - $start;"
    done = run("docker", "run", "--rm", "-i", "--network", network, "--dns", silent,
               *[word for option in options for word in ("--dns-opt", option)], "--entrypoint", "/usr/bin/php8.2",
               bonus.image("wordpress"), input=code)
    assert float(done.stdout) < 0.5 * engine.SLOW


def test_what_was_edited_while_redis_stood_still_is_not_old_afterwards(bonus):
    number, path = post_of(bonus, "Ferry", "It leaves at noon")
    owner = bonus.owner()
    docker("pause", "redis")
    try:
        taken = seconds_of_pages(bonus, 4)
        assert max(taken) < 3 * engine.SLOW
        assert min(taken) < 1 * engine.SLOW
        edit(owner, number, "It leaves at dusk")
    finally:
        docker("unpause", "redis")
    assert "It leaves at dusk" in bonus.visitor().get(path).body
    wait_until(lambda: cache_is_used(bonus), 15, "the cache is used again", step=0.2)
    assert "It leaves at dusk" in bonus.visitor().get(path).body
    docker("restart", "redis")  # its health check stood still as well, and takes its time


def test_a_restart_of_redis_loses_nothing_but_the_cache(bonus):
    _, path = post_of(bonus, "Anchor", "Still at the bottom")
    docker("restart", "redis")
    assert "Still at the bottom" in bonus.visitor().get(path).body
    bonus.wait_whole()
    wait_until(lambda: cache_is_used(bonus), 15, "the cache is used again", step=0.2)


def test_turned_off_and_on_again_the_cache_shows_nothing_old(bonus):
    number, path = post_of(bonus, "Buoy", "It is red")
    drop_in = bonus.data / "wordpress" / "html" / "wp-content" / "object-cache.php"
    assert drop_in.exists()
    bonus.has_bonus = False
    try:
        bonus.up()  # redis keeps running, with all that it knows
        bonus.wait_whole()
        assert not drop_in.exists()
        edit(bonus.owner(), number, "It is green")
    finally:
        bonus.has_bonus = True
        bonus.up()
    bonus.wait_whole()
    assert "It is green" in bonus.visitor().get(path).body
    assert cache_is_used(bonus)


def test_somebody_elses_drop_in_stays(bonus):
    drop_in = bonus.data / "wordpress" / "html" / "wp-content" / "object-cache.php"
    ours = drop_in.read_text()
    drop_in.write_text("<?php // somebody's own, which does nothing\n")
    try:
        docker("restart", "wordpress")
        bonus.wait_whole()
        assert "somebody's own" in drop_in.read_text()
        assert "object-cache.php' is not this project's" in engine.logs("wordpress", 50)
    finally:
        drop_in.write_text(ours)
    docker("restart", "wordpress")
    bonus.wait_whole()
    assert cache_is_used(bonus)
