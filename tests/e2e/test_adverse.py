# SPDX-License-Identifier: MIT
"""What goes wrong around pidone must not become pidone's own end: EPIPE, EAGAIN, E2BIG, floods, stubborn steps."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from harness import PROMPT, seconds_of_cpu, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
PIDS = Path("/sys/fs/cgroup/pids")


def broken_pipe():
    read_end, write_end = os.pipe()
    os.close(read_end)
    return write_end


def test_a_closed_reader_of_stderr_does_not_end_pidone(lab, mode):
    run = lab.command([lab.box, "orphans", 5], "-v", "-w", "-e", "0:6", mode=mode, stderr=(end := broken_pipe()))
    os.close(end)
    assert run.wait() == 6
    run = lab.service('command = ["@BOX@", "exit", "7"]', mode=mode, stderr=(end := broken_pipe()))
    os.close(end)
    assert run.wait() == 7


@pytest.fixture
def few_processes():
    if not (PIDS / "cgroup.procs").exists():
        pytest.skip("no cgroup v1 pids controller")
    group = PIDS / f"pidone-e2e-{os.getpid()}"
    group.mkdir()
    yield group
    wait_until(lambda: not (group / "cgroup.procs").read_text().strip())
    group.rmdir()


@pytest.mark.parametrize("kind", ["command", "service"])
def test_a_fork_that_fails_is_71_and_said(lab, few_processes, kind):
    (few_processes / "pids.max").write_text("2")  # the launcher and PID 1
    ns = ["--cgroup", few_processes]
    run = lab.command(["true"], ns=ns) if kind == "command" else lab.service(SLEEPER, ns=ns)
    code = run.wait()
    run.close()
    assert code == 71
    assert re.search(r"esource temporarily unavailable", run.stderr), run.stderr


def test_a_command_line_that_is_too_long(lab, mode):
    run = lab.command(["/bin/sh", "-c", "exec /bin/true $(head -c 3000000 /dev/zero | tr '\\0' 'x ' | fold -w 1000)"],
                      mode=mode)
    assert run.wait() == 126


@pytest.mark.parametrize("program", ["", "/", "./", "/etc/passwd/x"])
def test_odd_program_names(lab, program):
    assert lab.command([program]).wait() in (126, 127)


def test_exec_of_a_service_that_is_not_essential_may_fail(lab):
    run = lab.service({"a": 'command = ["/nonexistent"]\nessential = false', "b": SLEEPER})
    run.wait_out("ready")
    run.wait_err("/nonexistent")
    assert run.running()


def test_a_template_whose_directory_is_missing(lab):
    conf = lab.config({"web": SLEEPER + '[[template]]\nsource = "t.in"\ntarget = "@TMP@/no/such/file"\n'}, t__in="x")
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() not in (0,)
    assert "/no/such/file" in run.stderr and "o such file" in run.stderr


def test_a_setup_step_that_ignores_the_stop_is_killed(lab, mode):
    run = lab.service({"web": SLEEPER + '[[setup]]\nname = "deaf"\ncommand = ["@BOX@", "stubborn", "15"]\n'},
                      'shutdown-timeout = "700ms"', mode=mode)
    run.wait_out("ready")
    _, took = run.stop()
    assert took < PROMPT


def test_a_flood_of_notifications_leaves_pid_1_responsive(lab):
    script = "i=0; while test $i -lt 3000; do i=$((i+1)); @BOX@ notify main STATUS=$i > /dev/null; done; echo flooded; exec sleep 600"
    run = lab.service(f'command = ["/bin/sh", "-c", "{script}"]\nready = "notify"\nnotify-access = "all"')
    wait_until(lambda: "flooded" in run.stdout or lab.cli(run, "status").returncode == 0)
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def test_refused_notifications_are_said_once(lab):
    script = "i=0; while test $i -lt 50; do i=$((i+1)); @BOX@ notify main READY=1 > /dev/null; done; echo done; exec sleep 600"
    run = lab.service(f'command = ["/bin/sh", "-c", "{script}"]\nready = "notify"')
    run.wait_out("^done", 20)
    assert run.running()
    assert len(re.findall("refused", run.stderr)) == 1


def test_a_hundred_services_that_die_at_once(lab):
    services = {f"s{i:03}": f'command = ["@BOX@", "exit", "{i}"]\nessential = false' for i in range(100)}
    run = lab.service({**services, "keeper": SLEEPER})
    wait_until(lambda: len(re.findall(r"s\d+: .*(exited with status)", run.stderr)) == 100, 15)
    wait_until(lambda: len(run.children()) == 1)
    assert run.running()


def test_stopping_pid_1_with_sigstop_and_going_on(lab):
    run = lab.command([lab.box, "siglog"])
    run.wait_out("ready")
    os.kill(run.pid, signal.SIGSTOP)
    run.send(signal.SIGUSR1)
    run.send(signal.SIGUSR2)
    os.kill(run.pid, signal.SIGCONT)
    run.wait_out("sig 10 ")
    run.wait_out("sig 12 ")


def test_signals_from_inside_are_forwarded_too(lab):
    wait = f"until test -e {lab.tmp}/go; do sleep 0.02; done"
    run = lab.command(["/bin/sh", "-c", f"({wait}; kill -USR1 1) & exec {lab.box} siglog 10"])
    run.wait_out("ready")
    (lab.tmp / "go").touch()
    assert run.wait() == 0


def test_hup_without_reload_changes_nothing(lab):
    run = lab.service(SLEEPER)
    run.wait_out("ready")
    run.send(signal.SIGHUP)
    run.wait_err("SIGHUP")
    assert run.running() and run.stop()[0] == 0


def test_a_probe_child_does_not_outlive_readiness(lab):
    run = lab.service('command = ["@BOX@", "listen", "tcp", "7300"]\nready = "tcp://127.0.0.1:7300"', ns=["--net"])
    run.wait_err("ready")
    wait_until(lambda: len(run.tree()) == 1)
    assert seconds_of_cpu(run.pid, 0.3) <= 0.01


def test_killed_leftovers_of_a_oneshot_do_not_fail_it(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["@BOX@", "family", "setsid", "stubborn", "0"]'},
                      'shutdown-timeout = "600ms"')
    assert run.wait() == 0
    assert run.took < PROMPT


LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


@pytest.fixture
def strangers():
    """A parent and its child outside of the run, which a run with --foreign-proc sees in /proc."""
    if not os.access(LAST_PID, os.W_OK):
        pytest.skip("no process ids can be chosen here")
    apart = "for i in 1 2 3 4 5 6 7 8; do /bin/true; done"  # the run has processes between the two
    parent = subprocess.Popen(["/bin/sh", "-c", f"{apart}; setsid sleep 600 & echo $!; wait"],
                              stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    yield parent.pid, child
    os.kill(child, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()


def next_pid(pid):
    return f"echo {pid - 1} > {LAST_PID}"


def test_a_service_has_no_leftovers_in_another_pid_namespace(lab, strangers):
    """Service 'a' bears the number of a stranger, a process of 'b' that of the stranger's child."""
    parent, child = strangers
    run = lab.service({
        "first": f'type = "oneshot"\ncommand = ["/bin/sh", "-c", "{next_pid(parent)}"]',
        "a": 'requires = ["first"]\nessential = false\n'
             'command = ["/bin/sh", "-c", "echo a $$; until test -e @TMP@/up; do :; done"]',
        "b": 'after = ["a"]\ncommand = ["/bin/sh", "-c", '
             f'"{next_pid(child)}; sleep 600 & echo b $!; : > @TMP@/up; wait; echo hit; exec sleep 600"]'},
        ns=["--foreign-proc"])
    run.wait_err("a: exited")
    wait_until(lambda: re.search(r"^a +done", lab.cli(run, "status").stdout, re.M))
    assert run.stop()[0] == 0
    assert sorted(run.stdout.split("\n")) == ["", f"a {parent}", f"b {child}"]


