# SPDX-License-Identifier: MIT
"""The watchdog of sd_notify: who feeds it, what a missed meal costs, and what else is extended or refused."""

import os
import re
import signal
import time

from harness import PROMPT, settle, switches, wait_until

FED = ("command = ['/bin/sh', '-c', '''{script}''']\nnotify-access = \"all\"\nwatchdog = \"1s\"\n")
FEED = "i=0; while [ $i -lt 30 ]; do @BOX@ notify main WATCHDOG=1 >/dev/null; sleep 0.05; i=$((i+1)); done; echo fed; "
AGAIN = 'restart = "on-failure"\n[restart-policy]\ndelay = "10ms"\njitter = 0\n'


def service(lab, script, more="", **kw):
    return lab.service(FED.replace("{script}", script) + more, **kw)


def test_a_service_that_is_fed_lives_and_one_that_is_not_gets_abrt(lab):
    run = service(lab, FEED + "exec sleep 600")
    run.wait_out("^fed$")
    assert "watchdog" not in run.stderr
    assert run.wait() == 70
    assert re.search(r"^pidone: web: error: no WATCHDOG=1 for 1s \(watchdog\); ending it with SIGABRT$", run.stderr, re.M)
    assert run.stderr.splitlines()[-1] == "pidone: container exits with 70, because web: missed its watchdog"
    assert re.search(r"^pidone: web: killed by SIGABRT.* after \S+$", run.stderr, re.M)


def test_it_is_restarted_as_after_any_failure(lab):
    run = service(lab, "echo run; exec sleep 600", AGAIN)
    run.wait_err(r"ending it with SIGABRT; restarts in 10ms \(attempt 1 of 5\)$")
    wait_until(lambda: run.stdout.count("run\n") >= 2, what="the second run")
    run.stop()


def test_trigger_is_a_failure_at_once(lab):
    run = lab.service('command = ["@BOX@", "notify", "main", "WATCHDOG=trigger", "stay"]\nwatchdog = "1m"\n')
    assert run.wait() == 70
    assert "pidone: web: error: says that it hangs (WATCHDOG=trigger); ending it with SIGABRT\n" in run.stderr
    assert run.took < PROMPT


def test_a_service_sets_its_watchdog_itself(lab):
    run = lab.service('command = ["@BOX@", "notify", "main", "WATCHDOG_USEC=300000", "stay"]\nwatchdog = "1h"\n')
    assert run.wait() == 70
    assert "pidone: web: error: no WATCHDOG=1 for 300ms (watchdog); ending it with SIGABRT\n" in run.stderr


def test_abrt_that_is_ignored_is_followed_by_kill(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "6"]\nwatchdog = "100ms"\nstop-timeout = "200ms"\n')
    assert run.wait() == 70
    assert run.took < PROMPT


def test_a_pause_of_the_container_is_no_silence(lab):
    """docker pause freezes all of it for longer than the watchdog waits; so does a suspended machine."""
    run = service(lab, "until test -e @TMP@/end; do @BOX@ notify main WATCHDOG=1; sleep 0.05; done; echo fed; exec sleep 600")
    wait_until(lambda: run.children(), what="the service")
    frozen = [run.pid, *run.tree()]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.2)  # the pause itself
    for pid in reversed(frozen):
        os.kill(pid, signal.SIGCONT)
    (lab.tmp / "end").touch()
    run.wait_out("^fed$")
    assert "watchdog" not in run.stderr
    run.wait_err("no WATCHDOG=1 for ")
    assert run.wait() == 70


def test_it_counts_from_readiness_on(lab):
    run = service(lab, "echo up; until test -e @TMP@/go; do sleep 0.02; done; @BOX@ notify main READY=1; exec sleep 600",
                  'ready = "notify"\n')
    run.wait_out("^up$")
    settle(run.pid, quiet=1.5)
    assert "WATCHDOG" not in run.stderr
    (lab.tmp / "go").touch()
    run.wait_err("no WATCHDOG=1 for 1s")


def test_only_who_may_notify_feeds_it(lab):
    run = lab.service('command = ["/bin/sh", "-c", "i=0; while [ $i -lt 20 ]; do @BOX@ notify main WATCHDOG=1; '
                      'sleep 0.05; i=$((i+1)); done"]\nwatchdog = "300ms"\n')
    run.wait_err(r"refused a notification of process \d+: it is not the main process, and only "
                 'notify-access = "all" lets others speak; more are only counted')
    run.wait_err("no WATCHDOG=1 for 300ms")


def test_the_service_finds_what_sd_watchdog_enabled_reads(lab):
    run = service(lab, "echo $WATCHDOG_USEC $((WATCHDOG_PID - $$)) $NOTIFY_SOCKET; exec sleep 600")
    assert re.match(r"1000000 0 @\w+$", run.wait_out(r"^\d+ .*$").group(0))


def test_nobody_else_gets_a_watchdog(lab):
    run = lab.oneshot("echo [$WATCHDOG_USEC$WATCHDOG_PID$NOTIFY_SOCKET]",
                      env={"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "NOTIFY_SOCKET": "@up"})
    assert run.stdout == "[]\n"


def test_ready_over_the_watchdogs_socket_does_not_replace_the_readiness_that_was_asked_for(lab):
    run = service(lab, "@BOX@ notify main READY=1; echo said; exec sleep 600", 'ready = "fd:3"\n')
    run.wait_out("^said$")
    settle(run.pid)
    assert lab.services(run)["web"]["health"] == "starting"
    run.stop()


def test_a_silent_watchdog_wakes_pid_1_only_when_it_is_due(lab):
    run = lab.service('command = ["@BOX@", "sleep", "600"]\nwatchdog = "1m"\n')
    run.wait_out("^ready")
    settle(run.pid)
    before = switches(run.pid)
    settle(run.pid, quiet=1)
    assert switches(run.pid) == before
    assert run.stop()[0] == 0


def test_extend_timeout_lifts_the_stop_timeout_but_not_the_budget(lab):
    script = 'trap "@BOX@ notify main EXTEND_TIMEOUT_USEC=60000000; sleep 1.6; echo stopped; exit 0" TERM; echo up; sleep 600 & wait'
    run = lab.service(f"command = ['/bin/sh', '-c', '''{script}''']\nnotify-access = 'all'\nwatchdog = '1m'\n"
                      "stop-timeout = '1s'\n")
    run.wait_out("^up$")
    code, took = run.stop()
    assert code == 0 and "stopped" in run.stdout and took < PROMPT
    run = lab.service(f"command = ['/bin/sh', '-c', '''{script.replace('1.6', '30')}''']\nnotify-access = 'all'\n"
                      "watchdog = '1m'\nstop-timeout = '1s'\n", settings='shutdown-timeout = "1s"\n')
    run.wait_out("^up$")
    assert run.stop()[1] < PROMPT
