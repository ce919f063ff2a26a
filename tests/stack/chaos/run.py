# SPDX-License-Identifier: MIT
"""One run: faults chosen by a seed hit the site under load, and each has a row in the table at the end."""

import itertools
import os
import time
from dataclasses import dataclass
from random import Random
from typing import Optional

from engine import SLOW, health, inspect, run, state, wait_until

from .faults import Faults, moment, rested, started
from .load import Reads, Uploader, Writer, lost

LIMIT = 5  # seconds from the last start of a container, or from the end of the fault, to a page with 200
KILLS = ("kill_daemon", "kill_pid_1", "eat_memory", "restart_loop")
ALL = ("kill_all", "restart_engine")
OTHERS = ("pause", "disconnect", "fill_disk", "restart")


@dataclass
class Row:
    at: float
    fault: str
    hit: str
    since: Optional[float] = None  # the site has had all it needs from then on
    good: Optional[float] = None  # the first page with 200 after it
    delay: Optional[float] = None
    reads: Optional[Reads] = None

    @property
    def to_200(self):
        return None if self.good is None else self.good - self.since


def plan(random, names, kinds, disks):
    """Endless pairs of a fault and a container: rounds in which every kind comes once, kills and others in turn."""
    targets = {}
    for kind in kinds:
        order = list(disks if kind == "fill_disk" else names)
        random.shuffle(order)
        targets[kind] = itertools.cycle(order)
    for _ in itertools.count():
        kills, others = [kind for kind in kinds if kind in KILLS], [kind for kind in kinds if kind in OTHERS]
        random.shuffle(kills)
        random.shuffle(others)
        pairs = itertools.zip_longest(others, kills)
        for kind in [kind for pair in pairs for kind in pair if kind] + [kind for kind in kinds if kind in ALL]:
            yield kind, next(targets[kind])


class Run:
    def __init__(self, site, seed, seconds, disks):
        """`disks` are the volumes that may be filled."""
        self.site, self.seconds = site, seconds
        self.random = Random(seed)
        kinds = [*KILLS, *OTHERS, "kill_all"]
        if os.environ.get("STACK_ENGINE_RESTART") == "1":
            kinds.append("restart_engine")
        if not disks:
            kinds.remove("fill_disk")
        self.plan = plan(self.random, site.names, kinds, disks)
        self.faults = Faults(site, self.random)
        self.rows, self.broken, self.lost = [], [], []
        self.begun = time.time()
        self.workers = [Writer(site).start(), *([Uploader(site).start()] if site.has_bonus else [])]

    def go(self):
        for part in (self._faults, *(worker.stop for worker in self.workers), self._check):
            try:
                part()
            except AssertionError as error:
                self.broken.append(f"{self.rows[-1].fault} of {self.rows[-1].hit}: {error}")
        return self

    def _faults(self):
        for kind, name in self.plan:
            if time.time() - self.begun > self.seconds:
                break
            if kind not in OTHERS:
                rested(*(self.site.names if kind in ALL else [name]))
            self.rows.append(Row(time.time(), kind, "all" if kind in ALL else name))
            self._hit(self.rows[-1], name)

    def _hit(self, row, name):
        before = {name: started(name) for name in self.site.names}
        row.reads = Reads(self.site)
        try:
            getattr(self.faults, row.fault)(name)
            self._recover(row, before, time.time())
        finally:
            row.reads.stop()
        again = [name for name in before if started(name) != before[name]]
        row.delay = max((started(name) - moment(inspect(name)["State"]["FinishedAt"]) for name in again), default=None)
        if row.to_200 > LIMIT * SLOW:
            self.broken.append(f"{row.fault} of {row.hit}: the site answered after {row.to_200:.1f} s, allowed are {LIMIT}")

    def _recover(self, row, before, over):
        """Until all are healthy, and no container has started again after the page that counts."""
        for _ in range(3):
            row.since = self._since(before, over)
            wait_until(lambda: self.site.visitor().get("/", timeout=2).status == 200, 60, self.site.explain)
            row.good = time.time()
            wait_until(lambda: all(is_well(name) for name in self.site.names), 60, self.site.explain)
            if self._since(before, over) == row.since:
                return
        raise AssertionError("containers start again and again")

    @staticmethod
    def _since(before, over):
        """The last start of a container that started again, else the end of the fault."""
        return max((started(name) for name in before if started(name) != before[name]), default=over)

    def _check(self):
        """Every acknowledged write is there, and no table is damaged."""
        wait_until(lambda: all(is_well(name) for name in self.site.names), 60, self.site.explain)
        self.lost = [write for worker in self.workers for write in lost(worker)]
        if self.lost:
            self.broken.append(f"{len(self.lost)} acknowledged writes are lost: {self.lost[:3]}")
        tables = self.site.sql("SHOW TABLES").stdout.split()
        said = self.site.sql("CHECK TABLE " + ", ".join(tables)).stdout
        self.broken += [line for line in said.splitlines() if line.split("\t")[-1] != "OK"]

    def table(self):
        """Lines of text: a row for each fault, and one of sums."""
        acknowledged = sorted(when for worker in self.workers for when, _ in worker.kept.values())
        failed = [when for worker in self.workers for when in worker.failed]
        lost = [when for when, _ in self.lost]
        rows = [("at", "fault", "hit", "delay", "to 200", "to write", "writes", "failed", "lost", "reads", "failed")]
        for row, following in itertools.zip_longest(self.rows, self.rows[1:]):
            def count(times, row=row, end=following.at if following else float("inf")):
                return sum(row.at <= when < end for when in times)
            write = next((when - row.since for when in acknowledged if row.since and when > row.since), None)
            rows.append((seconds(row.at - self.begun), row.fault, row.hit, seconds(row.delay), seconds(row.to_200),
                         seconds(write), count(acknowledged), count(failed), count(lost), row.reads.requests, row.reads.failed))
        rows.append((seconds(time.time() - self.begun), f"{len(self.rows)} faults", "", "", seconds(max((row.to_200 for row in self.rows if row.good), default=None)),
                     "", len(acknowledged), len(failed), len(lost), sum(row.reads.requests for row in self.rows),
                     sum(row.reads.failed for row in self.rows)))
        return columns(rows)


def is_well(name):
    """In its own words too: behind a pause Docker asks on, but holds a container for unhealthy until it is answered."""
    return state(name)["Status"] == "running" and (
        health(name) == "healthy" or run("docker", "exec", name, "pidone", "healthcheck", check=False).returncode == 0)


def seconds(value):
    return "-" if value is None else f"{value:.2f} s"


def columns(rows):
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
