# SPDX-License-Identifier: MIT
"""Command mode: each option has a variable, because `docker run --init` cannot pass options."""

import re
import signal

import pytest
from harness import PROMPT, fastest, wait_until


def test_pidone_rewrite(lab):
    run = lab.command([lab.box, "siglog"], env={"PIDONE_REWRITE": "TERM:INT"})
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    run.wait_out("sig 2 ")


def test_pidone_rewrite_takes_several(lab):
    run = lab.command([lab.box, "siglog"], env={"PIDONE_REWRITE": "TERM:INT,HUP:"})
    run.wait_out("ready")
    run.send(signal.SIGHUP)
    run.send(signal.SIGTERM)
    run.wait_out("sig 2 ")
    assert "sig 1 " not in run.stdout


def test_pidone_group(lab):
    run = lab.command([lab.box, "siglog", "-f"], env={"PIDONE_GROUP": "1"})
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGUSR1)
    wait_until(lambda: run.stdout.count("sig 10 ") == 2)


@pytest.mark.parametrize("value,code", [("3", 0), ("3:9", 9), ("1,3:8", 8)])
def test_pidone_remap_exit(lab, value, code):
    assert lab.command([lab.box, "exit", 3], env={"PIDONE_REMAP_EXIT": value}).wait() == code


def test_pidone_stop_timeout(lab):
    run = lab.command([lab.box, "stubborn", 15], env={"PIDONE_STOP_TIMEOUT": "200ms"})
    run.wait_out("ready")
    assert run.stop()[0] == 137


def test_pidone_kill_grace(lab):
    def end():
        run = lab.command([lab.box, "family", "double", "stubborn", 3], env={"PIDONE_KILL_GRACE": "200ms"})
        assert run.wait() == 3
        return run.took

    assert fastest(end, 1.5) < 1.5


def test_pidone_warn_on_reap(lab):
    run = lab.command([lab.box, "orphans", 1], env={"PIDONE_WARN_ON_REAP": "1"})
    assert run.wait() == 0
    assert re.search(r"reaped", run.stderr)


def test_pidone_verbose(lab):
    run = lab.command(["true"], env={"PIDONE_VERBOSE": "1"})
    assert run.wait() == 0 and run.stderr != ""


def test_pidone_quiet(lab):
    run = lab.command([lab.box, "family", "double", "stubborn", 0],
                      env={"PIDONE_QUIET": "1", "PIDONE_KILL_GRACE": "100ms"})
    assert run.wait() == 0 and run.stderr == ""


def test_pidone_subreaper(lab, mode):
    run = lab.command([lab.box, "orphans", 3], env={"PIDONE_SUBREAPER": "1"}, mode=mode)
    assert run.wait() == 0 and run.stderr == ""


def test_pidone_parent_death_signal(lab):
    run = lab.start([lab.box, "hold", lab.pidone, "--", lab.box, "siglog"], mode="plain",
                    env={"PIDONE_PARENT_DEATH_SIGNAL": "USR1"})
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    run.wait_out("sig 10 ")


def test_an_option_beats_its_variable(lab):
    run = lab.command([lab.box, "family", "double", "stubborn", 3], "--kill-grace", "200ms",
                      env={"PIDONE_KILL_GRACE": "8s"})
    assert run.wait() == 3
    assert run.took < PROMPT


@pytest.mark.parametrize("name", ["PIDONE_GROUP", "PIDONE_WARN_ON_REAP", "PIDONE_VERBOSE"])
def test_zero_switches_a_flag_off(lab, name):
    run = lab.command([lab.box, "orphans", 1], env={name: "0"})
    assert run.wait() == 0 and run.stderr == ""


@pytest.mark.parametrize("name,value", [("PIDONE_STOP_TIMEOUT", "banana"), ("PIDONE_KILL_GRACE", "3"),
                                        ("PIDONE_REWRITE", "TERM:NOPE"), ("PIDONE_REMAP_EXIT", "999"),
                                        ("PIDONE_PARENT_DEATH_SIGNAL", "NOPE"), ("PIDONE_GROUP", "maybe")])
def test_a_bad_variable_is_a_usage_error_that_names_it(lab, name, value):
    run = lab.command(["true"], env={name: value})
    assert run.wait() == 64
    assert name in run.stderr and f"'{value}'" in run.stderr
