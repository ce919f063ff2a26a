# SPDX-License-Identifier: MIT
"""Docker learns of a change at once and asks twice a minute while nothing changes."""

import os
import time

import pytest

import engine
from engine import Events, api, docker, wait_until
from stack import NAMES

NAME = "pidone-tests-health"
SECOND = 1_000_000_000

# 'worker' may end without the container ending; each of them reads its FIFO before it goes on.
WORKER = """
command = ["/bin/bash", "-c", "read -r _ < /go/ready; echo >&3; read -r _ < /go/fail; exit 3"]
ready = "fd:3"
essential = false
"""
MAIN = """
command = ["/bin/bash", "-c", "read -r _ < /go/end"]
"""


@pytest.fixture
def scratch(images, tmp_path):
    """A container with the healthcheck of docker-compose.yml around two services that do what they are told."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "go").mkdir()
    (tmp_path / "etc" / "worker.toml").write_text(WORKER)
    (tmp_path / "etc" / "main.toml").write_text(MAIN)
    for fifo in ("ready", "fail", "end"):
        os.mkfifo(tmp_path / "go" / fifo)
    docker("rm", "-f", NAME) if engine.inspect(NAME) else None
    made = api("POST", f"/containers/create?name={NAME}", {
        "Image": images["pidone"], "Entrypoint": ["/usr/bin/pidone", "run", "--"],
        "Healthcheck": {"Test": ["CMD", "/usr/bin/pidone", "healthcheck", "--wait", "30s"], "Interval": SECOND,
                        "Timeout": 40 * SECOND, "Retries": 1, "StartPeriod": 300 * SECOND},
        "HostConfig": {"Binds": [f"{tmp_path}/etc:/etc/pidone:ro", f"{tmp_path}/go:/go"], "ReadonlyRootfs": True,
                       "Tmpfs": {"/run": ""}, "NetworkMode": "none"}})
    assert made["Id"]
    with Events() as events:
        docker("start", NAME)
        yield tmp_path / "go", events
    docker("rm", "-f", NAME)


def tell(fifo):
    """Lets the service that reads this FIFO go on; opens when it is there."""
    with open(fifo, "w") as go:
        go.write("\n")
    return time.monotonic()


def seen(events, status):
    def look():
        return events.of(NAME, f"health_status: {status}")
    return wait_until(look, 15, lambda: f"'{status}'; {engine.state(NAME)['Health']}")[0]


def test_healthy_comes_within_a_second_and_a_half_of_readiness(scratch):
    go, events = scratch
    wait_until(lambda: events.of(NAME, "exec_start"), 10, "Docker asks for the first time")
    assert engine.health(NAME) == "starting"
    ready = tell(go / "ready")
    assert seen(events, "healthy") - ready < 1.5 * engine.SLOW
    assert engine.health(NAME) == "healthy"


def test_unhealthy_comes_within_half_a_second_of_a_failure(scratch):
    go, events = scratch
    tell(go / "ready")
    seen(events, "healthy")
    # The question that waits for the next change must be there; until then it is on its way.
    count = len(events.of(NAME, "exec_start"))
    wait_until(lambda: len(events.of(NAME, "exec_start")) > count, 10, "Docker asks again")
    failed = tell(go / "fail")
    assert seen(events, "unhealthy") - failed < 0.5 * engine.SLOW
    assert engine.state(NAME)["Status"] == "running"


def test_docker_asks_once_in_thirty_seconds_while_nothing_changes(site):
    # A check lasts thirty seconds, the pause behind it one, and starting the next one takes its time.
    with Events() as events:
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() - begun > 33, 40, "thirty seconds", step=0.5)
        asked = {name: len(events.of(name, "exec_start")) for name in NAMES}
    assert all(1 <= count <= 2 for count in asked.values()), asked
    for name in NAMES:
        assert engine.health(name) == "healthy"
        assert engine.inspect(name)["State"]["Health"]["FailingStreak"] == 0
