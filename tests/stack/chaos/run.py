# SPDX-License-Identifier: MIT
"""One run: faults chosen by a seed hit the site under load, and each has a row in the table at the end."""

import itertools
import os
from dataclasses import dataclass
from random import Random
from typing import Optional

from engine import SLOW, health, inspect, state, wait_until

from stack import ALL_PROGRAMS

from .clock import now
from .faults import Faults, moment, rested, says_well, started
from .load import Reads, Uploader, Writer, lost

LIMIT = 5  # seconds from the last start of a container, or from the end of the fault, to a page with 200
KILLS = ("kill_daemon", "kill_pid_1", "eat_memory", "restart_loop")
# These hit everything on the machine, and so each needs a variable that allows it.
ALLOWED = {"restart_engine": "STACK_ENGINE_RESTART", "jump_clock": "STACK_CLOCK_JUMP"}
ALL = ("kill_all", *ALLOWED)
OTHERS = ("pause", "disconnect", "fill_disk", "restart")


@dataclass
class Row:
    at: float
    fault: str
    hit: str
    since: Optional[float] = None  # the site has had all it needs from then on
    good: Optional[float] = None  # the first page with 200 after it
    delay: Optional[float] = None
    reads: int = 0
    reads_failed: int = 0

    @property
    def to_200(self):
        return None if self.good is None else self.good - self.since


def plan(random, names, kinds, disks):
    """Endless rounds, lists of pairs of a fault and a container: each kind once, each disk full, kills and others in turn."""
    # Without a daemon of its own, as backup is, a container stays when its exporter is killed.
    able = {"fill_disk": disks, "kill_daemon": [name for name in names if ALL_PROGRAMS[name] != "pidone"]}
    order = random.sample(names, len(names))
    targets = {}
    for kind in kinds:
        targets[kind] = itertools.cycle([name for name in order if name in able.get(kind, names)])
        # In a round each kind has another container.
        order.append(order.pop(0))
    for _ in itertools.count():
        kills = [kind for kind in kinds if kind in KILLS]
        others = [kind for kind in kinds if kind in OTHERS for _ in (disks if kind == "fill_disk" else [kind])]
        random.shuffle(kills)
        random.shuffle(others)
        pairs = itertools.zip_longest(others, kills)
        round_ = [kind for pair in pairs for kind in pair if kind] + [kind for kind in kinds if kind in ALL]
        yield [(kind, next(targets[kind])) for kind in round_]


class Run:
    def __init__(self, site, seed, seconds, disks):
        """`disks` are the volumes that may be filled. Without `seconds` there is one round."""
        self.site, self.seconds = site, seconds or float("inf")
        self.random = Random(seed)
        kinds = [*KILLS, *OTHERS, "kill_all", *allowed()]
        if not disks:
            kinds.remove("fill_disk")
        rounds = plan(self.random, site.names, kinds, disks)
        self.plan = itertools.chain.from_iterable(rounds if seconds else itertools.islice(rounds, 1))
        self.faults = Faults(site, self.random)
        self.rows, self.broken, self.lost = [], [], []
        self.begun = now()
        self.workers = [Writer(site).start(), *([Uploader(site).start()] if site.has_bonus else [])]

    def go(self):
        goes_on = [worker.wait_acknowledged for worker in self.workers]
        for part in (self._faults, *goes_on, *(worker.stop for worker in self.workers), self._check):
            try:
                part()
            except AssertionError as error:
                self.broken.append("".join(f"{row.fault} of {row.hit}: " for row in self.rows[-1:]) + str(error))
        return self

    def _faults(self):
        for kind, name in self.plan:
            if now() - self.begun > self.seconds:
                break
            if kind not in OTHERS:
                rested(*(self.site.names if kind in ALL else [name]))
            self.rows.append(Row(now(), kind, "all" if kind in ALL else name))
            self._hit(self.rows[-1], name)

    def _hit(self, row, name):
        before = {name: started(name) for name in self.site.names}
        reads = Reads(self.site)
        try:
            getattr(self.faults, row.fault)(name)
            self._recover(row, before, now())
        finally:
            reads.stop()
            row.reads, row.reads_failed = reads.requests, reads.failed
        again = [name for name in before if started(name) != before[name]]
        row.delay = max((started(name) - moment(inspect(name)["State"]["FinishedAt"]) for name in again), default=None)
        if row.to_200 > LIMIT * SLOW:
            self.broken.append(f"{row.fault} of {row.hit}: the site answered after {row.to_200:.1f} s, allowed are {LIMIT}")

    def _recover(self, row, before, over):
        """Until all are healthy, and no container has started again after the page that counts."""
        for _ in range(3):
            row.since = self._since(before, over)
            wait_until(lambda: self.site.visitor().get("/", timeout=2).status == 200, 60, self.site.explain)
            row.good = now()
            wait_until(lambda: all(is_well(name) for name in self.site.names), 60, self.site.explain)
            if self._since(before, over) == row.since:
                return
        raise AssertionError("containers start again and again")

    @staticmethod
    def _since(before, over):
        """The last start of a container that started again, else the end of the fault."""
        return max((started(name) for name in before if started(name) != before[name]), default=over)

    def _check(self):
        """Every acknowledged write is there, no table is damaged, and there were readers."""
        wait_until(lambda: all(is_well(name) for name in self.site.names), 60, self.site.explain)
        self.lost = [write for worker in self.workers for write in lost(worker)]
        if self.lost:
            self.broken.append(f"{len(self.lost)} acknowledged writes are lost: {self.lost[:3]}")
        tables = self.site.sql("SHOW TABLES").stdout.split()
        said = self.site.sql("CHECK TABLE " + ", ".join(tables)).stdout
        if not sum(row.reads for row in self.rows):
            self.broken.append("wrk has read no page")
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
                         seconds(write), count(acknowledged), count(failed), count(lost), row.reads, row.reads_failed))
        rows.append((seconds(now() - self.begun), f"{len(self.rows)} faults", "", "", seconds(max((row.to_200 for row in self.rows if row.good), default=None)),
                     "", len(acknowledged), len(failed), len(lost), sum(row.reads for row in self.rows),
                     sum(row.reads_failed for row in self.rows)))
        return columns(rows)


def allowed():
    """The kinds that hit everything on the machine, as far as somebody allowed them."""
    return [kind for kind, key in ALLOWED.items() if os.environ.get(key) == "1"]


def is_well(name):
    """In its own words too: behind a pause Docker asks on, but holds a container for unhealthy until it is answered."""
    return state(name)["Status"] == "running" and (health(name) == "healthy" or says_well(name))


def seconds(value):
    return "-" if value is None else f"{value:.2f} s"


def columns(rows):
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
