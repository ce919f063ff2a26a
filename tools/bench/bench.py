#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures pidone beside s6, runit and supervisord in one run: bench.py PIDONE SERVICE RESULTS.json"""
import contextlib
import datetime
import json
import os
import pathlib
import statistics
import sys
import time

from candidates import Pidone, PidoneChain, Runit, S6, Supervisord
from world import World

COUNTS = (1, 10, 100)
MEMORY_ROUNDS = 3
SETTLE = 2.0  # seconds after the last start before anything is called idle
WINDOW = 10.0  # seconds of idleness that are looked at
RESTARTS = 15
LIFE = 1.2  # seconds; runit never starts a service twice within one
YOUNG_LIFE = 0.05
START_ROUNDS = 5
MANY = 100


class Results:
    """Samples by figure and candidate; a figure may have a limit that pidone is to keep."""

    def __init__(self, names):
        self.names, self.figures, self.missed = names, {}, 0

    def add(self, figure, name, sample):
        self.figures.setdefault(figure, {}).setdefault(name, []).append(sample)

    def row(self, figure, unit, scale=1.0, limit=None):
        """One line: medians, beside the rivals' how many times pidone's they are."""
        medians = {name: statistics.median(samples) * scale for name, samples in self.figures[figure].items()}
        mine = medians["pidone"]
        line = f"{figure + ', ' + unit:<44}"
        for name in self.names:
            text = f"{medians[name]:.4g}" if name in medians else "-"
            if name != "pidone" and name in medians and mine > 0:
                text += f" ({medians[name] / mine:.3g}x)"
            line += f"{text:>18}"
        if limit is not None:
            is_good = mine <= limit
            self.missed += not is_good
            line += f"   aim {limit:g}: {'ok' if is_good else 'MISSED'}"
        print(line, flush=True)

    def save(self, path, about):
        medians = {figure: {name: statistics.median(samples) for name, samples in row.items()}
                   for figure, row in self.figures.items()}
        everything = {**about, "medians": medians, "samples": self.figures}
        pathlib.Path(path).write_text(json.dumps(everything, indent=1) + "\n")


def rest(results, candidates, service):
    """Memory and wake-ups, all candidates resting side by side."""
    for count in COUNTS * MEMORY_ROUNDS:
        with contextlib.ExitStack() as stack:
            worlds = [stack.enter_context(World(candidate, count, service)) for candidate in candidates]
            for world in worlds:
                world.wait_for_starts(count)
            time.sleep(SETTLE)
            before = [world.switches() for world in worlds]
            time.sleep(WINDOW)
            for world, woken in zip(worlds, before):
                results.add(f"wake-ups, {count} idle", world.candidate.name, (world.switches() - woken) * 60 / WINDOW)
                results.add(f"memory, {count} services", world.candidate.name, world.memory())


def restarts(results, candidates, service):
    """Kills the one service of each in turn, when it has lived for a while and when it has just begun to."""
    with contextlib.ExitStack() as stack:
        worlds = [stack.enter_context(World(candidate, 1, service)) for candidate in candidates]
        for world in worlds:
            world.wait_for_starts(1)
        for _ in range(RESTARTS):
            time.sleep(LIFE)
            for world in worlds:
                results.add("death to next exec", world.candidate.name, world.restart_time())
                time.sleep(YOUNG_LIFE)
                results.add("the same, soon after a start", world.candidate.name, world.restart_time())


def starts_and_stops(results, candidates, service):
    for _ in range(START_ROUNDS):
        for candidate in candidates:
            with World(candidate, MANY, service) as world:
                starts = world.wait_for_starts(MANY)
                last = max(when for _, when in starts)
                results.add(f"start of {MANY}", candidate.name, (last - world.began) / 1e9)
                if isinstance(candidate, PidoneChain) and sorted(starts, key=lambda start: start[1]) != sorted(starts):
                    raise SystemExit("error: the chain did not start in its order")
                results.add(f"stop of {MANY}", candidate.name, world.stop_time())


def main(pidone, service, path):
    candidates = [Pidone(pidone), S6(), Runit(), Supervisord()]
    chain = PidoneChain(pidone)
    about = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "kernel": os.uname().release, "processors": os.cpu_count(), "load": os.getloadavg(),
        "versions": {candidate.name: candidate.version() for candidate in candidates},
        "settings": {candidate.name: candidate.settings for candidate in candidates},
        "notes": {candidate.name: candidate.note for candidate in [chain, *candidates] if candidate.note},
    }
    print(f"{about['date']}, Linux {about['kernel']}, {about['processors']} processors, load {about['load'][0]:.1f}")
    for name, settings in about["settings"].items():
        print(f"{name} {about['versions'][name]}: {settings}")
    names = [candidate.name for candidate in candidates]
    names.insert(1, chain.name)
    results = Results(names)
    rest(results, candidates, service)
    restarts(results, candidates, service)
    starts_and_stops(results, [chain, *candidates], service)

    print(f"\n{'medians (times pidone)':<44}" + "".join(f"{name:>18}" for name in names))
    for count in COUNTS:
        results.row(f"memory, {count} services", "KiB private dirty", limit=128 + 8 * count)
    for count in COUNTS:
        results.row(f"wake-ups, {count} idle", "a minute", limit=0)
    results.row("death to next exec", "ms", 1000)
    results.row("the same, soon after a start", "ms", 1000)
    results.row(f"start of {MANY}", "ms", 1000)
    results.row(f"stop of {MANY}", "ms", 1000)
    for name, note in about["notes"].items():
        print(f"start and stop, {name}: {note}")
    results.save(path, about)
    return 1 if results.missed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
