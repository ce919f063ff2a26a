# SPDX-License-Identifier: MIT
"""Restarts: what is said, what is limited, what a new run knows of the one before, and what it all costs."""

import os
import re
import signal

import pytest
from harness import PROMPT, descriptors, settle, status_field, wait_until

POLICY = "[restart-policy]\njitter = 0\n"
QUICK = POLICY + 'delay = "10ms"\nmax-attempts = 0\n'
STAYS = 'command = ["@BOX@", "sleep", "600"]\nrestart = "on-failure"\n'
ONCE = "test -e @TMP@/once || { touch @TMP@/once; "  # ...; }: only in the first run


def pids_of(run, comm):
    return [pid for pid, name in run.tree().items() if name == comm]


def kill_main(run, comm="box"):
    """Kills the only process of that name, as seen from outside, and returns its pid."""
    pid = wait_until(lambda: pids_of(run, comm), what=f"a process {comm}")[0]
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_killed_service_comes_back_with_another_pid(lab):
    run = lab.service(STAYS + QUICK)
    run.wait_out("^ready")
    old = kill_main(run)
    run.wait_err(r"^pidone: web: killed by SIGKILL after \S+; restarts in 10ms \(attempt 1\)$")
    new = wait_until(lambda: [pid for pid in pids_of(run, "box") if pid != old])[0]
    assert new != old and run.running()
    assert run.stop()[0] == 0


def test_the_delay_doubles_to_its_cap_and_then_it_is_given_up(lab):
    run = lab.service('command = ["@BOX@", "exit", "3"]\nrestart = "on-failure"\n' + POLICY
                      + 'delay = "20ms"\nmax-delay = "60ms"\nmax-attempts = 4\n')
    assert run.wait() == 3
    said = re.findall(r"^pidone: web: exited with status 3 after \S+?; (.*)$", run.stderr, re.M)
    assert said == ["restarts in 20ms (attempt 1 of 4)", "restarts in 40ms (attempt 2 of 4)",
                    "restarts in 60ms (attempt 3 of 4)", "restarts in 60ms (attempt 4 of 4)",
                    "gave up after 4 restarts, container exits with 3"]
    assert run.took > 0.18


def test_a_run_that_lived_for_the_window_begins_to_count_anew(lab):
    run = lab.service('command = ["@BOX@", "sleep", "0.15"]\nrestart = "always"\n' + POLICY
                      + 'delay = "1ms"\nwindow = "100ms"\nmax-attempts = 1\n')
    wait_until(lambda: run.stderr.count("(attempt 1 of 1)") >= 3, what="a third first attempt")
    assert run.stop()[0] == 0


def test_give_up_stop_keeps_the_container(lab):
    text = 'command = ["@BOX@", "exit", "3"]\nrestart = "on-failure"\n' + POLICY
    run = lab.service({"web": text + 'delay = "1ms"\nmax-attempts = 1\ngive-up = "stop"\n',
                       "zneeds": 'command = ["@BOX@", "sleep", "600"]\nrequires = ["web"]\n',
                       "other": 'command = ["@BOX@", "sleep", "600"]\n'})
    run.wait_err(r"^pidone: web: exited with status 3 after \S+?; gave up after 1 restart$")
    run.wait_err("^pidone: zneeds: error: cannot run, because 'web', which it requires, failed$")
    wait_until(lambda: len(pids_of(run, "box")) == 1, what="the end of zneeds")
    run.stop()


def test_an_end_that_was_no_failure_is_no_reason_for_on_failure(lab):
    run = lab.service('command = ["@BOX@", "exit", "0"]\nrestart = "on-failure"\n' + QUICK)
    assert run.wait() == 70
    assert "restarts in" not in run.stderr


def test_a_oneshot_that_fails_is_tried_again_and_its_success_is_the_end(lab):
    run = lab.service("type = \"oneshot\"\nrestart = \"on-failure\"\n"
                      f"command = ['/bin/sh', '-c', '''{ONCE}exit 5; }}''']\n" + QUICK)
    assert run.wait() == 0
    assert run.stderr.count("restarts in") == 1


def test_a_start_that_fails_is_tried_again(lab):
    """What is missing at the first start may be there at the second."""
    run = lab.service('command = ["@TMP@/tool", "sleep", "600"]\nrestart = "on-failure"\n' + QUICK)
    run.wait_err(r"^pidone: web: error: did not start; restarts in 10ms \(attempt 1\)$")
    os.symlink(lab.box, lab.tmp / "tool")
    run.wait_out("^ready")
    assert run.stop()[0] == 0


def test_a_missed_ready_timeout_leads_to_a_restart(lab):
    run = lab.service('command = ["@BOX@", "sleep", "600"]\nready = "notify"\nready-timeout = "50ms"\n'
                      'restart = "on-failure"\n' + QUICK)
    run.wait_err(r"not ready after \S+ \(ready-timeout\); stopping it; restarts in 20ms \(attempt 2\)$")
    assert run.stop()[0] == 0


