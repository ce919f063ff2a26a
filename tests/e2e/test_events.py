# SPDX-License-Identifier: MIT
"""log-format = "json": every line is an object, and every event has the fields that docs/events.md promises."""

import json
import re
import signal
from pathlib import Path

from harness import wait_until

JSON = 'log-format = "json"\n'
SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
AGAIN = 'restart = "on-failure"\n[restart-policy]\ndelay = "10ms"\njitter = 0\n'
DOC = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def events(run):
    """Every complete line so far, parsed; a line that is no object fails the test."""
    return [json.loads(line) for line in run.stderr.split("\n")[:-1]]


def one(run, name, timeout=5):
    """The first event of that name, once it is there."""
    def found():
        return [event for event in events(run) if event.get("event") == name]
    return wait_until(found, timeout, f"the event {name}")[0]


def start(lab, services, *options):
    return lab.service(services, JSON, *options)


def fields(event):
    return {name: value for name, value in event.items() if name not in ("time", "message")}


def test_an_end_and_what_follows(lab):
    run = start(lab, 'command = ["@BOX@", "exit", "3"]\n' + AGAIN + "max-attempts = 1\n")
    assert run.wait() == 3
    first, last = [event for event in events(run) if event.get("event") == "exited"]
    assert first["pid"] > 1 and 0 <= first["after"] < 5
    assert fields(first) == {"level": "info", "service": "web", "event": "exited", "pid": first["pid"], "code": 3,
                             "after": first["after"], "restart_in": 0.01, "attempt": 1, "limit": 1}
    assert fields(last) == {"level": "info", "service": "web", "event": "exited", "pid": last["pid"], "code": 3,
                            "after": last["after"], "gave_up": True, "attempt": 1, "limit": 1, "exit_code": 3}
    assert re.match(r"exited with status 3 after \S+; gave up after 1 restart, container exits with 3$", last["message"])
    assert first["time"] <= last["time"] and re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", last["time"])
    assert fields(events(run)[-1]) == {"level": "info", "service": "", "event": "container_exiting", "cause": "web",
                                       "fault": "ended", "code": 3, "exit_code": 3}


def test_a_death_by_signal(lab):
    run = start(lab, 'command = ["@BOX@", "die", "9"]\n')
    assert run.wait() == 137
    end = one(run, "exited")
    assert (end["signal"], end["core"], end["exit_code"]) == ("SIGKILL", False, 137)
    assert end.get("oom_kills", 0) == 0


def test_a_whole_life_of_a_container(lab):
    run = start(lab, {"web": SLEEPER + 'requires = ["job"]\nbefore-stop = { command = ["/bin/false"] }\n',
                      "job": 'type = "oneshot"\ncommand = ["/bin/true"]\n',
                      "deaf": 'command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "200ms"\n'}, "-v")
    for name in ("starting", "done", "ready"):
        one(run, name)
    wait_until(lambda: len([event for event in events(run) if event.get("event") == "ready"]) == 2)
    run.wait_out("^ready.*\n(.*\n)*ready")
    run.send(signal.SIGUSR1)
    assert one(run, "signal_dropped")["signal"] == "SIGUSR1"
    run.send(signal.SIGTERM)
    assert one(run, "container_stopping")["signal"] == "SIGTERM"
    assert one(run, "container_stopping")["budget"] == 8.0
    run.wait()
    assert one(run, "stopping")["signal"] == "SIGTERM"
    assert one(run, "hook_failed")["code"] == 1
    assert one(run, "stop_timeout")["service"] == "deaf"
    assert one(run, "stop_timeout")["after"] >= 0.2
    assert one(run, "container_exiting")["stop_signal"] == "SIGTERM"
    assert one(run, "done")["code"] == 0