def test_a_subreaper_signals_nobody_in_another_pid_namespace(lab, strangers):
    parent, child = strangers
    script = (f"{next_pid(child)}; sleep 600 & {next_pid(parent)}; "
              f"{lab.pidone} -s --kill-grace 300ms -- {lab.box} family child stubborn 3; echo code $?; "
              f"kill -0 {child} && echo alive $!")
    run = lab.start(["/bin/sh", "-c", script], ns=["--foreign-proc"])
    assert run.wait() == 0, (run.stdout, run.stderr)
    assert run.stdout.splitlines()[-2:] == ["code 3", f"alive {child}"]
    assert run.stderr.count("pidone: ") == 1
    assert "pidone: warn: without a /proc of this PID namespace what is left behind cannot be found" in run.stderr


@pytest.mark.parametrize("session", ["", "setsid "])
def test_the_number_of_a_dead_leader_may_be_another_services(lab, session):
    """What 'a' left behind is watched while a process of 'b' gets the number that a's leader had."""
    if not os.access(LAST_PID, os.W_OK):
        pytest.skip("no process ids can be chosen here")
    reuse = ("until test -s @TMP@/a; do :; done; read a < @TMP@/a; while kill -0 $a; do :; done 2> /dev/null; "
             f"echo $((a - 1)) > {LAST_PID}; {session}sleep 600 & test $! = $a && echo same; wait; echo hit; exec sleep 600")
    run = lab.service({
        "a": 'essential = false\nstop-timeout = "700ms"\n'
             'command = ["/bin/sh", "-c", "echo $$ > @TMP@/a; exec @BOX@ family setsid stubborn 0"]',
        "b": f'command = ["/bin/sh", "-c", "{reuse}"]'})
    run.wait_out("same")
    run.wait_err(r"killed process \d+ \(box\)")
    wait_until(lambda: re.search(r"^a +done", lab.cli(run, "status").stdout, re.M))
    assert run.stop()[0] == 0
    assert "hit" not in run.stdout and run.stderr.count("killed process") == 1


@pytest.mark.unsanitized
def test_memory_that_runs_out_before_the_start_is_said(lab):
    conf = lab.config({"a": "command = [" + '"/bin/true", ' * 30000 + "]"})
    done = subprocess.run(["prlimit", "--as=4000000", "--core=0", "--", lab.pidone, "check", conf],
                          capture_output=True, text=True, check=False)
    assert done.stderr == "pidone: out of memory\n"
    assert done.returncode == -signal.SIGABRT
