# SPDX-License-Identifier: MIT
"""Health probes: what they decide, what they say, and what becomes of a probe that hangs."""

import os
import re
import signal
import time

import pytest
from harness import PROMPT, read_proc, settle, switches, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
FILE = '[health]\nprobe = { exec = ["/usr/bin/test", "-e", "@TMP@/well"] }\ninterval = "20ms"\nretries = 3\n'


def health(lab, run, *more):
    return lab.cli(run, "healthcheck", *more).returncode


def test_a_service_without_ready_is_starting_until_its_first_success(lab):
    (lab.tmp / "well").touch()
    run = lab.service(SLEEPER + FILE.replace("20ms", "30s"))
    # Until the socket is there nobody can ask.
    wait_until(lambda: health(lab, run, "--wait", "5s") == 0, what="the first success")
    (lab.tmp / "well").unlink()
    run2 = lab.service(SLEEPER + FILE.replace("retries = 3", "retries = 100"))
    run2.wait_out("^ready")
    assert lab.services(run2)["web"]["health"] == "starting"


def test_failures_in_a_row_make_it_unhealthy_and_one_success_heals(lab):
    (lab.tmp / "well").touch()
    run = lab.service(SLEEPER + FILE)
    wait_until(lambda: health(lab, run) == 0, what="the first success")
    (lab.tmp / "well").unlink()
    run.wait_err("^pidone: web: error: unhealthy after 3 failed probes$")
    assert health(lab, run) == 1
    (lab.tmp / "well").touch()
    run.wait_err(r"^pidone: web: healthy again after \S+$")
    assert health(lab, run) == 0
    assert run.stop()[0] == 0


def test_the_failure_that_counts_is_said_once_with_its_reason(lab):
    run = lab.service(SLEEPER + FILE)
    run.wait_err("unhealthy after 3 failed probes")
    before = switches(run.pid)
    wait_until(lambda: switches(run.pid) > before + 20, what="more probes")
    assert re.findall(r"^pidone: web: health probe: (.*)$", run.stderr, re.M) == ["'/usr/bin/test' exited with status 1"]
    run.stop()


REASONS = {
    "tcp": ('probe = "tcp://127.0.0.1:7400"', "tcp://127.0.0.1:7400: connection refused"),
    "unix": ('probe = "unix:///nowhere/s"', "unix:///nowhere/s: no such file or directory"),
    "no program": ('probe = { exec = ["/nowhere"] }', "'health': cannot execute '/nowhere': no such file or directory"),
    "too slow": ('probe = { exec = ["/bin/sleep", "600"] }\ntimeout = "50ms"', "no answer within 50ms"),
}


@pytest.mark.parametrize("case", REASONS)
def test_every_kind_of_failure_has_its_words(lab, case):
    keys, words = REASONS[case]
    run = lab.service(SLEEPER + f'[health]\n{keys}\ninterval = "10ms"\nretries = 2\n', ns=["--net"])
    run.wait_err("unhealthy after 2 failed probes")
    said = [line for line in run.stderr.splitlines() if words in line]
    assert len(said) == 1 and said[0].startswith("pidone: web: ")
    run.stop()


def test_a_probe_that_hangs_is_killed_with_all_it_started(lab):
    run = lab.service(SLEEPER + '[health]\nprobe = { exec = ["/bin/sh", "-c", "echo x >> @TMP@/runs; sleep 601 & sleep 602"] }\n'
                      'interval = "10ms"\ntimeout = "100ms"\nretries = 3\n')
    runs = lab.tmp / "runs"
    most = 0

    def sleepers():
        nonlocal most
        count = sum(1 for pid in run.tree() if "\x0060" in read_proc(pid, "cmdline") and "sleep" in read_proc(pid, "comm"))
        most = max(most, count)
        return runs.exists() and len(runs.read_text()) >= 10

    wait_until(sleepers, what="five probes")
    assert most <= 2
    run.wait_err("unhealthy after 3 failed probes")
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def test_a_probe_runs_as_the_user_and_its_output_goes_nowhere(lab):
    run = lab.service(SLEEPER + 'user = "nobody"\n[health]\ninterval = "20ms"\n'
                      'probe = { exec = ["/bin/sh", "-c", "id -u > @TMP@/uid; echo noise; echo noise >&2"] }\n')
    uid = lab.tmp / "uid"
    wait_until(lambda: uid.exists() and uid.read_text(), what="a probe")
    assert uid.read_text() == "65534\n"
    assert run.stop()[0] == 0
    assert "noise" not in run.stdout + run.stderr


def test_action_restart_restarts_even_without_a_restart_policy(lab):
    (lab.tmp / "well").touch()
    run = lab.service(SLEEPER + FILE + 'action = "restart"\n[restart-policy]\ndelay = "10ms"\njitter = 0\n')
    wait_until(lambda: health(lab, run) == 0, what="the first success")
    (lab.tmp / "well").unlink()
    run.wait_err(r"^pidone: web: error: unhealthy after 3 failed probes; restarts in 10ms \(attempt 1 of 5\)$")
    (lab.tmp / "well").touch()
    wait_until(lambda: run.stdout.count("ready ") >= 2, what="the second run")
    wait_until(lambda: health(lab, run) == 0, what="its health")
    assert run.stop()[0] == 0


def test_action_exit_ends_the_container_and_the_last_line_says_why(lab):
    (lab.tmp / "well").touch()
    run = lab.service({"web": SLEEPER + "essential = false\nunexpected-exit-code = 9\n" + FILE + 'action = "exit"\n',
                       "other": 'command = ["@BOX@", "sleep", "601"]\n'})
    wait_until(lambda: health(lab, run) == 0, what="the first success")
    (lab.tmp / "well").unlink()
    assert run.wait() == 9
    assert run.stderr.splitlines()[-1] == "pidone: container exits with 9, because web: was unhealthy"


def test_failures_within_the_start_period_do_not_count(lab):
    run = lab.service(SLEEPER + FILE + 'start-period = "600ms"\n')
    run.wait_err("unhealthy after 3 failed probes", timeout=5)
    assert lab.services(run)["web"]["since"] >= 0.6
    run.stop()


def test_a_suspended_pid_1_makes_up_for_no_probe(lab):
    """As after a suspend of the machine: the probes that were due meanwhile are not run."""
    run = lab.service(SLEEPER + '[health]\nprobe = { exec = ["/bin/sh", "-c", "echo x >> @TMP@/runs"] }\ninterval = "40ms"\n')
    runs = lab.tmp / "runs"
    wait_until(lambda: runs.exists() and len(runs.read_text()) >= 4, what="two probes")
    os.kill(run.pid, signal.SIGSTOP)
    settle(run.pid, quiet=0.6)
    before = len(runs.read_text()) // 2
    woken = time.monotonic()
    os.kill(run.pid, signal.SIGCONT)
    wait_until(lambda: len(runs.read_text()) // 2 > before, what="another probe")
    more = len(runs.read_text()) // 2 - before
    assert more <= 2 + (time.monotonic() - woken) / 0.04
    assert run.stop()[0] == 0
