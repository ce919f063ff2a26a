# SPDX-License-Identifier: MIT
"""What hits the site. A fault is over when its method returns: what was killed runs again, what was taken is back."""

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

import engine
from engine import state, wait_until
from stack import main_process

# Docker begins again at 100 ms after a run of ten seconds; a second kill before that would measure Docker's delay.
RESET = 11


def moment(text):
    """The engine's time stamps, which have nine digits, as seconds since 1970."""
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{part or 0}")


def started(name):
    return moment(state(name)["StartedAt"])


def last(seconds):
    """The length of a fault."""
    threading.Event().wait(seconds)


def wait_started(before):
    """Docker has started what was killed; its restart delay is at most a minute."""
    for name, pid in before.items():
        wait_until(lambda name=name, pid=pid: state(name)["Status"] == "running" and state(name)["Pid"] not in (0, pid),
                   75, f"Docker has started '{name}' again")


def rested(*names):
    """No container of these is killed within RESET seconds of its start."""
    wait_until(lambda: all(time.time() - started(name) > RESET for name in names), 2 * RESET,
               f"{names} have run for {RESET} s", step=0.1)


class Faults:
    """Each public method is a fault that hits a container, or its volume; `random` is what the seed makes of it."""

    def __init__(self, site, random):
        self.site, self.random = site, random

    def _kill(self, *victims):
        """Pairs of a container and the pid in it that is killed."""
        before = {name: state(name)["Pid"] for name, _ in victims}
        self.site.crash(*(pid for _, pid in victims))
        wait_started(before)

    def kill_daemon(self, name):
        self._kill((name, main_process(name)))

    def kill_pid_1(self, name):
        self._kill((name, state(name)["Pid"]))

    def kill_all(self, _):
        self._kill(*self.site.pids().items())

    def restart_loop(self, name):
        """Killed as soon as it runs: the one case in which Docker's delay grows."""
        for _ in range(3):
            self._kill((name, state(name)["Pid"]))

    def restart(self, name):
        """By a person, who waits for the end of what is under way."""
        engine.docker("restart", name)

    def pause(self, name):
        # The freezer of cgroup v1 gives up when a process is just being born.
        wait_until(lambda: engine.run("docker", "pause", name, check=False).returncode == 0, 20, f"'{name}' is paused")
        try:
            last(self.random.uniform(0.5, 3))
        finally:
            engine.docker("unpause", name)

    def disconnect(self, name):
        """From one of its networks, and back with the names it had there."""
        networks = engine.inspect(name)["NetworkSettings"]["Networks"]
        network = self.random.choice(sorted(networks))
        engine.api("POST", f"/networks/{network}/disconnect", {"Container": name})
        try:
            last(self.random.uniform(0.5, 3))
        finally:
            engine.api("POST", f"/networks/{network}/connect",
                       {"Container": name, "EndpointConfig": {"Aliases": networks[network]["Aliases"]}})

    def fill_disk(self, name):
        """Every block of the volume of this name."""
        ballast = self.site.data / name / ".ballast"
        try:
            with open(ballast, "wb") as file:
                size = 64 << 20
                while size:
                    try:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
                    except OSError:
                        size //= 2
            last(self.random.uniform(1, 3))
        finally:
            ballast.unlink()

    def eat_memory(self, name):
        """Until the kernel kills the greatest process in the container's cgroup; a file in memory belongs to who wrote it."""
        cgroup = cgroup_of(state(name)["Pid"])
        killed = oom_kills(cgroup)
        with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
            eater = subprocess.Popen(["dd", "if=/dev/zero", f"of={file.name}", "bs=1M"], stderr=subprocess.DEVNULL,
                                     preexec_fn=lambda: (cgroup / "cgroup.procs").write_text("0"))
            try:
                wait_until(lambda: oom_kills(cgroup) != killed or eater.poll() is not None, 30, "the kernel kills somebody")
            finally:
                eater.kill()
                eater.wait()

    def restart_engine(self, _):
        before = self.site.pids()
        engine.restart_engine()
        wait_started(before)


def oom_kills(cgroup):
    """memory.events is of cgroup v2, memory.oom_control of v1; -1 when the container has ended and its cgroup with it."""
    for name in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError):
            return int(dict(line.split() for line in (cgroup / name).read_text().splitlines())["oom_kill"])
    return -1


def cgroup_of(pid):
    """The directory of the container's cgroup, in v2 or of v1's memory controller."""
    for line in engine.proc(pid, "cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers and Path("/sys/fs/cgroup/cgroup.controllers").exists():
            return Path("/sys/fs/cgroup" + path)
        if controllers == "memory":
            return Path("/sys/fs/cgroup/memory" + path)
    return Path("/nonexistent")
