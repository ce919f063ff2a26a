#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures pidone beside tini-static in one run, or the site from 'up' to the first page."""
import os
import pathlib
import shutil
import ssl
import statistics
import subprocess
import sys
import time
import urllib.request

ROUNDS = 500
WARM_UP = 20
SITE_ROUNDS = 3
missed = 0


def show(what, value, unit, limit=None, note=""):
    """One line; without a limit it is for information."""
    global missed
    verdict = ""
    if limit is not None:
        good = value <= limit
        missed += not good
        verdict = f"at most {limit:g} {unit}: {'ok' if good else 'MISSED'}"
    print(f"{what:<46} {value:>10.2f} {unit:<4} {verdict} {note}".rstrip(), flush=True)


def run_once(argv):
    """Microseconds from the start of a process to its end, and of CPU in its whole tree."""
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, {})
    usage = os.wait4(pid, 0)[2]
    return (time.perf_counter() - start) * 1e6, (usage.ru_utime + usage.ru_stime) * 1e6


def start_overhead(prefixes):
    """Median (wall, CPU) by name, the candidates taking turns so that noise hits all alike."""
    samples = {name: [] for name in prefixes}
    for turn in range(ROUNDS + WARM_UP):
        for name, prefix in prefixes.items():
            taken = run_once([*prefix, "/bin/true"])
            if turn >= WARM_UP:
                samples[name].append(taken)
    return {name: tuple(statistics.median(column) for column in zip(*taken)) for name, taken in samples.items()}


def flush(path):
    """Pages of a file that the disk has not seen yet count as dirty in whoever maps it."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def private_dirty(prefix):
    """KiB of the init itself while its child sleeps."""
    with subprocess.Popen([*prefix, "/bin/sleep", "60"], stderr=subprocess.DEVNULL) as process:
        try:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                child = children.read_text().split()
                if child and pathlib.Path(f"/proc/{child[0]}/comm").read_text() == "sleep\n":
                    break
                time.sleep(0.005)
            rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_Dirty"))
        finally:
            process.terminate()


def program(pidone):
    tini = str(pathlib.Path(pidone).with_name("tini-static"))
    inits = {"pidone": [pidone, "-s", "--"], "tini-static": [tini, "-s", "--"]}
    inits |= {name: [path, "--"] for name in ("dumb-init", "catatonit") if (path := shutil.which(name))}
    show("pidone, static and stripped", os.path.getsize(pidone) / 2**20, "MiB", 1.4)
    for argv in inits.values():
        flush(argv[0])
    dirty = {name: private_dirty(prefix) for name, prefix in inits.items()}
    show("private dirty memory in command mode", dirty["pidone"], "KiB", 96,
         "(" + ", ".join(f"{name} {size}" for name, size in list(dirty.items())[1:]) + ")")
    taken = start_overhead({"bare": [], **inits})
    for name, (wall, cpu) in taken.items():
        show(f"start and end of /bin/true, {name}", wall, "us", note=f"(CPU {cpu:.0f} us)")
    over = {name: [mine - bare for mine, bare in zip(both, taken["bare"])] for name, both in taken.items()}
    show("start overhead of pidone over tini-static's", over["pidone"][0] / over["tini-static"][0], "x", 1.1,
         f"(CPU {over['pidone'][1] / over['tini-static'][1]:.2f} x)")


def first_page(port, deadline):
    """Waits for the first answer 200 on the site."""
    context = ssl._create_unverified_context()
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{port}/", timeout=5, context=context) as page:
                if page.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.025)  # a handshake takes its share of the two processors that the site needs
    sys.exit("error: the site did not answer with 200 in time")


def timed_up(port, *command):
    """Seconds from the compose command to the first page; compose goes on by itself meanwhile."""
    start = time.monotonic()
    with subprocess.Popen(["tools/compose.sh", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        first_page(port, start + 120)
        return time.monotonic() - start


def timed_down(*options):
    start = time.monotonic()
    subprocess.run(["tools/compose.sh", "down", *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def site(port):
    """Medians; every round has a data directory of its own, because ext4 is slow beside deleted files."""
    fresh, down, again = [], [], []
    home = os.environ["DATA_DIR"]
    for turn in range(SITE_ROUNDS):
        os.environ["DATA_DIR"] = f"{home}/{turn}"
        subprocess.run(["tools/volumes.sh"], check=True, stdout=subprocess.DEVNULL)
        fresh.append(timed_up(port, "up", "-d", "--no-build"))
        down.append(timed_down())
        again.append(timed_up(port, "up", "-d", "--no-build"))
        timed_down("--volumes")
    show("up to the first 200, fresh volumes", statistics.median(fresh), "s", 3.0)
    show("down", statistics.median(down), "s", 2.0)
    show("up to the first 200, with data", statistics.median(again), "s", 2.0)


{"program": program, "site": site}[sys.argv[1]](sys.argv[2])
sys.exit(1 if missed else 0)
