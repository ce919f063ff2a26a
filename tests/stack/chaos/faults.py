# SPDX-License-Identifier: MIT
"""What hits the site. A fault is over when its method returns: what was killed runs again, what was taken is back."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path

import engine
from engine import state, wait_until
from stack import main_process

from . import clock

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
    wait_until(lambda: all(clock.now() - started(name) > RESET for name in names), 2 * RESET,
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
        pid = state(name)["Pid"]
        cgroup = cgroup_of(pid)
        killed = oom_kills(cgroup)
        with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
            eater = subprocess.Popen(["dd", "if=/dev/zero", f"of={file.name}", "bs=1M"], stderr=subprocess.DEVNULL,
                                     preexec_fn=lambda: (cgroup / "cgroup.procs").write_text("0"))
            try:
                wait_until(lambda: oom_kills(cgroup) != killed or eater.poll() is not None, 30, "the kernel kills somebody")
                assert oom_kills(cgroup) != killed, (
                    f"the kernel killed nobody: dd ended by itself after {os.stat(file.name).st_size >> 20} MiB; "
                    f"'{name}' may have more memory than /dev/shm has room")
            finally:
                eater.kill()
                eater.wait()
        # Docker may not know yet that the container is about to end, where the container itself does.
        wait_until(lambda: state(name)["Pid"] not in (0, pid) or says_well(name), 75, f"'{name}' has got over it")

    def jump_clock(self, _):
        """An hour ahead and back, by a process of another session: whatever ends the test, the clock is put right."""
        before = self.site.pids()
        jump = subprocess.Popen([sys.executable, clock.__file__, f"{self.random.uniform(1, 3)}"], start_new_session=True,
                                stderr=subprocess.PIPE, text=True)
        said = jump.communicate()[1]
        assert jump.returncode == 0, f"the clock cannot be set: {said}"
        assert self.site.pids() == before, "the containers stay when the clock is set"

    def restart_engine(self, _):
        before = self.site.pids()
        engine.restart_engine()
        wait_started(before)


def says_well(name):
    """Its own words, where Docker has those of the last time it asked."""
    return engine.run("docker", "exec", name, "pidone", "healthcheck", check=False).returncode == 0


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