def test_what_requires_it_goes_down_first_and_comes_back_behind_it(lab):
    run = lab.service({"db": 'command = ["@BOX@", "notify", "main", "READY=1", "stay"]\nready = "notify"\n'
                             'restart = "on-failure"\n' + QUICK,
                       "web": 'command = ["/bin/sh", "-c", "echo web; exec sleep 600"]\nrequires = ["db"]\n',
                       "beside": 'command = ["/bin/sh", "-c", "echo beside; exec sleep 601"]\nafter = ["db"]\n'})
    run.wait_out("^web$")
    run.wait_out("^beside$")
    kill_main(run)
    run.wait_err("^pidone: web: stops, because 'db', which it requires, is down; starts again with it$")
    wait_until(lambda: run.stdout.count("web\n") == 2, what="the second run of web")
    assert run.stdout.count("beside\n") == 1
    lines = run.stderr
    assert lines.index("db: killed by") < lines.index("web: killed by SIGTERM") < lines.rindex("db: ready after")
    assert run.stop()[0] == 0


def test_nothing_of_the_run_before_is_left_when_the_next_begins(lab):
    script = (ONCE + "setsid @BOX@ stubborn 15 > @TMP@/up & until test -s @TMP@/up; do sleep 0.02; done; kill -9 $$; }; ps -o comm= -e | grep -c box > @TMP@/count;"
              " exec sleep 600")
    run = lab.service(f"command = ['/bin/sh', '-c', '''{script}''']\nstop-timeout = '200ms'\nrestart = 'on-failure'\n"
                      + QUICK)
    count = lab.tmp / "count"
    run.wait_err(r"killed process \d+ \(box\)")
    wait_until(lambda: count.exists() and count.read_text(), what="the second run")
    assert count.read_text() == "0\n"
    assert run.stop()[0] == 0


def test_ready_of_an_old_run_does_not_make_the_next_one_ready(lab):
    """The first run says READY=1 with its last breath; the second never does."""
    script = ONCE + "@BOX@ notify main READY=1 & kill -9 $$; }; echo second; exec sleep 600"
    run = lab.service(f"command = ['/bin/sh', '-c', '''{script}''']\nready = 'notify'\nnotify-access = 'all'\n"
                      "restart = 'on-failure'\n" + QUICK)
    run.wait_out("^second$")
    settle(run.pid)
    assert lab.services(run)["web"]["health"] == "starting"
    assert "ready after" not in run.stderr[run.stderr.index("restarts in"):]
    run.stop()


def test_a_stop_during_the_delay_ends_at_once(lab):
    run = lab.service('command = ["@BOX@", "exit", "3"]\nrestart = "on-failure"\n' + POLICY + 'delay = "30s"\n')
    run.wait_err(r"restarts in 30s")
    code, took = run.stop()
    assert took < PROMPT
    assert code == 0


def test_jitter_moves_the_delay_both_ways_and_not_far(lab):
    run = lab.service('command = ["@BOX@", "exit", "3"]\nrestart = "on-failure"\n[restart-policy]\n'
                      'delay = "20ms"\nmax-delay = "20ms"\njitter = 0.5\nmax-attempts = 20\n')
    assert run.wait() == 3
    delays = [int(found) for found in re.findall(r"restarts in (\d+)ms", run.stderr)]
    assert len(delays) == 20 and len(set(delays)) > 3
    assert min(delays) >= 10 and max(delays) <= 30


@pytest.mark.unsanitized
def test_a_thousand_restarts_leave_nothing_behind(lab):
    """No descriptor, no memory, no process: PID 1 after the last run is what it was after the first ones."""
    run = lab.service('command = ["@BOX@", "exit", "1"]\nready = "notify"\nrestart = "on-failure"\nwatchdog = "1m"\n'
                      + POLICY + 'delay = "1ms"\nmax-delay = "1ms"\nmax-attempts = 0\n')

    def attempt():
        return int((re.findall(r"\(attempt (\d+)\)", run.stderr[-2000:]) or ["0"])[-1])

    def memory():
        return int(status_field(run.pid, "RssAnon").split()[0])

    wait_until(lambda: attempt() >= 20, 20, "twenty restarts")
    # Some are open for a moment only: of each run, and while it looks for what the last one left.
    before = min(len(descriptors(run.pid)) for _ in range(50)), memory()
    wait_until(lambda: attempt() >= 1000, 35, "a thousand restarts")
    wait_until(lambda: len(descriptors(run.pid)) <= before[0], what="as few descriptors as at the beginning")
    assert memory() <= before[1] + 16
    assert run.stop()[0] in (0, 1)  # a run that was just ending tells its own code
