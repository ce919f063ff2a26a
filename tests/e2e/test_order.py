# SPDX-License-Identifier: MIT
"""Service mode: the order of starts and stops, the one budget, and a stop at every moment."""

import os
import re
import signal
import time

import pytest
from harness import read_proc, state_of, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'


def traced(name, extra="", before="", after=""):
    """A service which logs its start and, 100 ms after TERM, its end."""
    script = (f'trap "sleep 0.1; echo -{name}; exit 0" TERM; {before} echo +{name}; {after} '
              'while test -e /proc; do sleep 0.02; done')
    return f"command = ['/bin/sh', '-c', '''{script}''']\n{extra}\n"


NOTIFY = 'ready = "notify"\nnotify-access = "all"'
SAY_READY = "sleep 0.15; @BOX@ notify main READY=1 > /dev/null;"


def chain(names, how="requires"):
    """c requires b requires a: each one says it is ready a moment after its start."""
    made = {}
    for before, name in zip([None, *names], names):
        extra = NOTIFY + (f'\n{how} = ["{before}"]' if before else "")
        made[name] = traced(name, extra, after=SAY_READY)
    return made


@pytest.mark.parametrize("how", ["requires", "after"])
def test_start_in_order_stop_in_reverse(lab, mode, how):
    run = lab.service(dict(reversed(chain(["x", "m", "b"], how).items())), mode=mode)
    run.wait_out(r"^\+b$")
    code, took = run.stop()
    assert code == 0 and took < 4
    assert run.stdout.split() == ["+x", "+m", "+b", "-b", "-m", "-x"], (run.stdout, run.stderr)


def test_independent_services_start_and_stop_together(lab):
    run = lab.service({name: traced(name, NOTIFY, after="sleep 0.4; @BOX@ notify main READY=1 > /dev/null;")
                       for name in "abcdef"})
    wait_until(lambda: run.stdout.count("+") == 6)
    assert time.monotonic() - run.started < 0.4 * 3
    code, took = run.stop()
    assert code == 0 and took < 1.5


def test_a_diamond(lab):
    run = lab.service({"top": traced("top", NOTIFY, after=SAY_READY),
                       "left": traced("left", NOTIFY + '\nrequires = ["top"]', after=SAY_READY),
                       "right": traced("right", NOTIFY + '\nrequires = ["top"]', after=SAY_READY),
                       "base": traced("base", 'requires = ["left", "right"]')})
    run.wait_out(r"^\+base$")
    run.stop()
    order = run.stdout.split()
    assert (order[0], order[3], order[4], order[7]) == ("+top", "+base", "-base", "-top")


def test_what_requires_a_failed_service_is_not_started(lab):
    run = lab.service({"a": 'command = ["@BOX@", "exit", "3"]\nessential = false\nready = "notify"',
                       "b": 'requires = ["a"]\nessential = false\ncommand = ["/bin/echo", "b"]', "c": SLEEPER})
    run.wait_out("ready")
    run.wait_err("pidone: b: ")
    assert run.running() and "b\n" not in run.stdout


def test_what_requires_a_service_that_dies_is_stopped(lab):
    run = lab.service({"a": SLEEPER + "essential = false", "b": traced("b", 'requires = ["a"]\nessential = false'),
                       "c": SLEEPER})
    run.wait_out(r"^\+b$")
    first = run.children()
    victim = min(p for p in first if open(f"/proc/{p}/comm").read() == "box\n")
    names = lab.cli(run, "status").stdout
    victim = next(p for p in first if re.search(rf"^a\s.*\b{open(f'/proc/{p}/status').read().split('NSpid:')[1].split()[1]}\b",
                                                names, re.M))
    os.kill(victim, signal.SIGKILL)
    run.wait_out("^-b$")
    wait_until(lambda: len(run.children()) == 1)
    assert run.running()


def test_many_services(lab):
    services = {f"s{i:03}": SLEEPER + (f'requires = ["s{i - 1:03}"]' if i % 10 else "") for i in range(100)}
    run = lab.service(services)
    wait_until(lambda: run.stdout.count("ready") == 100, 15)
    code, took = run.stop()
    assert code == 0 and took < 4


