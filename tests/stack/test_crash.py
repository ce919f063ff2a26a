# SPDX-License-Identifier: MIT
"""kill -9 of anything at any time: the stack comes back by itself, and what was written is there."""

import os
import re
import secrets
import signal
import subprocess
import time

import pytest

import engine
from engine import docker, state, wait_until
from stack import NAMES, main_process

POST = "written before the crash"

# The first start takes two to three seconds; every 50 ms of it with STACK_EVERY_STEP=1.
STEPS = ([round(0.05 * step, 2) for step in range(1, 61)] if os.environ.get("STACK_EVERY_STEP")
         else [0.05, 0.2, 0.35, 0.6, 0.85, 1.1, 1.4, 1.9])


@pytest.fixture
def post(site):
    """A post of its own, which must be there at the end."""
    # A name of digits alone could be a year's, so WordPress would give the post another.
    word = f"post-{secrets.token_hex(4)}"
    site.owner().publish(word, f"{POST} {word}")
    yield word
    assert site.shows(f"{POST} {word}", f"/{word}/")


def wait_restarted(site, before):
    """Every killed container has another PID 1, started by Docker, and the site is whole."""
    for name, pid in before.items():
        wait_until(lambda name=name, pid=pid: state(name)["Pid"] not in (0, pid), 30, f"'{name}' is started again")
    site.wait_whole(60)


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_daemon_ends_its_container_which_comes_back(site, post, name):
    before = {name: state(name)["Pid"]}
    restarts = engine.inspect(name)["RestartCount"]
    site.crash(main_process(name))
    wait_restarted(site, before)
    assert engine.inspect(name)["RestartCount"] == restarts + 1
    said = engine.logs(name, "all")
    assert re.search(rf"^pidone: {name}: .*killed by SIGKILL.* after .*; container exits with 137$", said, re.M)


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_1_comes_back(site, post, name):
    before = {name: state(name)["Pid"]}
    site.crash(before[name])
    wait_restarted(site, before)


def test_everything_killed_at_once_comes_back(site, post):
    before = site.pids()
    site.crash(*before.values())
    wait_restarted(site, before)


def test_a_killed_worker_is_replaced_and_the_container_stays(site, post):
    before = site.pids()
    for name in ("nginx", "wordpress"):
        worker = engine.children(main_process(name))[0]
        site.crash(worker)
        master = main_process(name)
        wait_until(lambda: worker not in engine.children(master) and engine.children(master), 10,
                   f"'{name}' has a new worker")
    site.wait_whole()
    assert site.pids() == before


def test_a_daemon_that_ends_by_itself_with_success_comes_back(site, post):
    """TERM ends mariadbd with code 0: nobody asked for it, so the container must not look finished."""
    before = {"mariadb": state("mariadb")["Pid"]}
    os.kill(main_process("mariadb"), signal.SIGTERM)
    wait_restarted(site, before)
    assert re.search(r"^pidone: mariadb: .*status 0 .*container exits with 70$", engine.logs("mariadb", "all"), re.M)


def reach(instant):
    """Waits for the instant that the experiment is about."""
    wait_until(lambda: time.monotonic() >= instant, 30, "the instant", step=0.002)


def test_a_table_that_was_being_altered_is_whole_after_a_crash(site):
    """The accounts step is the first server on the data after a crash; it must leave this to the next one."""
    database = site.data / "mariadb" / "data" / site.env["DB_NAME"]
    site.sql("CREATE TABLE big (id INT PRIMARY KEY, text VARCHAR(40)) SELECT seq AS id, MD5(seq) AS text FROM seq_1_to_200000")
    try:
        for turn in range(5):
            before = {"mariadb": state("mariadb")["Pid"]}
            with subprocess.Popen(["docker", "exec", "mariadb", "mariadb", "--defaults-file=/run/pidone/client.cnf",
                                   site.env["DB_NAME"], "--execute", f"ALTER TABLE big ADD extra{turn} INT, ALGORITHM=COPY"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
                wait_until(lambda: list(database.glob("#sql*")), 20, "the ALTER has begun", step=0.001)
                site.crash(before["mariadb"])
            wait_restarted(site, before)
            assert [file.name for file in database.glob("#sql*")] == []
            assert site.sql("CHECK TABLE big").stdout.split()[-1] == "OK"
            assert site.sql("SELECT COUNT(*), MAX(MD5(id) = text) FROM big").stdout.split() == ["200000", "1"]
    finally:
        site.sql("DROP TABLE big")


@pytest.mark.parametrize("step", STEPS)
def test_a_first_start_killed_on_the_way_heals(site, step):
    site.kill()
    site.wipe()
    begun = time.monotonic()
    site.start()
    reach(begun + step)
    running = {name: pid for name, pid in site.pids().items() if pid}
    site.crash(*running.values())
    wait_restarted(site, running)
    word = f"after {int(step * 1000)} ms"
    site.owner().publish(word, f"{word}, all is well")
    assert site.author().is_in
    site.wait_whole()
    assert site.sql("SELECT COUNT(*) FROM wp_users").stdout.strip() == "2"
    assert site.shows(f"{word}, all is well")


def test_a_first_start_killed_again_and_again_heals(site):
    site.kill()
    site.wipe()
    for step in (0.3, 0.7, 1.2):
        site.kill()
        begun = time.monotonic()
        site.start()
        reach(begun + step)
    site.crash(*[pid for pid in site.pids().values() if pid])
    site.wait_whole(60)
    assert site.sql("SELECT COUNT(*) FROM wp_users").stdout.strip() == "2"


def test_the_engine_restarts_and_the_site_with_it(site, post):
    if os.environ.get("STACK_ENGINE_RESTART") != "1":
        pytest.skip("restarts the machine's Docker engine and all its containers: STACK_ENGINE_RESTART=1 allows it")
    before = site.pids()
    engine.restart_engine()
    wait_restarted(site, before)
    # A container stopped by a person stays so.
    docker("stop", "nginx")
    engine.restart_engine()
    wait_until(lambda: engine.health("wordpress") == "healthy" and engine.health("mariadb") == "healthy", 60,
               "the others are back")
    assert state("nginx")["Status"] == "exited"
    site.start("nginx")
    site.wait_whole()
