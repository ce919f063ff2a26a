# SPDX-License-Identifier: MIT
"""What the clients that only look tell: why for each kind of hold, graph, analyze, and status in all its forms."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import pytest
from harness import SLOW, fastest, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
SILENT = SLEEPER + 'ready = "notify"\nready-timeout = "60s"\n'
NO_JITTER = "[restart-policy]\njitter = 0\n"
AGE = r"for \d\S*"


def why(lab, run, name="web"):
    done = lab.cli(run, "why", name)
    return done.stdout if done.returncode == 0 else done.stderr


def explains(lab, run, pattern, name="web"):
    """Waits until the whole answer is this."""
    wait_until(lambda: re.fullmatch(pattern, why(lab, run, name)), what=f"{pattern!r}, the answer is {why(lab, run, name)!r},")


def in_state(lab, run, state, name="web"):
    wait_until(lambda: lab.services(run)[name]["state"] == state, what=f"state {state}")


def main(comm="box"):
    return rf"  process \d+ {comm}, \S+ old \(main\)\n"


def test_nothing_holds_a_service_that_is_up(lab):
    run = lab.service(SLEEPER)
    explains(lab, run, rf"web: up {AGE}\n" + main())


def test_a_requirement_is_followed_to_the_one_that_holds_everything(lab):
    run = lab.service({"web": SLEEPER + 'requires = ["php"]\n', "php": SLEEPER + 'requires = ["db"]\n', "db": SILENT})
    explains(lab, run, rf"web: waiting {AGE}, waits for php, which it requires\n"
                       rf"  php: waiting {AGE}, waits for db, which it requires\n"
                       rf"    db: starting {AGE}, it has not said that it is ready \(ready-timeout in \S+\)\n")


def test_after(lab):
    run = lab.service({"web": SLEEPER + 'after = ["db"]\n', "db": SILENT})
    explains(lab, run, rf"web: waiting {AGE}, waits for db, after which it comes\n"
                       rf"  db: starting {AGE}, it has not said that it is ready \(ready-timeout in \S+\)\n")


def test_a_restart_that_waits_for_what_requires_it(lab):
    run = lab.service({"web": SLEEPER, "front": 'command = ["@BOX@", "stubborn", "15"]\nrequires = ["web"]\nstop-timeout = "60s"\n'})
    run.wait_out(r"ready \d+\n(.*\n)*ready")
    in_state(lab, run, "up", "front")
    assert lab.cli(run, "restart", "--no-wait", "web").returncode == 0
    explains(lab, run, rf"web: up {AGE}, waits until front, which needs it, is down\n"
                       rf"  front: stopping {AGE}, processes of its own are alive; KILL in \S+\n" + main())


def test_backoff(lab):
    run = lab.service('command = ["@BOX@", "exit", "3"]\nrestart = "on-failure"\n' + NO_JITTER
                      + 'delay = "60s"\nmax-delay = "60s"\nmax-attempts = 4\n')
    explains(lab, run, rf"web: backoff {AGE}, restarts in \S+ \(attempt 1 of 4\)\n"
                       r"  last end: exited with status 3 after \S+\n  restarts in a row: 1 of 4\n")


@pytest.mark.parametrize("schedule", ["every 1h", "0 4 * * *"])
def test_schedule(lab, schedule):
    run = lab.service({"web": f'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]\nschedule = "{schedule}"\n', "other": SLEEPER})
    explains(lab, run, rf"web: scheduled {AGE}, runs in \S+\n")


def test_stopped_by_hand(lab):
    run = lab.service({"web": SLEEPER, "other": SLEEPER})
    in_state(lab, run, "up")
    assert lab.cli(run, "stop", "web").returncode == 0
    explains(lab, run, rf"web: stopped {AGE}, stopped by hand; 'pidone start web' starts it\n"
                       r"  last end: killed by SIGTERM after \S+\n")


def test_not_enabled(lab):
    run = lab.service({"web": SLEEPER + "enabled = false\n", "other": SLEEPER})
    explains(lab, run, rf"web: stopped {AGE}, not enabled \(enabled = false\)\n")


def test_set_up_that_waits_for_an_address(lab):
    run = lab.service(SLEEPER + 'wait-for = ["unix:///nowhere/db.sock"]\n')
    explains(lab, run, rf"web: setup {AGE}, set-up: .*unix:///nowhere/db\.sock.*\n" + main("pidone"))


def test_set_up_at_one_of_its_steps(lab):
    run = lab.service(SLEEPER + '[[setup]]\nname = "migrate"\ncommand = ["@BOX@", "sleep", "600"]\n')
    run.wait_out("ready")
    explains(lab, run, rf"web: setup {AGE}, set-up: .*migrate.*\n" + main(r"\S+") + r"  process \d+ box, \S+ old\n")


def test_before_stop(lab):
    run = lab.service({"web": SLEEPER + 'before-stop = { command = ["@BOX@", "sleep", "600"] }\n', "other": SLEEPER})
    in_state(lab, run, "up")
    assert lab.cli(run, "stop", "--no-wait", "web").returncode == 0
    explains(lab, run, rf"web: before-stop {AGE}, before-stop runs, \S+ more at most\n(  process .*\n)+")


def test_processes_that_hold_a_stop_are_listed(lab):
    run = lab.service({"web": 'command = ["@BOX@", "family", "setsid", "stubborn"]\nstop-timeout = "60s"\n', "other": SLEEPER})
    run.wait_out("descendant")
    in_state(lab, run, "up")
    assert lab.cli(run, "stop", "--no-wait", "web").returncode == 0
    in_state(lab, run, "leaving")
    explains(lab, run, rf"web: leaving {AGE}, processes of its own are alive; KILL in \S+\n"
                       r"  last end: killed by SIGTERM\n  process \d+ box, \S+ old\n")


def test_a_failed_start_is_told_with_its_reason(lab):
    run = lab.service({"web": 'command = ["/bin/sh", "-c", "exit 3"]\nessential = false\n', "other": SLEEPER})
    explains(lab, run, rf"web: failed {AGE}\n  last end: exited with status 3 after \S+\n")


def test_what_the_service_says_of_itself_is_told(lab):
    run = lab.service('command = ["@BOX@", "notify", "main", "READY=1\\nSTATUS=42 workers", "stay"]\nready = "notify"\n')
    explains(lab, run, rf"web: up {AGE}\n  it says: 42 workers\n" + main())


GRAPH = {"web": SLEEPER + 'requires = ["db"]\nafter = ["cache"]\n', "db": SLEEPER, "cache": SLEEPER,
         "job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]\nschedule = "every 1h"\n'}


def test_graph_needs_no_pid_1(lab):
    conf = lab.config(GRAPH)
    done = lab.local("graph", "-c", conf)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "cache\ndb\njob    runs by schedule: every 1h\nweb    requires db; after cache\n"
    done = lab.local("graph", "--format", "dot", "-c", conf)
    assert done.stdout.startswith("digraph services {\n") and done.stdout.endswith("}\n")
    assert '  "web" -> "db";\n  "web" -> "cache" [style=dashed];\n' in done.stdout
    done = lab.local("graph", "--format=mermaid", "-c", conf)
    assert done.stdout.startswith("flowchart LR\n") and "  s3 --> s1\n  s3 -.-> s0\n" in done.stdout


def test_a_graph_of_wrong_files_is_a_configuration_error(lab):
    done = lab.local("graph", "-c", lab.config({"web": SLEEPER + 'requires = ["bd"]\n'}))
    assert done.returncode == 78 and done.stdout == "" and "'bd'" in done.stderr


def test_analyze_tells_the_chain_that_the_start_waited_for(lab):
    run = lab.service({"web": SLEEPER + 'requires = ["php"]\n',
                       "php": 'command = ["@BOX@", "notify", "main", "READY=1", "stay"]\nready = "notify"\nrequires = ["db"]\n',
                       "db": 'type = "oneshot"\ncommand = ["/bin/sleep", "0.2"]\n', "other": SLEEPER})
    in_state(lab, run, "up")
    done = lab.cli(run, "analyze")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["SERVICE", "AT", "SET-UP", "READY"]
    assert {line.split()[0] for line in lines[1:-1]} == {"db", "php", "web", "other"}
    assert re.fullmatch(r"critical chain: db \(([2-9]\d\dms|\d\.\ds)\) > php \(\S+\) > web \(\S+\), \S+ in all", lines[-1])


def test_status_json_has_every_field(lab):
    run = lab.service({"web": SLEEPER, "job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]\nschedule = "every 1h"\n'})
    in_state(lab, run, "up")
    whole = json.loads(lab.cli(run, "status", "--json").stdout)
    assert set(whole) == {"version", "mode", "health", "uptime", "reaped", "forwarded", "services"}
    services = {service["name"]: service for service in whole["services"]}
    web, job = services["web"], services["job"]
    assert set(web) == set(job) == {
        "name", "state", "health", "pid", "since", "ready", "restarts", "attempt", "limit", "last_exit", "failure", "hold", "held_by",
        "deadline", "next_run", "spawned", "executed", "essential", "oneshot", "log_lines", "log_bytes", "log_drops", "memory", "cpu",
        "cpu_percent", "status_text"}
    assert web["memory"] > 0 and web["cpu"] >= 0 and web["essential"] is True and web["oneshot"] is False
    assert web["spawned"] <= web["executed"] and web["hold"] is None and web["last_exit"] is None
    assert job["hold"].startswith("runs in ") and 3500 < job["next_run"] <= 3600 and job["memory"] is None and job["oneshot"] is True


def test_status_counts_what_went_through_the_log_pump(lab):
    run = lab.service({"web": 'command = ["/bin/sh", "-c", "echo one; echo three; exec @BOX@ sleep 600"]\n[log]\nmode = "prefix"\n',
                       "other": SLEEPER})
    wait_until(lambda: lab.services(run)["web"]["log_lines"] == 3)
    web, other = lab.services(run)["web"], lab.services(run)["other"]
    assert web["log_bytes"] == len("one\nthree\n") + len(f"ready {web['pid']}\n") and web["log_drops"] == 0
    assert other["log_lines"] == other["log_bytes"] == 0


def test_status_of_some_services(lab):
    run = lab.service({"web": SLEEPER, "mariadb": SLEEPER})
    in_state(lab, run, "up")
    assert [line.split()[0] for line in lab.cli(run, "status", "mariadb").stdout.splitlines()[1:]] == ["SERVICE", "mariadb"]
    done = lab.cli(run, "status", "maraidb")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pidone: no service 'maraidb' in this container; did you mean 'mariadb'?\n"


class Screen:
    """A client on a terminal of its own."""

    def __init__(self, lab, run, *args, env=None, columns=120):
        self.data = b""
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        words = ["setsid", "--ctty", "--wait", "nsenter", "-t", str(run.pid), "-p", "-m", "-n", "--", lab.pidone, *args]
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env={**lab.base_env, "TERM": "xterm", **(env or {})})
        lab.helpers.append(self.process)

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.data += os.read(self.master, 65536)
        return self.data.decode(errors="replace")

    def last(self):
        """What stands on the screen now."""
        return self.read().rpartition("\x1b[H\x1b[J")[2]

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def screens():
    made = []
    yield made
    for screen in made:
        screen.close()


def on_screen(screens, *args, **kw):
    screens.append(Screen(*args, **kw))
    return screens[-1]


def test_watch_redraws_within_a_second_of_an_event_and_ends_with_ctrl_c(lab, screens):
    run = lab.service({"web": SLEEPER, "other": SLEEPER})
    in_state(lab, run, "up")
    screen = on_screen(screens, lab, run, "status", "--watch")

    def redraw():
        lab.cli(run, "start", "web")
        wait_until(lambda: re.search(r"^web +\x1b\[32mup", screen.last(), re.M))
        assert lab.cli(run, "stop", "web").returncode == 0
        began = time.monotonic()
        wait_until(lambda: re.search(r"^web +\S*stopped", screen.last(), re.M))
        return time.monotonic() - began

    assert fastest(redraw, SLOW) < SLOW
    wait_until(lambda: "%" in screen.last())
    os.write(screen.master, b"\x03")
    assert screen.process.wait(5 * SLOW) in (-signal.SIGINT, 128 + signal.SIGINT)
    assert termios.tcgetattr(screen.slave) == screen.before
    # Nothing was switched that would have to be switched back: no other screen, no hidden cursor.
    assert "\x1b[?" not in screen.read() and screen.read().count("\x1b[32m") <= screen.read().count("\x1b[0m")


def test_watch_into_a_pipe_is_plain_and_goes_on_with_each_change(lab):
    run = lab.service({"web": SLEEPER, "other": SLEEPER})
    in_state(lab, run, "up")
    process = lab.start_inside(run, [lab.pidone, "status", "--watch", "--json"], stdout=subprocess.PIPE, text=True)
    assert json.loads(process.stdout.readline())["services"]
    assert lab.cli(run, "stop", "web").returncode == 0
    seen = ""
    while seen != "stopped":
        seen = {s["name"]: s["state"] for s in json.loads(process.stdout.readline())["services"]}["web"]


def test_colour_is_for_terminals_and_not_for_those_who_do_not_want_it(lab, screens):
    run = lab.service({"web": SLEEPER, "bad": 'command = ["@BOX@", "exit", "1"]\nessential = false\n'})
    in_state(lab, run, "failed", "bad")
    in_state(lab, run, "up")
    assert "\x1b" not in lab.cli(run, "status").stdout
    coloured = on_screen(screens, lab, run, "status")
    assert coloured.process.wait(5 * SLOW) == 0
    assert "\x1b[32mup\x1b[0m" in coloured.read() and "\x1b[31mfailed\x1b[0m" in coloured.read()
    plain = on_screen(screens, lab, run, "status", env={"NO_COLOR": "1"})
    assert plain.process.wait(5 * SLOW) == 0
    assert "\x1b" not in plain.read() and "failed" in plain.read()


def test_a_narrow_terminal_gets_lines_that_fit(lab, screens):
    run = lab.service({"web": SLEEPER, "other": SLEEPER})
    in_state(lab, run, "up")
    screen = on_screen(screens, lab, run, "status", env={"NO_COLOR": "1"}, columns=40)
    assert screen.process.wait(5 * SLOW) == 0
    lines = screen.read().split("\r\n")[1:]
    assert lines[0].startswith("SERVICE") and max(map(len, lines)) <= 40


def test_status_into_a_closed_pipe_ends(lab):
    run = lab.service(SLEEPER)
    in_state(lab, run, "up")
    near, far = socket.socketpair()
    far.close()
    client = lab.start_inside(run, [lab.pidone, "status", "--watch"], stdout=near, stderr=subprocess.DEVNULL)
    near.close()
    assert client.wait(10 * SLOW) != 0


OTHER = {"other": SLEEPER}
GIVES_UP = 'restart = "on-failure"\n' + NO_JITTER + 'delay = "1ms"\nmax-attempts = 1\ngive-up = "stop"\n'
FAULTS = {
    "readiness": (SLEEPER + 'ready = "notify"\nready-timeout = "200ms"\nessential = false\n',
                  r"not ready after 2\d\dms \(ready-timeout\)", "killed by SIGTERM"),
    "health": (SLEEPER + 'ready = { exec = ["/bin/true"] }\nessential = false\n'
               '[health]\nprobe = { exec = ["/bin/false"] }\ninterval = "10ms"\nretries = 2\naction = "restart"\n'
               '[restart-policy]\nmax-attempts = 1\ndelay = "1ms"\ngive-up = "stop"\n',
               r"unhealthy after 2 failed probes", "killed by SIGTERM"),
    "watchdog": (SLEEPER + 'watchdog = "200ms"\nessential = false\n', r"no WATCHDOG=1 for 200ms \(watchdog\)", "killed by SIGABRT"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_pidone_ended_a_run_for_is_told_everywhere(lab, fault):
    text, words, end = FAULTS[fault]
    run = lab.service(OTHER | {"web": text})
    in_state(lab, run, "failed")
    assert re.search(rf"^  last end: {words}; {end}\S*( \(core dumped\))? after \S+$", why(lab, run), re.M)
    assert re.fullmatch(words, lab.services(run)["web"]["failure"])
    assert re.search(rf"^web .*{words}", lab.cli(run, "status").stdout, re.M)
    done = lab.cli(run, "wait", "--for", "ready", "web")
    assert done.returncode == 1 and re.match(rf"pidone: web did not become ready: {words}; {end}", done.stderr)


def test_what_failed_with_a_requirement_names_it_and_its_end(lab):
    run = lab.service(OTHER | {"db": 'command = ["@BOX@", "exit", "3"]\nessential = false\n' + GIVES_UP,
                               "web": SLEEPER + 'requires = ["db"]\nready = { exec = ["/bin/true"] }\nessential = false\n'})
    in_state(lab, run, "failed")
    wait_until(lambda: lab.services(run)["db"]["state"] == "failed", what="giving up")
    assert re.match(rf"web: failed {AGE}, db, which it requires, failed\n"
                    rf"  db: failed {AGE}, gave up after 1 restart; 'pidone start db' starts it\n"
                    r"    last end: exited with status 3 after \S+\n", why(lab, run))
    done = lab.cli(run, "start", "web")
    assert done.returncode == 1 and done.stderr == "pidone: web did not start: db, which it requires, failed\n"
    assert lab.services(run)["web"]["held_by"] == "db"


def test_the_fault_is_told_after_the_restart_until_the_next_end(lab):
    run = lab.service('command = ["/bin/sh", "-c", "test -e @TMP@/second || { touch @TMP@/second; exec @BOX@ sleep 600; };'
                      ' @BOX@ notify main READY=1; exec @BOX@ sleep 600"]\n'
                      'ready = "notify"\nready-timeout = "300ms"\nnotify-access = "all"\nrestart = "on-failure"\n')
    in_state(lab, run, "up")
    assert re.search(r"^  last end: not ready after 3\d\dms \(ready-timeout\); killed by SIGTERM$", why(lab, run), re.M)
    assert lab.cli(run, "signal", "KILL", "web").returncode == 0
    wait_until(lambda: "killed by SIGKILL" in why(lab, run), what="the second end")
    assert "ready-timeout)" not in why(lab, run).split("last end:")[1]
