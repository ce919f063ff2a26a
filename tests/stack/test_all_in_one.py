# SPDX-License-Identifier: MIT
"""examples/all-in-one: the whole site in one container, where pidone restarts what dies."""

import re
import shutil
import tempfile
import time
from pathlib import Path

import pytest

import engine
import stack
from engine import docker, run, state, wait_until
from stack import ROOT, TITLE, Stack

NAME = "all-in-one"
EXAMPLE = ROOT / "examples" / NAME
PROGRAMS = {**stack.PROGRAMS, "redis": "redis-server"}


class One(Stack):
    """The same keys and secrets as the stack's, another compose file, and a port beside the stack's."""

    def __init__(self, home):
        super().__init__(home)
        self.write_env(COMPOSE_PROJECT_NAME="pidone-tests-one", HTTPS_PORT="8443")
        shutil.copy(EXAMPLE / "docker-compose.yml", self.home)

    def up(self):
        self.compose("up", "-d", "--no-build")

    def remove(self):
        run("docker", "kill", NAME, check=False)
        self.down("--volumes")

    def whole(self):
        page = self.visitor().get("/")
        return page.status == 200 and TITLE in page.body and engine.health(NAME) == "healthy"

    def explain(self):
        page = self.visitor().get("/")
        return f"the site is whole; the first page says {page.status}: {page.body[:300]}\n{engine.logs(NAME, 60)}"

    def daemons(self):
        """Service -> pid on the host of its main process, of those that run."""
        comms = {engine.proc(pid, "comm").strip(): pid for pid in engine.children(state(NAME)["Pid"])}
        return {name: comms[program] for name, program in PROGRAMS.items() if program in comms}

    def is_healthy(self, service):
        return run("docker", "exec", NAME, "pidone", "healthcheck", service, check=False).returncode == 0


@pytest.fixture(scope="module")
def image(images):
    tag = images["pidone"].partition(":")[2]
    docker("build", "--file", EXAMPLE / "Dockerfile", "--build-arg", f"IMAGE_TAG={tag}", "--tag", f"{NAME}:{tag}", ROOT,
           timeout=900)


@pytest.fixture(scope="module")
def running(image):
    home = Path(tempfile.mkdtemp(prefix="pidone-one-"))
    made = One(home)
    try:
        made.remove()
        made.up()
        yield made
    finally:
        made.remove()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def one(running):
    if state(NAME)["Status"] != "running":
        docker("start", NAME)
    running.wait_whole(90)
    return running


def test_four_daemons_run_each_as_a_user_of_its_own(one):
    daemons = one.daemons()
    assert set(daemons) == set(PROGRAMS)
    uids = {name: engine.status_field(pid, "Uid")[0] for name, pid in daemons.items()}
    assert uids["nginx"] == uids["wordpress"] == "33" and uids["mariadb"] == "100"
    assert len(set(uids.values())) == 3 and "0" not in uids.values()
    for name, pid in daemons.items():
        assert engine.status_field(pid, "CapEff") == ["0000000000000000"], name


def test_each_line_of_the_log_says_whose_it_is(one):
    lines = engine.logs(NAME, "all").splitlines()
    marks = [re.match(r"(pidone): |([\w-]+) *[|+] ", line) for line in lines]
    assert all(marks), lines[marks.index(None)]
    owners = {mark.group(1) or mark.group(2) for mark in marks}
    assert {"pidone", "nginx", "wordpress", "mariadb", "redis"} <= owners
    assert owners <= {"pidone", "site", "compiled", "exporter", *PROGRAMS}


def test_the_exporter_tells_of_every_service(one):
    page = docker("exec", NAME, "php", "-r", 'readfile("http://127.0.0.1:10191/metrics");')
    assert re.search(r"^pidone_up 1$", page, re.M)
    assert set(re.findall(r'^pidone_service_state\{service="(\w+)",state="up"\} 1$', page, re.M)) == \
        {"exporter", *PROGRAMS}


@pytest.mark.parametrize("name, seconds", [("nginx", 1), ("wordpress", 1), ("redis", 1), ("mariadb", 15)])
def test_a_killed_daemon_is_back_and_the_others_were_not_touched(one, name, seconds):
    before = one.daemons()
    container = state(NAME)["Pid"]
    one.crash(before[name])
    wait_until(lambda: one.daemons().get(name, before[name]) != before[name] and one.is_healthy(name), seconds,
               lambda: f"'{name}' is back and healthy\n{engine.logs(NAME)}")
    after = one.daemons()
    assert {other: pid for other, pid in after.items() if other != name} == \
        {other: pid for other, pid in before.items() if other != name}
    assert state(NAME)["Pid"] == container
    assert re.search(rf"^pidone: {name}: killed by SIGKILL", engine.logs(NAME, "all"), re.M)
    one.wait_whole(20)


def test_docker_stop_is_quick_and_in_order_and_ends_with_0(one):
    since = time.time()
    begun = time.monotonic()
    docker("stop", NAME)
    taken = time.monotonic() - begun
    assert state(NAME)["ExitCode"] == 0
    done = run("docker", "logs", "--since", f"{since:.3f}", NAME)
    said = (done.stdout + done.stderr).splitlines()
    ends = [line.split(": ")[1] for line in said
            if re.match(rf"pidone: ({'|'.join(PROGRAMS)}): (exited|killed)", line)]
    assert sorted(ends) == sorted(PROGRAMS), said
    assert ends[:2] == ["nginx", "wordpress"], said
    assert taken < 3 * engine.SLOW


def test_the_data_survives_a_new_container(one):
    one.owner().publish("kept", "written before the change of container")
    one.down()
    one.up()
    one.wait_whole(60)
    assert one.shows("written before the change of container", "/kept/")
