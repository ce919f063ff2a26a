# SPDX-License-Identifier: MIT
"""Oneshots with a schedule: intervals, dates of cron, no two runs at a time, and nothing in between."""

import re
import signal
import struct
import time

from harness import PROMPT, descriptors, settle, switches, wait_until

WEB = 'command = ["@BOX@", "sleep", "600"]'


def tick(schedule, command='["/bin/echo", "tick"]', more=""):
    return f'type = "oneshot"\ncommand = {command}\nschedule = "{schedule}"\n{more}'


def timers(run):
    return [target for target in descriptors(run.pid).values() if "timerfd" in target]


def test_an_interval_runs_again_and_again_but_not_at_the_start(lab):
    run = lab.service({"web": WEB, "job": tick("every 300ms")})
    run.wait_out("^tick$")
    assert time.monotonic() - run.started >= 0.3
    run.wait_out(r"^(tick\n){3}")
    assert run.stop()[0] == 0


def test_a_container_of_schedules_alone_lives_until_it_is_stopped(lab):
    run = lab.service({"job": tick("every 200ms")})
    run.wait_out(r"^(tick\n){2}")
    assert run.running()
    assert run.stop()[0] == 0


def test_a_run_that_takes_longer_than_the_interval_is_never_joined_by_another(lab):
    script = '["/bin/sh", "-c", "mkdir @TMP@/lock || echo both; sleep 0.5; rmdir @TMP@/lock; echo tick"]'
    run = lab.service({"web": WEB, "job": tick("every 200ms", script)})
    run.wait_out(r"^(tick\n){2}")
    assert "both" not in run.stdout
    assert "pidone: job: warn: is due, but its last run is not over; skipped\n" in run.stderr


def test_a_run_that_fails_does_not_end_the_container_and_the_next_one_comes(lab):
    run = lab.service({"web": WEB, "job": tick("every 200ms", '["/bin/sh", "-c", "echo tick; exit 3"]')})
    run.wait_out(r"^(tick\n){3}")
    assert re.search(r"^pidone: job: .*exited with status 3", run.stderr, re.M)
    assert run.stop()[0] == 0


def test_a_stop_ends_a_run_that_is_under_way(lab):
    run = lab.service({"web": WEB, "job": tick("every 100ms", '["@BOX@", "sleep", "600"]')})
    wait_until(lambda: list(run.tree().values()).count("box") == 2, what="the run")
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def zone_whose_minute_begins_in(lab, seconds):
    """A made-up place, so that no test waits a minute: its clocks are off by some seconds."""
    offset = 60 - (int(time.time()) + seconds) % 60
    part = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", offset, 0, 0) + b"XST\0"
    file = part + part + f"\nXST-{offset // 3600}:{offset // 60}:{offset % 60}\n".encode()
    place = lab.tmp / "zoneinfo"
    place.mkdir()
    (place / "Here").write_bytes(file)
    return ["--bind", f"{place}:/usr/share/zoneinfo"]


def test_a_date_runs_when_the_clock_shows_it_and_nothing_wakes_before(lab):
    place = zone_whose_minute_begins_in(lab, 5)
    began = time.time()
    run = lab.service({"web": WEB, "job": tick("* * * * *", more='timezone = "Here"')}, ns=place)
    run.wait_err("^pidone: web: ready")
    assert timers(run), "no timer"
    assert 0 < lab.services(run)["job"]["next_run"] < 5
    settle(run.pid)
    before = switches(run.pid)
    wait_until(lambda: time.time() > began + 3.5, what="a moment just before the date")
    assert switches(run.pid) == before or "tick" in run.stdout
    run.wait_out("^tick$")
    assert 4 <= time.time() - began
    assert "is due" not in run.stderr
    assert 50 < lab.services(run)["job"]["next_run"] <= 60
    assert run.stop()[0] == 0


def test_there_is_no_timer_without_a_date(lab):
    run = lab.service({"web": WEB, "job": tick("every 300ms")})
    run.wait_out("^tick$")
    assert not timers(run)


def test_an_interval_sleeps_in_between(lab):
    run = lab.service({"web": WEB, "job": tick("every 5m")})
    run.wait_err("^pidone: web: ready")
    settle(run.pid)
    before = switches(run.pid)
    settle(run.pid, quiet=1)
    assert switches(run.pid) == before
    assert 290 < lab.services(run)["job"]["next_run"] < 300


def test_a_time_zone_that_is_not_there_refuses_the_start(lab):
    run = lab.service({"web": WEB, "job": tick("0 3 * * *", more='timezone = "Nowhere/Here"')})
    assert run.wait() == 78
    assert run.stdout == ""
    assert run.stderr == ('pidone: job: error: timezone \'Nowhere/Here\': /usr/share/zoneinfo/Nowhere/Here: no such file '
                          "or directory (Debian's package tzdata brings the time zones)\n")


def test_a_file_that_is_no_time_zone_refuses_the_start(lab):
    zones = lab.tmp / "zoneinfo"
    (zones / "Some").mkdir(parents=True)
    (zones / "Some/Where").write_text("no zone")
    conf = lab.config({"job": tick("0 3 * * *", more='timezone = "Some/Where"')})
    run = lab.start([lab.pidone, "run", "-c", conf], ns=["--bind", f"{zones}:/usr/share/zoneinfo"])
    assert run.wait() == 78
    assert run.stderr == ('pidone: job: error: timezone \'Some/Where\': /usr/share/zoneinfo/Some/Where is no time zone '
                          "file (TZif)\n")


def test_check_names_a_time_zone_that_is_not_there(lab):
    conf = lab.config({"web": WEB, "job": tick("0 3 * * *", more='timezone = "Nowhere/Here"')})
    done = lab.local("check", conf)
    assert done.returncode == 78
    assert 'timezone "Nowhere/Here"' in done.stderr.replace("'", '"') + done.stdout.replace("'", '"')


def test_a_signal_that_stops_does_not_wait_for_a_date(lab):
    run = lab.service({"job": tick("0 3 1 1 *")})
    settle(run.pid)
    code, took = run.stop(signal.SIGINT)
    assert code == 0 and took < PROMPT
