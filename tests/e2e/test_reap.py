# SPDX-License-Identifier: MIT
"""Command mode: orphans are reaped, leftovers get a grace, stragglers are named, and idle means idle."""

import os
import re
import signal
import time

import pytest
from harness import MODES, PROMPT, descriptors, fastest, settle, state_of, status_field, switches, wait_until


def rss(pid):
    return int(status_field(pid, "VmRSS").split()[0])


def test_ten_thousand_orphans_are_reaped_and_nothing_grows(lab, mode):
    run = lab.command(["/bin/sh", "-c", f"{lab.box} orphans 100; read line; {lab.box} orphans 10000 stay"], mode=mode,
                      stdin=(pipe := os.pipe())[0])
    run.wait_out("done")
    settle(run.pid)
    before = len(descriptors(run.pid)), rss(run.pid)
    os.write(pipe[1], b"\n")
    wait_until(lambda: run.stdout.count("done") == 2, 60, "the last orphan")
    wait_until(lambda: not [p for p in run.tree() if state_of(p) == "Z"], 5, "an end of the zombies")
    settle(run.pid)
    assert len(descriptors(run.pid)) == before[0]
    assert rss(run.pid) <= before[1] + 8
    assert len(run.children()) == 1
    for fd in pipe:
        os.close(fd)


def test_a_storm_of_orphans_does_not_hide_the_end_of_the_program(lab, mode):
    for code in range(20):
        run = lab.command(["/bin/sh", "-c", f"{lab.box} orphans 30 & {lab.box} orphans 30; exit {code}"], mode=mode)
        assert run.wait() == code


def test_a_leftover_that_obeys_ends_the_run_at_once(lab, mode):
    note = lab.tmp / "note"
    run = lab.command([lab.box, "family", "double", "note", 3], "--kill-grace", "8s", mode=mode,
                      env={"BOX_NOTE": str(note)})
    assert run.wait() == 3
    assert note.read_text() == "term\n"
    assert run.took < PROMPT


@pytest.mark.parametrize("kind", ["child", "double", "group", "setsid"])
def test_a_leftover_that_ignores_term_is_killed_and_named(lab, mode, kind):
    run = lab.command([lab.box, "family", kind, "stubborn", 3], "--kill-grace", "400ms", mode=mode)
    descendant = run.wait_out(r"descendant (\d+)").group(1)
    assert run.wait() == 3
    assert 0.4 <= run.took < PROMPT
    assert re.search(rf"^pidone: .*\b{descendant}\b.*\bbox\b|^pidone: .*\bbox\b.*\b{descendant}\b", run.stderr, re.M)


def test_the_default_grace_is_two_seconds(lab):
    run = lab.command([lab.box, "family", "double", "stubborn", 3])
    assert run.wait() == 3
    assert 2.0 <= run.took < PROMPT


def test_no_grace_ends_at_once(lab, mode):
    def end():
        run = lab.command([lab.box, "family", "double", "stubborn", 3], "--kill-grace", "0s", mode=mode)
        assert run.wait() == 3
        return run.took

    assert fastest(end, 1.5) < 1.5


def test_a_stopped_leftover_is_woken_for_its_end(lab, mode):
    note = lab.tmp / "note"
    run = lab.command([lab.box, "family", "double", "note"], "--kill-grace", "8s", mode=mode,
                      env={"BOX_NOTE": str(note)})
    run.wait_out("ready")
    main = run.children()[0]
    leftover = wait_until(lambda: [p for p, comm in run.tree().items() if comm == "box" and p != main])[0]
    os.kill(leftover, signal.SIGSTOP)
    wait_until(lambda: state_of(leftover) == "T")
    os.kill(main, signal.SIGKILL)
    assert run.wait(6) == 137
    assert note.read_text() == "term\n"


def test_a_zombie_with_a_living_parent_does_not_hold_the_end(lab, mode):
    run = lab.command([lab.box, "family", "zombie", "none", 3], "--kill-grace", "8s", mode=mode)
    assert run.wait() == 3
    assert run.took < PROMPT


@pytest.mark.parametrize("option", ["-w", "--warn-on-reap"])
def test_warn_on_reap_names_the_orphan(lab, mode, option):
    run = lab.command([lab.box, "orphans", 1], option, mode=mode)
    assert run.wait() == 0
    assert re.search(r"^pidone: .*reaped.*\d+", run.stderr, re.M)


def test_pidone_is_reaper_as_an_ordinary_process_too(lab):
    run = lab.command([lab.box, "orphans", 5, "stay"], mode="plain")
    run.wait_out("done")
    wait_until(lambda: len(run.tree()) == 2, what="the reaping")
    assert run.children(run.init) == [run.pid]


def test_subreaper_option_is_silent(lab, mode):
    for option in ("-s", "--subreaper"):
        run = lab.command(["true"], option, mode=mode)
        assert run.wait() == 0 and run.stderr == ""


def test_idle_means_no_context_switch_for_five_seconds(lab):
    service = 'command = ["@BOX@", "notify", "main", "READY=1", "stay"]\nready = "notify"\n'
    runs = {f"command {mode}": lab.command([lab.box, "sleep", 600], mode=mode) for mode in MODES}
    for mode in MODES:
        runs[f"service {mode}"] = lab.service({"a": service, "b": service}, mode=mode)
    for run in runs.values():
        run.wait_out("ready|sent")
        settle(run.pid)
    lab.start_inside(runs["service pid1"], [lab.pidone, "healthcheck", "--wait", "1s"]).wait()
    pid = runs["service pid1"].pid
    settle(pid)
    alone = len(descriptors(pid))
    lab.start_inside(runs["service pid1"], [lab.pidone, "healthcheck", "--wait", "60s"])
    wait_until(lambda: len(descriptors(pid)) == alone + 1, what="the client's descriptor in PID 1")
    settle(pid)
    before = {name: switches(run.pid) for name, run in runs.items()}
    time.sleep(5)  # the measurement itself
    assert {name: switches(run.pid) - before[name] for name, run in runs.items()} == dict.fromkeys(runs, 0)
    assert all(run.running() for run in runs.values())
