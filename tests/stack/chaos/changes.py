# SPDX-License-Identifier: MIT
"""Daemons that are reloaded and restarted inside their containers, by pidone's own client, while wrk reads."""

import time

from engine import docker

from .load import Reads
from .run import columns

TIMES = 5
FILE = "/wp-includes/css/dist/block-library/style.min.css"

# What is done, in whose container, and what is read meanwhile: of nginx alone a file, else a page.
CHANGES = (
    ("nginx", ("reload", "nginx"), FILE),
    ("nginx", ("restart", "nginx"), FILE),
    ("wordpress", ("signal", "USR2", "wordpress"), "/"),
    ("wordpress", ("restart", "wordpress"), "/"),
    ("mariadb", ("restart", "mariadb"), "/"),
)


class Change:
    """One kind of change, made TIMES times under load."""

    def __init__(self, site, container, words, path, closing):
        self.container, self.words, self.closing = container, words, closing
        before = site.pids()
        # A slow answer is no failed one.
        reads = Reads(site, closing, path, patience=60)
        begun = time.monotonic()
        for _ in range(TIMES):
            docker("exec", container, "pidone", *words)
        self.each = (time.monotonic() - begun) / TIMES
        site.wait_whole()
        reads.stop()
        self.reads, self.failed, self.refused = reads.requests, reads.failed, reads.refused
        assert site.pids() == before, "the containers stay"

    def row(self):
        return (self.container, " ".join(("pidone", *self.words)), "closed" if self.closing else "kept open", TIMES,
                f"{self.each:.2f} s", self.reads, self.failed, self.refused)


def table(changes):
    return columns([("in", "what", "connections", "times", "each", "reads", "failed", "refused"),
                    *(change.row() for change in changes)])
