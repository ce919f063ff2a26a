# SPDX-License-Identifier: MIT
"""Service mode: the order of starts and stops, the one budget, and a stop at every moment."""

import os
import re
import signal
import subprocess
import time

import pytest
from harness import PROMPT, fastest, state_of, status_field, wait_until

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
    assert code == 0 and took < PROMPT
    assert run.stdout.split() == ["+x", "+m", "+b", "-b", "-m", "-x"], (run.stdout, run.stderr)


def test_independent_services_start_and_stop_together(lab):
    def until(file):
        return f"until test -e @TMP@/{file}; do sleep 0.02; done"

    script = (f'trap "echo -NAME; {until("end")}; exit 0" TERM; echo +NAME; {until("go")}; @BOX@ notify main READY=1; '
              "while test -e /proc; do sleep 0.02; done")
    service = f"command = ['/bin/sh', '-c', '''{script}''']\n{NOTIFY}\n"
    run = lab.service({name: service.replace("NAME", name) for name in "abcdef"})
    # None is ready before all have started, and none is down before all are asked to stop.
    wait_until(lambda: run.stdout.count("+") == 6)
    (lab.tmp / "go").touch()
    wait_until(lambda: run.stderr.count("ready after") == 6)
    run.send(signal.SIGTERM)
    wait_until(lambda: re.findall("^-", run.stdout, re.M) == ["-"] * 6)
    (lab.tmp / "end").touch()
    assert run.wait() == 0


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
    inner = str(lab.services(run)["a"]["pid"])
    os.kill(next(pid for pid in run.children() if status_field(pid, "NSpid").split()[-1] == inner), signal.SIGKILL)
    run.wait_out("^-b$")
    wait_until(lambda: len(run.children()) == 1)
    assert run.running()


def test_many_services(lab):
    services = {f"s{i:03}": SLEEPER + (f'requires = ["s{i - 1:03}"]' if i % 10 else "") for i in range(100)}
    run = lab.service(services)
    wait_until(lambda: run.stdout.count("ready") == 100, 15)
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def test_the_budget_is_one_for_all(lab):
    """Six in a row: were it one for each, the last would go after six seconds."""
    services = {name: 'command = ["@BOX@", "stubborn", "15"]\n' + (f'requires = ["{before}"]' if before else "")
                for before, name in zip(["", *"abcde"], "abcdef")}
    run = lab.service(services, 'shutdown-timeout = "1s"')
    wait_until(lambda: run.stdout.count("ready") == 6)
    _, took = run.stop()
    assert 0.8 < took < PROMPT
    assert re.search(r"pidone: .*1s", run.stderr)
    for name in services:
        assert re.search(rf"^pidone: .*{name}.*(SIGKILL|kill)", run.stderr, re.M)


def test_the_budget_from_the_environment(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]', env={"PIDONE_SHUTDOWN_TIMEOUT": "400ms"})
    run.wait_out("ready")
    assert 0.3 < run.stop()[1] < PROMPT


def test_a_stop_timeout_longer_than_the_budget_is_cut(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "60s"', 'shutdown-timeout = "500ms"')
    run.wait_out("ready")
    assert run.stop()[1] < PROMPT


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_second_stop_means_now(lab, mode, second):
    run = lab.service({"a": 'command = ["@BOX@", "stubborn", "15", "2", "3"]',
                       "b": 'requires = ["a"]\ncommand = ["@BOX@", "stubborn", "15", "2", "3"]'}, mode=mode)
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGTERM)
    run.wait_err("pidone: .*stop")
    _, took = run.stop(second)
    assert took < PROMPT


@pytest.mark.parametrize("kind", ["child", "double", "group", "setsid"])
def test_what_a_service_left_behind_is_killed_within_its_timeout(lab, mode, kind):
    run = lab.service(f'command = ["@BOX@", "family", "{kind}", "stubborn"]\nstop-timeout = "400ms"', mode=mode)
    run.wait_out("ready")
    descendant = run.wait_out(r"descendant (\d+)").group(1)
    _, took = run.stop()
    assert 0.3 < took < PROMPT
    assert re.search(rf"\b{descendant}\b", run.stderr), run.stderr


@pytest.mark.parametrize("kind", ["child", "double", "group", "setsid"])
def test_what_a_service_left_behind_may_end_in_its_own_time(lab, mode, kind):
    note = lab.tmp / "note"
    run = lab.service(f'command = ["@BOX@", "family", "{kind}", "note"]', env={"BOX_NOTE": str(note)}, mode=mode)
    run.wait_out("ready")
    run.wait_out("descendant")
    code, took = run.stop()
    assert code == 0 and took < PROMPT
    assert note.read_text() == "term\n"


def test_a_zombie_with_a_living_parent_does_not_hold_the_stop(lab):
    run = lab.service('command = ["@BOX@", "family", "zombie", "none"]')
    run.wait_out("ready")
    wait_until(lambda: [p for p in run.tree() if state_of(p) == "Z"])
    code, took = run.stop()
    assert code == 0 and took < PROMPT


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
    straggler = lab.start_inside(run, ["/bin/sh", "-c", f"{lab.box} stubborn 15 &"], stdout=subprocess.PIPE, text=True)
    inner = straggler.stdout.readline().split()[1]
    _, took = run.stop()
    assert took < PROMPT
    line = re.search(rf"^pidone: .*\b{inner}\b.*$", run.stderr, re.M).group(0)
    assert "box" in line and re.search(r"\d+(ms|s|m|h)\b", line)


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
                      'shutdown-timeout = "3s"' if phase == "before-stop" else "", mode=mode)
    if phase in ("wait-for",):
        wait_until(lambda: run.children())
    else:
        run.wait_out("ready|here")
    code, took = run.stop()
    if phase == "before-stop":
        assert 0.5 < took < 3 + PROMPT  # the hook has its part of the budget
    else:
        assert took < PROMPT
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
        assert (code, took < PROMPT) == (0, True), (attempt, took, run.stderr)
        run.close()


def test_stop_with_nothing_left_is_immediate(lab):
    def stop():
        run = lab.service({name: SLEEPER for name in "abc"})
        wait_until(lambda: run.stdout.count("ready") == 3)
        code, took = run.stop()
        assert code == 0
        return took

    assert fastest(stop, 0.6) < 0.6


def test_cycles_are_reported_as_a_path(lab):
    run = lab.service({"web": SLEEPER + 'requires = ["php"]', "php": SLEEPER + 'after = ["db"]',
                       "db": SLEEPER + 'requires = ["web"]', "other": SLEEPER})
    assert run.wait() == 78
    assert "ready" not in run.stdout
    names = re.findall(r"[a-z]+", re.search(r"cycle: ([^;\n]*)", run.stderr).group(1))
    assert names[0] == names[-1] and sorted(set(names)) == ["db", "php", "web"]
