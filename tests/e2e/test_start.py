# SPDX-License-Identifier: MIT
"""Command mode: whatever state pidone inherits, it starts, and hands on to the program what is the program's."""

import os
import re
import signal
import tempfile

import pytest
from harness import PROMPT, descriptors, full_pipe, status_field, wait_until


def facts(run):
    line = run.wait_out(r"^pid=.*$").group(0)
    return dict(item.split("=", 1) for item in line.split())


def bits(*signals):
    return sum(1 << (int(n) - 1) for n in signals)


def test_sigchld_inherited_ignored_does_not_hang(lab, mode):
    run = lab.command([lab.box, "exit", 7], mode=mode, ns=["--ignore", 17])
    assert run.wait() == 7


def test_everything_blocked_and_ignored_does_not_hang(lab, mode):
    every = ",".join(str(n) for n in range(1, 65) if n not in (9, 19))
    run = lab.command([lab.box, "exit", 7], mode=mode, ns=["--ignore", every, "--block", every])
    assert run.wait() == 7


def test_the_inherited_mask_is_the_childs(lab, mode):
    run = lab.command([lab.box, "state"], mode=mode, ns=["--block", "10,15,40,64"])
    assert int(facts(run)["blocked"], 16) == bits(10, 15, 40, 64)


def test_an_empty_mask_stays_empty(lab, mode):
    run = lab.command([lab.box, "state"], mode=mode)
    seen = facts(run)
    assert int(seen["blocked"], 16) == 0
    assert int(seen["ignored"], 16) == 0


def test_inherited_ignored_signals_stay_ignored(lab, mode):
    run = lab.command([lab.box, "state"], mode=mode, ns=["--ignore", "1,13,22,32,50"])
    assert int(facts(run)["ignored"], 16) == bits(1, 13, 22, 32, 50)


def test_an_ignored_signal_is_still_forwarded(lab, mode):
    run = lab.command([lab.box, "siglog"], mode=mode, ns=["--ignore", "1,10"])
    run.wait_out("ready")
    run.send(signal.SIGUSR1)
    run.wait_out("sig 10 ")


def test_inherited_descriptors_are_handed_on_and_dropped(lab, mode):
    with tempfile.TemporaryFile() as one, tempfile.TemporaryFile() as two:
        fds = (one.fileno(), two.fileno())
        run = lab.command([lab.box, "siglog"], mode=mode, pass_fds=fds)
        run.wait_out("ready")
        child = run.children()[0]
        names = {os.readlink(f"/proc/self/fd/{fd}") for fd in fds}
        assert names <= set(descriptors(child).values())
        wait_until(lambda: not names & set(descriptors(run.pid).values()), what="closing of the inherited descriptors")


def test_the_program_gets_no_descriptor_of_ours(lab, mode):
    run = lab.command([lab.box, "state"], mode=mode)
    assert facts(run)["fds"] == "0,1,2"


