# SPDX-License-Identifier: MIT
"""The terminal: job control, Ctrl-C, Ctrl-Z, hang-up and the foreground group, through a real pty."""

import contextlib
import os
import pty
import re
import select
import signal
import termios
import threading

import pytest
from harness import seconds_of_cpu, state_of, switches, wait_until


class Terminal:
    """A pty: what appears on it, and what is typed."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.data, self.open = bytearray(), True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        with contextlib.suppress(OSError):
            while self.open:
                if select.select([self.master], [], [], 0.02)[0]:
                    self.data += os.read(self.master, 65536)

    @property
    def screen(self):
        return bytes(self.data).decode(errors="replace")

    def type(self, text):
        os.write(self.master, text.encode())

    def shows(self, pattern, timeout=5, times=1):
        wait_until(lambda: len(re.findall(pattern, self.screen)) >= times, timeout,
                   f"{pattern!r} on {self.screen!r}")

    def foreground(self):
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.master)
        return 0

    def hang_up(self):
        self.open = False
        self.thread.join()
        for fd in (self.slave, self.master):
            with contextlib.suppress(OSError):
                os.close(fd)


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.hang_up()


def on_terminal(lab, terminal, argv, **kw):
    tty = terminal.slave
    ends = {"stdin": tty, "stdout": tty, "stderr": tty, **kw}
    return lab.start(argv, tty=tty, **ends)


BASH = ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"]


def test_interactive_bash_has_job_control(lab, terminal, mode):
    run = on_terminal(lab, terminal, [lab.pidone, "--", *BASH], mode=mode, env={"PS1": "here> ", "TERM": "dumb"})
    terminal.shows("here> ")
    assert "job control" not in terminal.screen
    terminal.type(f"{lab.box} sleep 100\n")
    terminal.shows(r"ready \d+\r")
    terminal.type("\x1a")
    terminal.shows("Stopped")
    terminal.type("fg\n")
    job = [p for p, comm in run.tree().items() if comm == "box"]
    wait_until(lambda: [terminal.foreground()] == job and state_of(job[0]) == "S")
    terminal.type("\x03")
    terminal.shows("here> ", times=3)
    terminal.type("echo code=$?\n")
    terminal.shows("code=130")
    terminal.type("exit 7\n")
    assert run.wait() == 7


def test_eight_descriptors_are_enough(lab, terminal, mode):
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "exit", 5], mode=mode, ns=["--rlimit", "nofile=8"])
    assert run.wait() == 5, terminal.screen


def test_ctrl_c_reaches_the_program(lab, terminal, mode):
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "sleep", 100], mode=mode)
    terminal.shows("ready")
    terminal.type("\x03")
    assert run.wait() == 130


def test_the_program_has_the_foreground_group(lab, terminal, mode):
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "sleep", 100], mode=mode)
    terminal.shows("ready")
    assert terminal.foreground() == run.children()[0]


@pytest.mark.parametrize("stdin", ["null", "closed"])
def test_the_foreground_group_without_stdin(lab, terminal, mode, stdin):
    ns = ["--close", "0"] if stdin == "closed" else []
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "sleep", 100], mode=mode, stdin=None, ns=ns)
    terminal.shows("ready")
    assert terminal.foreground() == run.children()[0]
    terminal.type("\x03")
    assert run.wait() == 130


def test_ctrl_z_stops_the_program_and_pid_1_lives(lab, terminal):
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "sleep", 100])
    terminal.shows("ready")
    child = run.children()[0]
    terminal.type("\x1a")
    wait_until(lambda: state_of(child) == "T", what="the stop of the program")
    run.send(signal.SIGCONT)
    wait_until(lambda: state_of(child) == "S", what="the wake-up")
    assert run.stop()[0] == 143


def test_ctrl_z_under_a_shell_stops_both_and_fg_wakes_both(lab, terminal):
    """pidone is a job of an interactive shell, as in a developer's terminal."""
    run = on_terminal(lab, terminal, BASH, env={"PS1": "here> ", "TERM": "dumb"})
    terminal.shows("here> ")
    terminal.type(f"{lab.pidone} -- /bin/cat\n")
    pidone = wait_until(lambda: [p for p, comm in run.tree().items() if comm == "pidone"])[0]
    cat = wait_until(lambda: [p for p, comm in run.tree().items() if comm == "cat"])[0]
    wait_until(lambda: terminal.foreground() == cat)
    for _ in range(3):
        terminal.type("\x1a")
        wait_until(lambda: state_of(cat) == "T" and state_of(pidone) == "T", what="the stop of both")
        terminal.type("jobs\n")
        terminal.shows(r"Stopped")
        terminal.type("fg\n")
        wait_until(lambda: state_of(cat) == "S" and state_of(pidone) == "S", what="the wake-up of both")
        wait_until(lambda: terminal.foreground() == cat)
    terminal.type("echoed line\n")
    terminal.shows("echoed line", times=2)
    terminal.type("\x04")
    terminal.type("echo code=$?\n")
    terminal.shows("code=0")


def test_a_background_job_does_not_steal_the_terminal(lab, terminal):
    run = on_terminal(lab, terminal, BASH, env={"PS1": "here> ", "TERM": "dumb"})
    terminal.shows("here> ")
    shell_group = terminal.foreground()
    terminal.type(f"{lab.pidone} -- {lab.box} sleep 100 &\n")
    terminal.shows(r"ready \d+")
    terminal.type("echo still=mine\n")
    terminal.shows("still=mine", times=2)
    assert terminal.foreground() == shell_group == run.pid


@pytest.mark.parametrize("program,code", [("sleep", 129), ("siglog", None)])
def test_hang_up(lab, terminal, program, code):
    out = lab.tmp / "out"
    with open(out, "wb") as stdout:
        run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, program, 100], stdout=stdout, stderr=stdout)
    wait_until(lambda: "ready" in out.read_text())
    terminal.hang_up()
    if code:
        assert run.wait() == code
        return
    wait_until(lambda: "sig 1 " in out.read_text(), what="SIGHUP")
    before = switches(run.pid)
    assert seconds_of_cpu(run.pid, 0.5) <= 0.02 and switches(run.pid) - before < 5
    assert run.running()


def test_window_size_change_reaches_the_program(lab, terminal, mode):
    run = on_terminal(lab, terminal, [lab.pidone, "--", lab.box, "siglog"], mode=mode)
    terminal.shows("ready")
    termios.tcsetwinsize(terminal.master, (33, 99))
    terminal.shows("sig 28 ")


def test_tostop_does_not_stop_pid_1(lab, terminal):
    modes = termios.tcgetattr(terminal.slave)
    modes[3] |= termios.TOSTOP
    termios.tcsetattr(terminal.slave, termios.TCSANOW, modes)
    run = on_terminal(lab, terminal, [lab.pidone, "-v", "-w", "--", "/bin/sh", "-c", f"{lab.box} orphans 5; exit 6"])
    assert run.wait() == 6


def test_without_terminal_the_program_still_has_its_own_group(lab, mode):
    run = lab.command([lab.box, "state"], mode=mode)
    assert run.wait() == 0
    pid, group = re.search(r"pid=(\d+) .*pgrp=(\d+)", run.stdout).groups()
    assert pid == group
