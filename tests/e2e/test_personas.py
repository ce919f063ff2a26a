# SPDX-License-Identifier: MIT
"""A symlink named as another init behaves as that program. With E2E_PEERS=1 the real ones are tested instead."""

import os
import re
import shutil
import signal

import pytest
from harness import fastest, status_field, wait_until

TINI = ("tini", "docker-init")
CATATONIT = ("catatonit", "podman-init")


@pytest.fixture
def persona(lab):
    def start(name, *args, **kw):
        program = lab.links / name
        if os.environ.get("E2E_PEERS"):
            program = shutil.which({"podman-init": "catatonit"}.get(name, name))
        return lab.start([program, *args], **kw)
    return start


@pytest.mark.parametrize("name", TINI + CATATONIT)
def test_exit_code_and_forwarding(lab, persona, name):
    assert persona(name, "--", lab.box, "exit", 9).wait() == 9
    run = persona(name, "--", lab.box, "siglog", 15)
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    assert run.wait() == 0


@pytest.mark.parametrize("name", TINI)
def test_tini_options(lab, persona, name):
    assert persona(name, "-s", "-g", "-v", "-w", "--", lab.box, "exit", 4).wait() == 4
    assert persona(name, "-e", "5", "-e", "6", "--", lab.box, "exit", 6).wait() == 0
    assert persona(name, "-e", "143", "--", lab.box, "die", 15).wait() == 0
    assert persona(name, "-p", "SIGTERM", "--", lab.box, "exit", 3).wait() == 3
    assert persona(name, lab.box, "exit", 8).wait() == 8
    assert persona(name, "-vvv", "--", lab.box, "exit", 2).wait() == 2


@pytest.mark.parametrize("name", TINI)
def test_tini_version_and_help(persona, name):
    version = persona(name, "--version")
    assert version.wait() == 0 and re.match(r"tini version \d+\.\d+", version.stdout)
    usage = persona(name, "-h")
    assert usage.wait() == 0 and "OPTIONS" in usage.stdout + usage.stderr
    licence = persona(name, "-l")
    assert licence.wait() == 0 and licence.stdout + licence.stderr != ""


@pytest.mark.parametrize("name", TINI)
def test_tini_errors(lab, persona, name):
    assert persona(name).wait() == 1
    assert persona(name, "-e", "256", "--", "true").wait() == 1
    assert persona(name, "-p", "NOPE", "--", "true").wait() == 1
    assert persona(name, "--", "/nonexistent").wait() == 127
    assert persona(name, "--", lab.tmp).wait() == 126


@pytest.mark.parametrize("variables", [{"TINI_KILL_PROCESS_GROUP": "1"}, {"TINI_KILL_PROCESS_GROUP": ""}, {}])
def test_tini_group_variable(lab, persona, variables):
    run = persona("tini", "--", lab.box, "siglog", "-f", env=variables)
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGUSR1)
    run.send(signal.SIGUSR2)
    wait_until(lambda: run.stdout.count("sig 12 ") == (2 if variables else 1))


def test_tini_subreaper_and_verbosity_variables(lab, persona):
    run = persona("tini", "--", lab.box, "orphans", 3, env={"TINI_SUBREAPER": "", "TINI_VERBOSITY": "0"}, mode="plain")
    assert run.wait() == 0 and run.stderr == ""


@pytest.mark.parametrize("name,args", [("tini", ["--"]), ("catatonit", ["--"]), ("dumb-init", [])])
def test_leftovers_get_no_grace(lab, persona, name, args):
    def end():
        run = persona(name, *args, lab.box, "family", "double", "stubborn", 3)
        assert run.wait() == 3
        return run.took

    assert fastest(end, 1.5) < 1.5


def test_dumb_init_needs_no_dashes(lab, persona):
    assert persona("dumb-init", lab.box, "exit", 9).wait() == 9
    assert persona("dumb-init", "--", lab.box, "exit", 9).wait() == 9
    assert persona("dumb-init", "-v", "-c", lab.box, "exit", 9).wait() == 9
    assert persona("dumb-init", "--verbose", "--single-child", lab.box, "exit", 9).wait() == 9


def test_dumb_init_program_options_are_the_programs(persona):
    run = persona("dumb-init", "/bin/sh", "-c", "exit 8")
    assert run.wait() == 8


