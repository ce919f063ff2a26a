#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures the log pump beside s6-log, svlogd and supervisord's capture: logs.py PIDONE [RESULTS.json]

The same lines of 100 bytes from the same program through each, into the same sinks: a file on a tmpfs, a pipe that
a reader empties, /dev/null. Time is from the start to the last byte in the sink, less that of a run without lines; each is
the shortest of all rounds, because whatever else the machine does can only take away, and most from the fastest.
"""
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from candidates import Candidate

LINES = 2_000_000
LINE = 100
ROUNDS = 5
AIM = 3
PATIENCE = 60  # seconds for one run
SINKS = ("file", "pipe", "null")
MODES = ("prefix", "json")


class Way(Candidate):
    """From the lines to the sink: `command` writes what is needed to `home`; it has the sink as standard output."""

    sinks = SINKS
    ends = True  # with the lines
    reads = False  # the lines on its standard input, from `lines` beside it

    def command(self, home, lines, sink):
        raise NotImplementedError

    def file(self, home):
        return home / "sink"


class Pidone(Way):
    package = None

    def __init__(self, program, mode):
        self.program, self.mode, self.name = program, mode, f"pidone {mode}"
        self.settings = f'mode = "{mode}", the service is PID 1\'s child, the sink its standard output'

    def version(self):
        shown = subprocess.run([self.program, "version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[-1]

    def command(self, home, lines, sink):
        (home / "etc").mkdir()
        (home / "etc/pidone.toml").write_text('control = ""\n')
        (home / "etc/web.toml").write_text(
            f'type = "oneshot"\ncommand = ["{lines[0]}", "{lines[1]}"]\n[log]\nmode = "{self.mode}"\n')
        return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--", self.program, "run",
                "-c", f"{home}/etc"]


class S6Log(Way):
    name, package = "s6-log", "s6"
    settings = "no timestamps, no -b (no faster), files of 256 MiB, the most it has; else to its standard output"
    reads = True

    def command(self, home, lines, sink):
        return ["s6-log", "n1", "s268435455", str(home / "log")] if sink == "file" else ["s6-log", "1"]


class Svlogd(Way):
    name, package = "svlogd", "runit"
    settings = "no timestamps, no rotation, a buffer of 64 KiB (-b); it has no way to anything but files"
    sinks = ("file",)
    reads = True

    def command(self, home, lines, sink):
        (home / "log").mkdir()
        (home / "log/config").write_text("s0\nn0\n")
        return ["svlogd", "-b", "65536", str(home / "log")]

    def file(self, home):
        return home / "log/current"


class Supervisord(Way):
    name, package = "supervisord", "supervisor"
    # With /dev/stdout as its log file and root's rights it replaces that link by a file of its own.
    settings = "a stdout_logfile without rotation; the program stays when it has written, or the last lines may be lost"
    sinks = ("file",)
    ends = False

    def command(self, home, lines, sink):
        (home / "supervisord.conf").write_text(
            "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\nloglevel=critical\n"
            f"pidfile={home}/pid\nuser=root\n[program:web]\ncommand={lines[0]} {lines[1]} stay\nstartsecs=0\n"
            f"autorestart=false\nstdout_logfile={self.file(home)}\nstdout_logfile_maxbytes=0\nstderr_logfile=NONE\n")
        return ["supervisord", "-n", "-c", f"{home}/supervisord.conf"]


def wait_for_size(path, size, deadline):
    while not path.exists() or path.stat().st_size < size:
        if time.monotonic() > deadline:
            raise SystemExit(f"error: {path} did not get its {size} bytes within {PATIENCE} s")
        time.sleep(0.002)


def wait_for_end(process, name, deadline):
    try:
        code = process.wait(deadline - time.monotonic())
    except subprocess.TimeoutExpired:
        raise SystemExit(f"error: {name}: not all lines came within {PATIENCE} s") from None
    if code != 0:
        raise SystemExit(f"error: {name} failed with {code}")


class Flow:
    """One run of `way` into `sink`: seconds until all of `count` lines are there."""

    def __init__(self, way, sink, program, count, shelf):
        self.way, self.sink, self.program, self.count = way, sink, program, count
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="logs-", dir=shelf))
        self.processes, self.open = [], []

    def start(self, argv, **streams):
        process = subprocess.Popen(argv, stderr=subprocess.DEVNULL, **streams)
        self.processes.append(process)
        return process

    def target(self):
        """What the way has as standard output, and the reader of a pipe."""
        if self.sink == "pipe":
            reading, writing = os.pipe()
            reader = self.start([self.program, "drain"], stdin=reading)
            os.close(reading)
        else:
            name = self.way.file(self.home) if self.sink == "file" and not self.way.reads else "/dev/null"
            writing, reader = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644), None
        self.open.append(writing)
        return writing, reader

    def seconds(self):
        argv = self.way.command(self.home, (self.program, self.count), self.sink)
        began = time.monotonic()
        deadline = began + PATIENCE
        writing, reader = self.target()
        source = subprocess.DEVNULL
        if self.way.reads:
            source, pipe = os.pipe()
            self.start([self.program, str(self.count)], stdout=pipe, stdin=subprocess.DEVNULL)
            os.close(pipe)
            self.open.append(source)
        main = self.start(argv, stdin=source, stdout=writing)
        for descriptor in self.open:
            os.close(descriptor)
        last = reader or (main if self.way.ends else None)
        if last is None:
            wait_for_size(self.way.file(self.home), self.count * LINE, deadline)
        else:
            wait_for_end(last, self.way.name, deadline)
        took = time.monotonic() - began
        self.check()
        return took

    def check(self):
        if self.sink != "file":
            return
        folder = self.home / "log"
        files = folder.iterdir() if folder.is_dir() else [self.way.file(self.home)]
        size = sum(file.stat().st_size for file in files)
        if size < self.count * LINE:
            raise SystemExit(f"error: {self.way.name} wrote {size} bytes of {self.count * LINE}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.home)


def measure(ways, program, shelf):
    """By sink, way and count of lines: the seconds of each round."""
    samples = {}
    for _ in range(ROUNDS):
        for way in ways:
            for sink in way.sinks:
                for count in (0, LINES):
                    with Flow(way, sink, program, count, shelf) as flow:
                        row = samples.setdefault(sink, {}).setdefault(way.name, {})
                        row.setdefault(count, []).append(flow.seconds())
    return samples


def throughput(samples):
    """By sink and way: MB/s."""
    return {sink: {name: LINES * LINE / 1e6 / (min(times[LINES]) - min(times[0])) for name, times in row.items()}
            for sink, row in samples.items()}


def show(speeds, names):
    """A line for each sink; the number of sinks where prefix mode misses the aim."""
    print(f"\n{'the pump (prefix times theirs)':<32}" + "".join(f"{name:>18}" for name in names))
    missed = 0
    for sink, row in speeds.items():
        mine = row["pidone prefix"]
        line = f"{'lines to a ' + sink + ', MB/s':<32}"
        for name in names:
            text = f"{row[name]:.4g}" if name in row else "-"
            if name in row and not name.startswith("pidone"):
                text += f" ({mine / row[name]:.3g}x)"
            line += f"{text:>18}"
        ratio = mine / max(value for name, value in row.items() if not name.startswith("pidone"))
        missed += ratio < AIM
        print(f"{line}   aim {AIM}x: {'ok' if ratio >= AIM else 'MISSED'}", flush=True)
    return missed


def main(pidone, path="build/results/logs.json"):
    ways = [*(Pidone(os.path.abspath(pidone), mode) for mode in MODES), S6Log(), Svlogd(), Supervisord()]
    about = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "kernel": os.uname().release, "processors": os.cpu_count(), "load": os.getloadavg(),
        "lines": LINES, "bytes a line": LINE,
        "versions": {way.name: way.version() for way in ways},
        "settings": {way.name: way.settings for way in ways},
    }
    print(f"log pump, {LINES} lines of {LINE} bytes, {ROUNDS} rounds, load {about['load'][0]:.1f}")
    for way in ways:
        print(f"{way.name} {about['versions'][way.name]}: {way.settings}")
    # A disk would be measured else.
    with tempfile.TemporaryDirectory(prefix="pidone-logs-", dir="/dev/shm") as shelf:
        program = f"{shelf}/lines"
        source = pathlib.Path(__file__).with_name("lines.c")
        subprocess.run(["cc", "-Wall", "-Wextra", "-O2", "-static", "-o", program, source], check=True)
        samples = measure(ways, program, shelf)
    speeds = throughput(samples)
    missed = show(speeds, [way.name for way in ways])
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text(json.dumps({**about, "MB/s": speeds, "seconds": samples}, indent=1) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