def test_the_budget_is_one_for_all(lab):
    services = {"a": 'command = ["@BOX@", "stubborn", "15"]', "b": 'requires = ["a"]\ncommand = ["@BOX@", "stubborn", "15"]',
                "c": 'requires = ["b"]\ncommand = ["@BOX@", "stubborn", "15"]'}
    run = lab.service(services, 'shutdown-timeout = "1s"')
    wait_until(lambda: run.stdout.count("ready") == 3)
    _, took = run.stop()
    assert 0.8 < took < 2
    assert re.search(r"pidone: .*1s", run.stderr)
    for name in services:
        assert re.search(rf"^pidone: .*{name}.*(SIGKILL|kill)", run.stderr, re.M)


def test_the_budget_from_the_environment(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]', env={"PIDONE_SHUTDOWN_TIMEOUT": "400ms"})
    run.wait_out("ready")
    assert 0.3 < run.stop()[1] < 1.5


def test_a_stop_timeout_longer_than_the_budget_is_cut(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "60s"', 'shutdown-timeout = "500ms"')
    run.wait_out("ready")
    assert run.stop()[1] < 1.6


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_second_stop_means_now(lab, mode, second):
    run = lab.service({"a": 'command = ["@BOX@", "stubborn", "15", "2", "3"]',
                       "b": 'requires = ["a"]\ncommand = ["@BOX@", "stubborn", "15", "2", "3"]'}, mode=mode)
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGTERM)
    run.wait_err("pidone: .*stop")
    _, took = run.stop(second)
    assert took < 1.5


@pytest.mark.parametrize("kind", ["child", "double", "group", "setsid"])
def test_what_a_service_left_behind_is_killed_within_its_timeout(lab, mode, kind):
    run = lab.service(f'command = ["@BOX@", "family", "{kind}", "stubborn"]\nstop-timeout = "400ms"', mode=mode)
    run.wait_out("ready")
    descendant = run.wait_out(r"descendant (\d+)").group(1)
    _, took = run.stop()
    assert 0.3 < took < 2.5
    assert re.search(rf"\b{descendant}\b", run.stderr), run.stderr


@pytest.mark.parametrize("kind", ["child", "double", "group", "setsid"])
def test_what_a_service_left_behind_may_end_in_its_own_time(lab, mode, kind):
    note = lab.tmp / "note"
    run = lab.service(f'command = ["@BOX@", "family", "{kind}", "note"]', env={"BOX_NOTE": str(note)}, mode=mode)
    run.wait_out("ready")
    run.wait_out("descendant")
    code, took = run.stop()
    assert code == 0 and took < 2
    assert note.read_text() == "term\n"


def test_a_zombie_with_a_living_parent_does_not_hold_the_stop(lab):
    run = lab.service('command = ["@BOX@", "family", "zombie", "none"]')
    run.wait_out("ready")
    wait_until(lambda: [p for p in run.tree() if state_of(p) == "Z"])
    code, took = run.stop()
    assert code == 0 and took < 1


def test_a_dependency_is_stopped_only_when_the_whole_group_is_gone(lab):
    """The main process of 'b' dies at once, its daemon 200 ms later: 'a' must hear TERM after that."""
    run = lab.service({"a": traced("a"),
                       "b": 'requires = ["a"]\ncommand = ["@BOX@", "family", "setsid", "note"]'},
                      env={"BOX_NOTE": str(lab.tmp / "note")})
    run.wait_out("descendant")
    run.wait_out(r"^\+a$")
    begin = time.monotonic()
    assert run.stop()[0] == 0
    assert time.monotonic() - begin >= 0.3
    assert (lab.tmp / "note").exists() and "-a" in run.stdout