@pytest.mark.parametrize("option,copies", [([], 2), (["-c"], 1), (["--single-child"], 1)])
def test_dumb_init_signals_the_group(lab, persona, option, copies):
    run = persona("dumb-init", *option, lab.box, "siglog", "-f")
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGUSR1)
    run.send(signal.SIGUSR2)
    wait_until(lambda: run.stdout.count("sig 12 ") == copies)


@pytest.mark.parametrize("variables,leader", [({}, True), ({"DUMB_INIT_SETSID": "1"}, True),
                                              ({"DUMB_INIT_SETSID": "0"}, False)])
def test_dumb_init_session(lab, persona, variables, leader):
    run = persona("dumb-init", lab.box, "state", env=variables)
    assert run.wait() == 0
    pid, sid = re.search(r"pid=(\d+) .*sid=(\d+)", run.stdout).groups()
    assert (pid == sid) is leader


@pytest.mark.parametrize("rule,sent,seen", [("15:2", 15, 2), ("2:3", 2, 3), ("1:0", 1, None)])
def test_dumb_init_rewrite(lab, persona, rule, sent, seen):
    for option in (["-r", rule], ["--rewrite", rule]):
        run = persona("dumb-init", *option, lab.box, "siglog")
        run.wait_out("ready")
        run.send(sent)
        run.send(signal.SIGUSR2)
        run.wait_out("sig 12 ")
        assert (f"sig {seen} " in run.stdout) is (seen is not None)
        assert f"sig {sent} " not in run.stdout


def test_dumb_init_version_help_and_errors(persona):
    version = persona("dumb-init", "-V")
    assert version.wait() == 0 and re.match(r"dumb-init v\d", version.stderr)
    usage = persona("dumb-init", "-h")
    assert usage.wait() == 0 and "-r, --rewrite" in usage.stderr + usage.stdout
    assert persona("dumb-init").wait() == 1
    assert persona("dumb-init", "-r", "99:1", "true").wait() == 1
    assert persona("dumb-init", "--nope", "true").wait() == 1
    assert persona("dumb-init", "/nonexistent").wait() == 2


@pytest.mark.parametrize("name", CATATONIT)
def test_catatonit_options(lab, persona, name):
    assert persona(name, "-g", "--", lab.box, "exit", 4).wait() == 4
    assert persona(name, lab.box, "exit", 4).wait() == 4
    for option in ("-V", "--version"):
        version = persona(name, option)
        assert version.wait() == 0 and re.match(r"tini version .*_catatonit", version.stdout)
    for option in ("-h", "-L"):
        done = persona(name, option)
        assert done.wait() == 0 and done.stdout + done.stderr != ""
    assert persona(name, "--", "/nonexistent").wait() == 1
    assert persona(name).wait() == 1


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_catatonit_pause(persona, sig):
    run = persona("catatonit", "-P")
    wait_until(lambda: int(status_field(run.pid, "SigBlk"), 16))
    run.send(signal.SIGUSR1)
    run.send(sig)
    assert run.wait() == 0


def test_catatonit_passes_descriptors_and_listen_pid(lab, persona):
    read_end, write_end = os.pipe()
    run = persona("catatonit", "--", lab.box, "state", env={"LISTEN_PID": "1", "LISTEN_FDS": "1"},
                  pass_fds=[read_end])
    assert run.wait() == 0
    pid, listen = re.search(r"pid=(\d+) .*listen_pid=(\d+)", run.stdout).groups()
    assert pid == listen
    os.close(read_end)
    os.close(write_end)


def test_a_path_in_argv0_does_not_matter(lab):
    assert lab.start([lab.pidone, "--", lab.box, "exit", 3], ns=["--argv0", "/sbin/tini"]).wait() == 3
    assert lab.start([lab.pidone, lab.box, "exit", 3], ns=["--argv0", "/usr/bin/dumb-init"]).wait() == 3


@pytest.mark.skipif(bool(os.environ.get("E2E_PEERS")), reason="about pidone's own words")
@pytest.mark.parametrize("name,advice", [("dumb-init", "set PIDONE_SUBREAPER=1"), ("tini", "use -s")])
def test_advice_names_what_the_persona_has(lab, persona, name, advice):
    run = persona(name, "-v", lab.box, "exit", 0, mode="plain")
    assert run.wait() == 0
    assert f"so zombies are not reaped; {advice}\n" in run.stderr
