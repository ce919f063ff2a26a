# SPDX-License-Identifier: MIT
"""What the end-to-end tests are made of: a run of pidone in its own PID namespace, and a lab that makes runs."""

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
MODES = ("pid1", "plain")
SANITIZED = os.environ.get("PIDONE_SANITIZED") == "1"
SLOW = float(os.environ.get("E2E_PATIENCE", "4" if SANITIZED else "1"))  # a factor on every deadline
PROMPT = 5  # seconds: far from the 8 s of a stop's budget and from what a test sets, and enough for a busy machine
SIGNALS = [n for n in range(1, 65) if n not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]


def wait_until(predicate, timeout=10.0, what="the condition"):
    """Returns the first truthy value of `predicate`, or fails when the deadline passes."""
    deadline = time.monotonic() + timeout * SLOW
    value = predicate()
    while not value:
        assert time.monotonic() < deadline, f"{what} did not come within {timeout} s"
        time.sleep(0.005)
        value = predicate()
    return value


def read_proc(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def status_field(pid, name):
    match = re.search(rf"^{name}:\s*(.*)$", read_proc(pid, "status"), re.M)
    return match.group(1) if match else ""


def state_of(pid):
    return status_field(pid, "State")[:1]


def cpu_ticks(pid):
    fields = read_proc(pid, "stat").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def switches(pid):
    return int(status_field(pid, "voluntary_ctxt_switches")) + int(status_field(pid, "nonvoluntary_ctxt_switches"))


def descriptors(pid):
    """The descriptors of a process, number -> target."""
    found = {}
    for entry in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            found[int(entry)] = os.readlink(f"/proc/{pid}/fd/{entry}")
    return found


class Stream:
    """Collects what comes out of a pipe, in a thread, so that a writer never blocks on us."""

    def __init__(self, fd):
        self.fd, self.data = fd, bytearray()
        self.thread = threading.Thread(target=self._pump, daemon=True)
        self.thread.start()

    def _pump(self):
        with contextlib.suppress(OSError):
            while chunk := os.read(self.fd, 65536):
                self.data += chunk
        os.close(self.fd)

    @property
    def text(self):
        return bytes(self.data).decode(errors="replace")


class Run:
    """One program in a PID namespace of its own. `pid` is its id as seen from outside."""

    def __init__(self, lab, argv, *, mode="pid1", ns=(), env=None, stdin=None, stdout=None, stderr=None,
                 tty=None, pass_fds=(), gate=False):
        info_read, info_write = os.pipe()
        fds, close = [info_write, *pass_fds], [info_write]
        command = [str(lab.nsrun), "--info", str(info_write)]
        if mode == "plain":
            command += ["--plain"]
        if tty is not None:
            command += ["--tty", str(tty)]
            fds.append(tty)
        if gate:
            gate_read, self.gate = os.pipe()
            command += ["--gate", str(gate_read)]
            fds.append(gate_read)
            close.append(gate_read)
        self.out = self.err = None
        if stdout is None:
            out_read, stdout = os.pipe()
            self.out = Stream(out_read)
            close.append(stdout)
        if stderr is None:
            err_read, stderr = os.pipe()
            self.err = Stream(err_read)
            close.append(stderr)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [*command, *map(str, ns), "--", *map(str, argv)],
            stdin=subprocess.DEVNULL if stdin is None else stdin, stdout=stdout, stderr=stderr,
            env={**lab.base_env, **(env or {})}, pass_fds=fds, restore_signals=False)
        for fd in close:
            os.close(fd)
        self._info, self._info_fd = "", info_read
        self.init = self._read_info("init")
        self.pid = None if gate else self._read_info("pid")

    def _read_info(self, word):
        while not (match := re.search(rf"^{word} (-?\d+)$", self._info, re.M)):
            chunk = os.read(self._info_fd, 256)
            assert chunk, f"the launcher ended early: {self._info!r} {self.stderr!r}"
            self._info += chunk.decode()
        return int(match.group(1))

    def open_gate(self):
        os.write(self.gate, b"x")
        os.close(self.gate)
        self.pid = self._read_info("pid")

    @property
    def stdout(self):
        return self.out.text if self.out else ""

    @property
    def stderr(self):
        return self.err.text if self.err else ""

    def send(self, sig):
        os.kill(self.pid, int(sig))

    def sigqueue(self, sig, value):
        assert LIBC.sigqueue(self.pid, int(sig), ctypes.c_void_p(value)) == 0, os.strerror(ctypes.get_errno())

    def wait_out(self, pattern, timeout=10.0):
        return wait_until(lambda: re.search(pattern, self.stdout, re.M), timeout, f"{pattern!r} on stdout")

    def wait_err(self, pattern, timeout=10.0):
        try:
            return wait_until(lambda: re.search(pattern, self.stderr, re.M), timeout, f"{pattern!r} on stderr")
        except AssertionError as error:
            raise AssertionError(f"{error}; stderr is:\n{self.stderr}") from None

    def running(self):
        return self.process.poll() is None

    def wait(self, timeout=15.0):
        """The exit code, or minus the signal, once everything in the namespace is gone."""
        try:
            self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s; stderr is:\n{self.stderr}") from None
        self.took = time.monotonic() - self.started
        for stream in (self.out, self.err):
            if stream:
                stream.thread.join(5)
        while chunk := os.read(self._info_fd, 256):
            self._info += chunk.decode()
        match = re.search(r"^(exit|sig) (\d+)$", self._info, re.M)
        assert match, f"no status: {self._info!r}"
        return int(match.group(2)) * (1 if match.group(1) == "exit" else -1)

    def stop(self, sig=signal.SIGTERM, timeout=15.0):
        """Signals and waits; returns (exit code, seconds it took)."""
        begin = time.monotonic()
        self.send(sig)
        code = self.wait(timeout)
        return code, time.monotonic() - begin

    def tree(self):
        """Every process below the namespace's init, host pid -> comm, zombies with state Z included."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                fields = read_proc(entry, "stat").rpartition(")")[2].split()
                if fields:
                    parents[int(entry)] = int(fields[1])
        found, frontier = {}, [self.init]
        while frontier:
            parent = frontier.pop()
            for pid, ppid in parents.items():
                if ppid == parent:
                    found[pid] = read_proc(pid, "comm").strip()
                    frontier.append(pid)
        return found

    def children(self, of=None):
        return [int(p) for p in read_proc(of or self.pid, f"task/{of or self.pid}/children").split()]

    def close(self):
        with contextlib.suppress(OSError):
            os.kill(self.init, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self._info_fd)


class Lab:
    """Makes runs and configurations for one test, and ends every run with it."""

    def __init__(self, tools, tmp):
        self.pidone, self.box, self.nsrun, self.links = (tools / n for n in ("pidone", "box", "nsrun", "links"))
        self.tmp, self.runs, self.helpers, self.count = tmp, [], [], 0
        self.base_env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                         **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}

    def start(self, argv, **kw):
        run = Run(self, argv, **kw)
        self.runs.append(run)
        return run

    def command(self, program, *options, **kw):
        """pidone in command mode: options, then the program and its arguments."""
        return self.start([self.pidone, *options, "--", *program], **kw)

    def config(self, services, settings="", **files):
        """A configuration directory: services by name, pidone.toml, and other files (a__b = a.b)."""
        self.count += 1
        path = self.tmp / f"conf{self.count}"
        path.mkdir(parents=True)
        for name, text in services.items():
            (path / f"{name}.toml").write_text(self.fill(text))
        if settings:
            (path / "pidone.toml").write_text(settings)
        for name, text in files.items():
            target = path / name.replace("__", ".")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.fill(text))
        return path

    def fill(self, text):
        """@BOX@ and @TMP@ stand for the helper program and the test's directory."""
        return text.replace("@BOX@", str(self.box)).replace("@TMP@", str(self.tmp))

    def service(self, services, settings="", *options, **kw):
        """pidone in service mode over a new configuration; a plain string is the one service 'web'."""
        if isinstance(services, str):
            services = {"web": services}
        self.conf = self.config(services, settings)
        return self.start([self.pidone, "run", "-c", self.conf, *options], **kw)

    def oneshot(self, script, keys="", **kw):
        """Runs a shell script as a oneshot with further keys; returns the ended run."""
        text = f"type = \"oneshot\"\ncommand = ['/bin/sh', '-c', '''{script}''']\n{keys}\n"
        run = self.service(text, **kw)
        run.code = run.wait()
        return run

    def cli(self, run, *args, uid=None, timeout=10, namespaces=("-p", "-m", "-n"), env=None):
        """A pidone client inside the namespaces of a run, like docker exec."""
        who = [] if uid is None else ["-S", str(uid), "-G", str(uid)]
        return subprocess.run(["nsenter", "-t", str(run.pid), *namespaces, *who, "--", self.pidone, *map(str, args)],
                              capture_output=True, text=True, timeout=timeout * SLOW, stdin=subprocess.DEVNULL,
                              env={**self.base_env, **(env or {})})

    def services(self, run, *names):
        """What `pidone status` tells of the services, by name, once PID 1 answers."""
        text = wait_until(lambda: self.cli(run, "status", "--json", *names).stdout, what="an answer of PID 1")
        return {service["name"]: service for service in json.loads(text)["services"]}

    def start_inside(self, run, argv, **streams):
        """A helper program in all namespaces of a run; it ends with the namespace."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **streams}
        process = subprocess.Popen(["nsenter", "-t", str(run.pid), "-p", "-m", "-n", "--", *map(str, argv)],
                                   env=self.base_env, start_new_session=True, **streams)
        self.helpers.append(process)
        return process

    def local(self, *args, timeout=10, env=None, cwd=None):
        """A pidone sub-command as an ordinary process, outside of any namespace."""
        return subprocess.run([self.pidone, *map(str, args)], capture_output=True, text=True, cwd=cwd,
                              timeout=timeout * SLOW, stdin=subprocess.DEVNULL, env={**self.base_env, **(env or {})})

    def close(self):
        for run in self.runs:
            run.close()
        for process in self.helpers:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def full_pipe():
    """A pipe (read end, write end) that takes no byte more; a write blocks."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write_end, b"x" * 4096):
            continue
    os.set_blocking(write_end, True)
    return read_end, write_end


def seconds_of_cpu(pid, seconds):
    """CPU time a process uses while `seconds` pass; the pause is the measurement itself."""
    before = cpu_ticks(pid)
    time.sleep(seconds)
    return (cpu_ticks(pid) - before) / os.sysconf("SC_CLK_TCK")


def fastest(measure, enough, tries=3):
    """The least of some measured times. A busy machine only adds to one; the first that is good enough is the last."""
    times = [measure()]
    while times[-1] >= enough and len(times) < tries:
        times.append(measure())
    return min(times)


def settle(pid, quiet=0.3, timeout=10.0):
    """Waits until a process has neither run nor waited for a processor for `quiet` seconds."""
    deadline, last, since = time.monotonic() + timeout * SLOW, None, time.monotonic()
    while time.monotonic() - since < quiet:
        now = switches(pid)
        if now != last or state_of(pid) == "R":
            last, since = now, time.monotonic()
        assert time.monotonic() < deadline, "the process never comes to rest"
        time.sleep(0.01)