def test_listen_pid_follows_the_program(lab):
    with tempfile.TemporaryFile() as sock:
        run = lab.command([lab.box, "state"], pass_fds=[sock.fileno()], env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
        seen = facts(run)
    assert seen["listen_pid"] == seen["pid"]
    assert seen["fds"].count(",") == 3


def test_listen_pid_of_somebody_else_is_left_alone(lab):
    run = lab.command([lab.box, "state"], env={"LISTEN_FDS": "1", "LISTEN_PID": "4711"})
    assert facts(run)["listen_pid"] == "4711"


@pytest.mark.parametrize("closed", ["0", "1", "2", "0,1,2", "1,2"])
def test_closed_standard_descriptors(lab, mode, closed):
    run = lab.command(["/bin/sh", "-c", f"echo ran > {lab.tmp}/ran; exit 6"], mode=mode, ns=["--close", closed])
    assert run.wait() == 6
    assert (lab.tmp / "ran").read_text() == "ran\n"


def test_closed_standard_error_and_a_failure(lab, mode):
    assert lab.command(["/nonexistent"], mode=mode, ns=["--close", "0,1,2"]).wait() == 127


def test_eight_descriptors_suffice(lab, mode):
    run = lab.command([lab.box, "exit", 5], mode=mode, ns=["--rlimit", "nofile=8"])
    assert run.wait() == 5


def test_the_limit_of_the_program_is_the_inherited_one(lab, mode):
    run = lab.command(["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"], mode=mode, ns=["--rlimit", "nofile=100:200"])
    assert run.wait() == 0
    assert run.stdout.split() == ["100", "200"]


def test_any_uid_without_capabilities(lab, mode):
    run = lab.command([lab.box, "siglog"], mode=mode, ns=["--no-caps", "--uid", 12345, "--gid", 54321])
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    run.wait_out("sig 15 ")
    assert status_field(run.children()[0], "Uid").split() == ["12345"] * 4


def test_environment_and_arguments_are_untouched(lab, mode):
    run = lab.command(["/usr/bin/env"], mode=mode, env={"A": "1\n2", "PIDONE_VERBOSE": "0", "EMPTY": ""})
    assert run.wait() == 0
    assert "A=1\n2\n" in run.stdout and "EMPTY=\n" in run.stdout
    assert "NOTIFY_SOCKET" not in run.stdout


DENIALS = ["pidfd_open:38", "pidfd_open:1", "clone3:38", "clone3:1", "close_range:38", "close_range:1",
           "pidfd_send_signal:38", "pidfd_send_signal:1", "shared:22", "shared:1"]


@pytest.mark.parametrize("rule", DENIALS)
def test_a_filtered_system_call_costs_nothing(lab, mode, rule):
    with tempfile.TemporaryFile() as extra:
        name = os.readlink(f"/proc/self/fd/{extra.fileno()}")
        run = lab.command([lab.box, "siglog"], mode=mode, ns=["--deny", rule], pass_fds=[extra.fileno()])
        run.wait_out("ready")
        assert name in descriptors(run.children()[0]).values()
        wait_until(lambda: name not in descriptors(run.pid).values())
    run.sigqueue(signal.SIGUSR1, 9)
    run.wait_out("sig 10 code -1 value 9")
    os.kill(run.children()[0], signal.SIGKILL)
    assert run.wait() == 137


@pytest.mark.parametrize("hide", [["--no-proc"], ["--ro-root"], ["--ro", "/run"], ["--no-proc", "--ro-root"]],
                         ids=" ".join)
def test_no_proc_and_nothing_writable(lab, mode, hide):
    run = lab.command(["/bin/sh", "-c", f"{lab.box} orphans 20; exit 4"], mode=mode, ns=hide)
    assert run.wait() == 4
    # An orphan that is not gone by then cannot be found without /proc.
    left = "--no-proc" in hide and mode == "plain" and "what is left behind cannot be found" in run.stderr
    assert run.stderr == "" or (left and run.stderr.count("\n") == 1)


@pytest.mark.unsanitized
def test_no_proc_still_forwards_and_kills(lab, mode):
    run = lab.command([lab.box, "stubborn", 15], "--stop-timeout", "200ms", mode=mode, ns=["--no-proc"])
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 137 and took < PROMPT


def test_full_pipe_on_stderr_never_blocks(lab, mode):
    read_end, write_end = full_pipe()
    run = lab.command([lab.box, "orphans", 50], "-v", "-w", mode=mode, stderr=write_end)
    os.close(write_end)
    assert run.wait() == 0
    assert not re.search(rb"[^x]", os.read(read_end, 1 << 20))
    os.close(read_end)


@pytest.mark.unsanitized
@pytest.mark.parametrize("is_service", [False, True])
def test_process_1_writes_few_pages_of_memory(lab, is_service):
    """What it does not use it does not touch: tables for many processes stay the kernel's zeros."""
    run = lab.service('command = ["@BOX@", "sleep", "600"]') if is_service else lab.command([lab.box, "sleep", "600"])
    wait_until(lambda: "box" in run.tree().values(), what="the program")
    assert int(status_field(run.pid, "RssAnon").split()[0]) <= 160  # KiB