def test_a_start_that_fails_and_who_suffers(lab):
    run = start(lab, {"web": 'command = ["/nowhere"]\n', "zneeds": SLEEPER + 'requires = ["web"]\nessential = false\n'})
    assert run.wait() == 127
    assert one(run, "start_failed")["exit_code"] == 127
    assert events(run)[-1]["fault"] == "not_started"
    run = start(lab, {"web": 'command = ["/nowhere"]\nessential = false\n',
                      "zneeds": SLEEPER + 'requires = ["web"]\nessential = false\n', "beside": SLEEPER})
    assert one(run, "dependency_failed")["requires"] == "web"
    run.stop()


def test_a_missed_readiness(lab):
    run = start(lab, SLEEPER + 'ready = "notify"\nready-timeout = "50ms"\n')
    assert run.wait() == 70
    assert one(run, "ready_timeout")["after"] >= 0.05
    assert events(run)[-1]["fault"] == "not_ready"


def test_health(lab):
    (lab.tmp / "well").touch()
    run = start(lab, SLEEPER + '[health]\nprobe = { exec = ["/usr/bin/test", "-e", "@TMP@/well"] }\ninterval = "20ms"\n'
                'retries = 2\n')
    one(run, "ready")
    (lab.tmp / "well").unlink()
    assert one(run, "unhealthy")["failures"] == 2
    (lab.tmp / "well").touch()
    assert one(run, "healthy")["after"] > 0
    remark = [event for event in events(run) if event["message"].startswith("health probe: ")]
    assert len(remark) == 1 and remark[0]["service"] == "web" and "event" not in remark[0]
    run.stop()


def test_a_stop_because_of_a_service_names_its_fault(lab):
    run = start(lab, SLEEPER + '[health]\nprobe = { exec = ["/bin/false"] }\ninterval = "20ms"\nretries = 1\n'
                'action = "exit"\n')
    assert run.wait() == 70
    for event in (one(run, "container_stopping"), one(run, "container_exiting")):
        assert (event["cause"], event["fault"]) == ("web", "unhealthy")


def test_a_watchdog_and_what_requires_its_service(lab):
    run = start(lab, {"db": SLEEPER + 'watchdog = "400ms"\n' + AGAIN, "web": SLEEPER + 'requires = ["db"]\n'})
    missed = one(run, "watchdog_missed")
    assert (missed["after"], missed["restart_in"], missed["attempt"]) == (0.4, 0.01, 1)
    assert one(run, "requirement_down")["requires"] == "db"
    run.stop()


def test_a_second_stop(lab):
    run = start(lab, 'command = ["@BOX@", "stubborn", "15"]\n')
    run.wait_out("^ready")
    run.send(signal.SIGTERM)
    one(run, "container_stopping")
    run.send(signal.SIGTERM)
    run.wait()
    assert one(run, "stop_now")["signal"] == "SIGTERM"


def test_what_the_child_of_a_service_says_is_an_object_too(lab):
    run = start(lab, 'command = ["/bin/true"]\nwait-for = [{ url = "tcp://127.0.0.1:7501", timeout = "100ms" }]\n')
    run.wait()
    assert any("did not answer within 100ms" in event["message"] and event["level"] == "error" for event in events(run))
    run = start(lab, SLEEPER + 'ready = "tcp://127.0.0.1:7502"\nready-timeout = "700ms"\n')
    run.wait()
    assert any(event["message"].startswith("still not ready: ") for event in events(run))


def test_every_event_is_documented():
    source = (DOC.parents[1] / "init" / "runtime" / "report_fields.cpp").read_text()
    names = set(re.findall(r'case Kind::\w+:\s+return \{"(\w+)"', source))
    names |= set(re.findall(r'"(reload\w+)"', (DOC.parents[1] / "init" / "runtime" / "reload.cpp").read_text()))
    listed = {name for row in re.findall(r"^\| (`.*?`) \|", DOC.read_text(), re.M) for name in re.findall(r"`(\w+)`", row)}
    assert len(names) > 20 and names == listed
