# SPDX-License-Identifier: MIT
"""What the clients say when something is in their way: no PID 1, one that stops or hangs, odd words, odd bytes."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import termios

import pytest
from harness import SLOW, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
SILENT = SLEEPER + 'ready = "notify"\n'
STUBBORN = 'command = ["@BOX@", "stubborn", "15"]\n'
KEEPING = '[log]\nmode = "prefix"\nkeep = "64KiB"\n'
CLIENTS = [["status"], ["healthcheck"], ["start", "web"], ["stop", "web"], ["restart", "web"], ["reload"], ["reload", "web"],
           ["signal", "HUP", "web"], ["wait", "--for", "ready", "web"], ["why", "web"], ["analyze"], ["logs"]]


def states(lab, run):
    text = lab.cli(run, "status", "--json").stdout
    return {service["name"]: service["state"] for service in json.loads(text)["services"]} if text else {}


def client(lab, run, *args, **streams):
    """A client left running, in the namespaces of the run."""
    process = subprocess.Popen(["nsenter", "-t", str(run.pid), "-p", "-m", "-n", "--", lab.pidone, *args], env=lab.base_env,
                               start_new_session=True, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                                          "stderr": subprocess.PIPE, "text": True, **streams})
    lab.helpers.append(process)
    return process


class Screen:
    """A client whose terminal has so many rows; `lines` is what stands on it."""

    def __init__(self, lab, run, *args, rows=24):
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (rows, 120))
        self.data = b""
        self.process = client(lab, run, *args, stdin=slave, stdout=slave, stderr=slave, text=False)
        os.close(slave)

    def lines(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.data += os.read(self.master, 65536)
            except OSError:  # the client has closed its end
                break
        return self.data.decode(errors="replace").rpartition("\x1b[H\x1b[J")[2].split("\r\n")


@pytest.fixture
def screen(lab):
    made = []
    yield lambda *args, **kw: made.append(Screen(lab, *args, **kw)) or made[-1]
    for one in made:
        os.close(one.master)


@pytest.mark.parametrize("args", CLIENTS, ids=" ".join)
def test_without_a_pid_1_every_client_says_so(lab, args):
    path = lab.tmp / "none"
    done = lab.local(*args, env={"PIDONE_CONTROL": str(path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"pidone: cannot reach pid 1 at '{path}': no such file or directory\n"


@pytest.mark.parametrize("args", CLIENTS, ids=" ".join)
def test_a_socket_that_is_off_is_not_looked_for(lab, args):
    """Least of all in the current directory, where an empty name with the suffix of the log socket would be a path."""
    done = lab.local(*args, env={"PIDONE_CONTROL": ""}, cwd=lab.tmp)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pidone: the control socket is off: PIDONE_CONTROL or --control is empty\n"


def test_logs_of_services_that_keep_nothing_says_what_to_set_and_of_none_that_there_is_none(lab):
    run = lab.service({"web": SLEEPER})
    wait_until(lambda: states(lab, run) == {"web": "up"})
    done = lab.cli(run, "logs")
    assert done.stderr == 'pidone: logs: nothing to read: no service keeps lines; set keep = "64KiB" in [log] of a service\'s file\n'
    done = lab.cli(run, "logs", "wbe")
    assert (done.returncode, done.stderr) == (1, "pidone: no service 'wbe' in this container; did you mean 'web'?\n")


def test_lines_of_several_instances_have_their_names(lab):
    run = lab.service({"w": 'command = ["/bin/sh", "-c", "echo I am ${INSTANCE}; exec sleep 600"]\ninstances = ["a", "b"]\n' + KEEPING})
    wait_until(lambda: sorted(lab.cli(run, "logs", "w").stdout.splitlines()) == ["w@a | I am a", "w@b | I am b"])
    assert lab.cli(run, "logs", "w@b").stdout == "I am b\n"


@pytest.mark.parametrize("args,line", [(["restart", "web"], "web did not restart: it was stopped"),
                                       (["wait", "--for", "ready", "web"], "web did not become ready: it was stopped")])
def test_a_container_that_stops_meanwhile_is_no_success(lab, args, line):
    run = lab.service({"web": SILENT, "stubborn": STUBBORN})
    run.wait_out("ready")
    wait_until(lambda: states(lab, run) == {"web": "starting", "stubborn": "up"})
    pid = run.stderr.count("web: ")
    waiter = client(lab, run, *args)
    if args[0] == "restart":
        wait_until(lambda: run.stderr.count("web: ") >= pid + 2, what="the end of the run before")
    wait_until(lambda: states(lab, run)["web"] == "starting")
    run.send(signal.SIGTERM)
    out, err = waiter.communicate(timeout=7 * SLOW)
    assert (waiter.returncode, out) == (1, "") and err.startswith(f"pidone: {line}"), err


def test_a_service_that_ends_at_once_has_not_started_though_it_ended_well(lab):
    run = lab.service({"web": 'command = ["@BOX@", "exit", "0"]\nessential = false\n', "other": SLEEPER})
    wait_until(lambda: states(lab, run) == {"web": "done", "other": "up"})
    done = lab.cli(run, "start", "web")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"pidone: web did not start: exited with status 0 after \S+\n", done.stderr)


def test_a_pid_1_that_hangs_ends_a_watch_on_a_terminal(lab, screen):
    run = lab.service(SLEEPER)
    wait_until(lambda: states(lab, run) == {"web": "up"})
    watch = screen(run, "status", "--watch")
    wait_until(lambda: any(line.startswith("web ") for line in watch.lines()))
    run.send(signal.SIGSTOP)
    assert watch.process.wait(8 * SLOW) == 1
    assert watch.lines()[-2:] == ["pidone: pid 1 did not answer in time", ""]
    done = lab.cli(run, "stop", "--timeout", "1s", "web")
    assert (done.returncode, done.stderr) == (1, "pidone: pid 1 did not answer in time\n")


def test_a_watch_on_a_low_terminal_keeps_its_head_and_does_not_scroll(lab, screen):
    run = lab.service({f"s{i:02}": SLEEPER for i in range(20)})
    wait_until(lambda: set(states(lab, run).values()) == {"up"})
    watch = screen(run, "status", "--watch", rows=10)
    wait_until(lambda: watch.lines()[-2:] == ["... and 14 more", ""])
    lines = watch.lines()
    assert len(lines) == 10 and lines[0].startswith("healthy") and lines[1].startswith("SERVICE") and lines[2].startswith("s00 ")
    whole = screen(run, "status", rows=10)
    assert whole.process.wait(5 * SLOW) == 0
    assert len(whole.lines()) == 23


def test_what_a_terminal_would_obey_reaches_none(lab):
    """ESC, DEL, the C1 control CSI, and a mark that turns the direction of the text."""
    odd = "a\x1b[31mb\x7f\u009b31m\u202ec"
    run = lab.service({"web": 'command = ["@BOX@", "notify", "main", "READY=1\\nSTATUS=a\\u001b[31mb\\u007f\\u009b31m\\u202ec", "stay"]\n'
                              'ready = "notify"\nessential = false\n'
                              '[[setup]]\nname = "a\\u001b[31mb"\ncommand = ["/bin/sh", "-c", "! test -e @TMP@/bad"]\n',
                       "other": SLEEPER})
    run.wait_out("sent")
    wait_until(lambda: "a?[31mb??31m?c" in lab.cli(run, "status").stdout)
    assert "it says: a?[31mb??31m?c\n" in lab.cli(run, "why", "web").stdout
    assert json.loads(lab.cli(run, "status", "--json").stdout)["services"][1]["status_text"] == odd
    (lab.tmp / "bad").touch()
    done = lab.cli(run, "restart", "web")
    assert done.returncode == 1 and "a?[31mb" in done.stderr and "\x1b" not in done.stderr
    for words in (["stop", odd], ["why", odd], ["status", "--" + odd], ["logs", odd], ["signal", odd, "web"], ["help", odd], [odd]):
        done = lab.cli(run, *words)
        assert done.returncode in (1, 64) and "a?[31mb??31m?c" in done.stderr, (words, done.stderr)
