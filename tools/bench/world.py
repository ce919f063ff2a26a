# SPDX-License-Identifier: MIT
"""One supervisor at work in a PID namespace of its own, seen from outside."""
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 30  # seconds for anything that has to come


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    return [int(child) for child in read(f"/proc/{pid}/task/{pid}/children").split()]


def below(pid):
    found = [pid]
    for child in children(pid):
        found += below(child)
    return found


def private_dirty(pid):
    """KiB."""
    match = re.search(r"^Private_Dirty:\s*(\d+)", read(f"/proc/{pid}/smaps_rollup"), re.M)
    return int(match[1]) if match else 0


def switches(pid):
    return sum(int(count) for count in re.findall(r"ctxt_switches:\s*(\d+)", read(f"/proc/{pid}/status")))


class World:
    """Runs `candidate` with that many services; a context that leaves nothing behind."""

    def __init__(self, candidate, count, service):
        self.candidate, self.service = candidate, service
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="world-", dir=pathlib.Path(service).parent))
        names = [f"s{turn:03}" for turn in range(1, count + 1)]
        os.mkfifo(self.home / "mark")
        for name in names:
            (self.home / name).mkdir()
            (self.home / name / "mark").symlink_to(self.home / "mark")
        self.marks = os.open(self.home / "mark", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.rest = b""
        argv = candidate.write(self.home, names, service)
        self.began = time.monotonic_ns()
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--", *argv],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]})
        self.init = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.marks)
        shutil.rmtree(self.home)

    def wait_for_starts(self, count):
        """The next starts as (name, time in ns), in the order of their arrival."""
        starts = []
        deadline = time.monotonic() + PATIENCE
        while len(starts) < count:
            lines = self.rest.split(b"\n")
            self.rest = lines.pop()
            starts += [(name, int(when)) for name, when in (line.decode().split() for line in lines)]
            if len(starts) >= count:
                break
            if not select.select([self.marks], [], [], max(0, deadline - time.monotonic()))[0]:
                raise SystemExit(f"error: {self.candidate.name}: {len(starts)} of {count} services started"
                                 f" within {PATIENCE} s")
            self.rest += os.read(self.marks, 65536)
        if self.init is None:
            [self.init] = children(self.process.pid)
        return starts

    def pids(self, are_services):
        """Of the services, or of everything that supervises them."""
        inode = os.stat(self.service).st_ino
        found = []
        for pid in below(self.init):
            try:
                if (os.stat(f"/proc/{pid}/exe").st_ino == inode) == are_services:
                    found.append(pid)
            except OSError:
                pass  # ended meanwhile
        return found

    def supervisors(self):
        return self.pids(False)

    def memory(self):
        """KiB of private dirty memory of all supervising processes."""
        return sum(private_dirty(pid) for pid in self.supervisors())

    def switches(self):
        return sum(switches(pid) for pid in self.supervisors())

    def restart_time(self):
        """Seconds from the death of the first service to the start of its next run."""
        victim = self.pids(True)[0]
        killed = time.monotonic_ns()
        os.kill(victim, signal.SIGKILL)
        [(_, when)] = self.wait_for_starts(1)
        return (when - killed) / 1e9

    def stop_time(self):
        """Seconds from the stop signal to the end of process 1."""
        watch = os.pidfd_open(self.init)
        asked = time.monotonic()
        os.kill(self.init, self.candidate.stop_signal)
        if not select.select([watch], [], [], PATIENCE)[0]:
            raise SystemExit(f"error: {self.candidate.name} did not end within {PATIENCE} s")
        os.close(watch)
        return time.monotonic() - asked
