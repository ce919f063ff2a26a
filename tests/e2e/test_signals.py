# SPDX-License-Identifier: MIT
"""Command mode: what is sent to pidone reaches the program, whole, in order and never lost."""

import os
import re
import signal

import pytest
from harness import PROMPT, SIGNALS, state_of, wait_until

SI_QUEUE = -1


def logged(run):
    return [int(n) for n in re.findall(r"^pid \d+ sig (\d+)", run.stdout, re.M)]


def test_every_catchable_signal_is_forwarded(lab, mode):
    run = lab.command([lab.box, "siglog"], mode=mode)
    run.wait_out("ready")
    for n in SIGNALS:
        run.send(n)
        run.wait_out(rf"sig {n} code")
    assert logged(run) == SIGNALS
    assert run.running()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGUSR1, signal.SIGSEGV, 32, 33, 34, 50, 64])
def test_the_value_of_sigqueue_is_kept(lab, mode, sig):
    run = lab.command([lab.box, "siglog"], mode=mode)
    run.wait_out("ready")
    if sig in (32, 33):
        run.send(sig)  # glibc's sigqueue refuses its own two; the signal itself must still pass
        run.wait_out(rf"sig {sig} code")
        return
    run.sigqueue(sig, 424242)
    assert run.wait_out(rf"sig {int(sig)} code (-?\d+) value (\d+)").groups() == (str(SI_QUEUE), "424242")


def test_by_default_only_the_program_gets_the_signal(lab, mode):
    run = lab.command([lab.box, "siglog", "-f"], mode=mode)
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGUSR1)
    run.send(signal.SIGUSR2)
    run.wait_out("sig 12 ")
    assert len(set(re.findall(r"pid (\d+) sig", run.stdout))) == 1


@pytest.mark.parametrize("option", ["-g", "--group"])
def test_group_gets_the_signal(lab, mode, option):
    run = lab.command([lab.box, "siglog", "-f"], option, mode=mode)
    wait_until(lambda: run.stdout.count("ready") == 2)
    run.send(signal.SIGUSR1)
    wait_until(lambda: run.stdout.count("sig 10 ") == 2)
    assert len(set(re.findall(r"pid (\d+) sig", run.stdout))) == 2


REWRITES = [
    (["-r", "TERM:INT"], 15, 2), (["-r", "15:2"], 15, 2), (["--rewrite", "SIGTERM:SIGQUIT"], 15, 3),
    (["--rewrite=HUP:RTMIN+1"], 1, 35), (["-r", "RTMIN:USR1"], 34, 10), (["-r", "RTMAX:USR1"], 64, 10),
    (["-r", "1:64", "-r", "2:63"], 2, 63), (["-r", "SEGV:USR2"], 11, 12), (["-r", "TERM:INT"], 2, 2),
]


@pytest.mark.parametrize("options,sent,seen", REWRITES, ids=lambda v: "".join(v) if isinstance(v, list) else str(v))
def test_rewrite(lab, options, sent, seen):
    run = lab.command([lab.box, "siglog"], *options)
    run.wait_out("ready")
    run.send(sent)
    run.wait_out(r"sig \d+ ")
    assert logged(run) == [seen]


def test_rewrite_to_nothing_drops(lab, mode):
    run = lab.command([lab.box, "siglog"], "-r", "USR1:", "-r", "HUP:", mode=mode)
    run.wait_out("ready")
    for sig in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR2):
        run.send(sig)
    run.wait_out("sig 12 ")
    assert logged(run) == [12]


def test_rewrite_is_not_applied_twice(lab):
    run = lab.command([lab.box, "siglog"], "-r", "TERM:INT", "-r", "INT:QUIT")
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    run.wait_out(r"sig \d+ ")
    assert logged(run) == [2]


def test_the_value_survives_a_rewrite(lab):
    run = lab.command([lab.box, "siglog"], "-r", "USR1:USR2")
    run.wait_out("ready")
    run.sigqueue(signal.SIGUSR1, 77)
    run.wait_out("sig 12 code -1 value 77")