def test_stragglers_of_nobody_are_drained_and_named(lab):
    run = lab.service(SLEEPER, 'shutdown-timeout = "800ms"')
    run.wait_out("ready")
    lab.start_inside(run, ["/bin/sh", "-c", f"{lab.box} stubborn 15 &"])
    straggler = wait_until(lambda: [p for p in all_pids(run) if "box\0stubborn" in read_proc(p, "cmdline")])
    inner = open(f"/proc/{straggler[0]}/status").read().split("NSpid:")[1].split()[1]
    _, took = run.stop()
    assert took < 2
    line = re.search(rf"^pidone: .*\b{inner}\b.*$", run.stderr, re.M).group(0)
    assert "box" in line and re.search(r"\d+(ms|s|m|h)\b", line)


def all_pids(run):
    """Every process of the run's PID namespace, as seen from outside."""
    own = os.readlink(f"/proc/{run.pid}/ns/pid")
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{entry}/ns/pid") == own:
                found.append(int(entry))
        except OSError:
            continue
    return found


PHASES = {
    "wait-for": SLEEPER + 'wait-for = ["tcp://127.0.0.1:9"]',
    "setup": SLEEPER + '[[setup]]\nname = "long"\ncommand = ["/bin/sh", "-c", "echo here; sleep 600"]',
    "setup stubborn": SLEEPER + '[[setup]]\nname = "long"\ncommand = ["@BOX@", "siglog", "15"]',
    "staging": SLEEPER + '[[setup]]\nname = "long"\ncreates = "@TMP@/made"\n'
                         'command = ["/bin/sh", "-c", "echo here $0; sleep 600", "${STAGING}"]',
    "before ready": SLEEPER + 'ready = "notify"',
    "ready probe": SLEEPER + 'ready = "tcp://127.0.0.1:9"',
    "ready command": SLEEPER + 'ready = { exec = ["/bin/sleep", "600"] }',
    "before-stop": SLEEPER + 'before-stop = { delay = "30s" }',
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_during_each_phase_of_the_start(lab, mode, phase):
    run = lab.service({"a": PHASES[phase], "b": 'requires = ["a"]\ncommand = ["/bin/echo", "b"]\nessential = false'},
                      'shutdown-timeout = "3s"', mode=mode)
    if phase in ("wait-for",):
        wait_until(lambda: run.children())
    else:
        run.wait_out("ready|here")
    code, took = run.stop()
    if phase == "before-stop":
        assert 0.5 < took < 4.5  # the hook has its part of the budget
    else:
        assert took < 1.5
        assert code == 0
    assert (lab.tmp / "made").exists() is False


def test_a_stop_at_any_instant_of_the_start(lab, mode):
    text = ('command = ["@BOX@", "sleep", "600"]\ndirectories = [{ path = "@TMP@/d" }]\n'
            '[[setup]]\nname = "one"\ncommand = ["/bin/true"]\n[[setup]]\nname = "two"\ncommand = ["/bin/true"]\n')
    conf = lab.config({"a": text, "b": 'requires = ["a"]\n' + text})
    for attempt in range(60):
        run = lab.start([lab.pidone, "run", "-c", conf], mode=mode, ns=["--block", 15])
        pause = time.monotonic() + attempt * 0.0005
        while time.monotonic() < pause:
            continue
        code, took = run.stop()
        assert (code, took < 1.5) == (0, True), (attempt, took, run.stderr)
        run.close()


def test_stop_with_nothing_left_is_immediate(lab):
    run = lab.service({name: SLEEPER for name in "abc"})
    wait_until(lambda: run.stdout.count("ready") == 3)
    code, took = run.stop()
    assert code == 0 and took < 0.6


def test_cycles_are_reported_as_a_path(lab):
    run = lab.service({"web": SLEEPER + 'requires = ["php"]', "php": SLEEPER + 'after = ["db"]',
                       "db": SLEEPER + 'requires = ["web"]', "other": SLEEPER})
    assert run.wait() == 78
    assert "ready" not in run.stdout
    names = re.findall(r"[a-z]+", re.search(r"cycle: ([^;\n]*)", run.stderr).group(1))
    assert names[0] == names[-1] and sorted(set(names)) == ["db", "php", "web"]