def test_storm_of_standard_signals_ends_with_the_last(lab, mode):
    run = lab.command([lab.box, "siglog"], mode=mode)
    run.wait_out("ready")
    for _ in range(20_000):
        run.send(signal.SIGUSR1)
    run.send(signal.SIGUSR2)
    run.wait_out("sig 12 ")
    count = len(logged(run))
    assert set(logged(run)) == {10, 12}
    run.send(signal.SIGUSR1)
    wait_until(lambda: len(logged(run)) > count)


def test_storm_of_real_time_signals_arrives_whole_and_in_order(lab, mode):
    run = lab.command([lab.box, "siglog", "-q"], mode=mode)
    run.wait_out("ready")
    for value in range(1000):
        run.sigqueue(40, value)
    run.send(signal.SIGUSR2)
    wait_until(lambda: run.stdout.count("sig 40 ") == 1000, 10)
    values = [int(v) for v in re.findall(r"sig 40 code -1 value (\d+)", run.stdout)]
    assert values == list(range(1000))


def test_sigterm_the_instant_the_child_exists_is_never_lost(lab, mode):
    lost = 0
    for _ in range(300):
        run = lab.command([lab.box, "sleep", 60], mode=mode, ns=["--race", "15"])
        try:
            lost += run.wait(3) != 143
        except AssertionError:
            lost += 1
        run.close()
        assert lost == 0


@pytest.mark.parametrize("sig", [15, 10, 1, 40])
def test_a_signal_blocked_and_pending_at_start_is_delivered(lab, mode, sig):
    run = lab.command([lab.box, "siglog"], mode=mode, ns=["--block", sig, "--pending", sig])
    run.wait_out(rf"sig {sig} code")


def test_a_pending_sigterm_ends_a_program_with_default_dispositions(lab, mode):
    for _ in range(20):
        run = lab.command(["/bin/sh", "-c", f"exec {lab.box} siglog 15"], mode=mode,
                          ns=["--block", 15, "--pending", 15])
        assert run.wait() == 0


def test_kill_refused_by_another_uid_is_only_a_warning(lab, mode):
    helper = lab.tmp / "as-root"
    helper.write_bytes(lab.box.read_bytes())
    helper.chmod(0o4755)
    run = lab.command([helper, "as-root", lab.tmp / "go", 5], mode=mode, ns=["--uid", 65534, "--gid", 65534])
    run.wait_out("ready")
    run.send(signal.SIGUSR1)
    run.wait_err(r"pidone: .*(not permitted|EPERM|permission)")
    run.send(signal.SIGTERM)
    assert run.running()
    (lab.tmp / "go").touch()
    assert run.wait() == 5


def test_stop_timeout_kills_what_ignores_the_stop(lab, mode):
    run = lab.command([lab.box, "stubborn", 15], "--stop-timeout", "300ms", mode=mode)
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 137
    assert 0.25 < took < PROMPT
    assert "SIGKILL" in run.stderr or "kill" in run.stderr


def test_without_stop_timeout_the_program_is_never_killed(lab, mode):
    run = lab.command([lab.box, "siglog"], mode=mode)
    run.wait_out("ready")
    for _ in range(3):
        run.send(signal.SIGTERM)
    run.wait_out("sig 15 ")
    run.send(signal.SIGUSR1)
    run.wait_out("sig 10 ")
    assert run.running()


def test_a_stop_with_timeout_ends_at_once_when_the_program_obeys(lab, mode):
    run = lab.command([lab.box, "sleep", 60], "--stop-timeout", "8s", mode=mode)
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 143 and took < PROMPT


def test_parent_death_signal(lab):
    run = lab.start([lab.box, "hold", lab.pidone, "-p", "USR1", "--", lab.box, "siglog"], mode="plain")
    run.wait_out("ready")
    run.send(signal.SIGTERM)
    run.wait_out("sig 10 ")


def test_sigcont_wakes_a_stopped_program(lab):
    run = lab.command([lab.box, "sleep", 60])
    run.wait_out("ready")
    child = run.children()[0]
    os.kill(child, signal.SIGSTOP)
    wait_until(lambda: state_of(child) == "T")
    run.send(signal.SIGCONT)
    wait_until(lambda: state_of(child) == "S")
    assert run.stop()[0] == 143
