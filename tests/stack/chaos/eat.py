# SPDX-License-Identifier: MIT
"""Eats the memory of a container from inside its cgroup until the kernel has killed somebody there.

eat.py CGROUP_DIRECTORY SECONDS: itself it is the last that the kernel would choose.
"""

import sys
import time
from pathlib import Path

CHUNK = 2 << 20


def kills(cgroup):
    """memory.events is of cgroup v2, memory.oom_control of v1."""
    for name in ("memory.events", "memory.oom_control"):
        if (cgroup / name).exists():
            fields = dict(line.split() for line in (cgroup / name).read_text().splitlines())
            return int(fields["oom_kill"])
    raise SystemExit(f"{cgroup} does not count its OOM kills")


def main(cgroup, seconds):
    before, deadline, held = kills(cgroup), time.monotonic() + seconds, []
    Path("/proc/self/oom_score_adj").write_text("-999")
    (cgroup / "cgroup.procs").write_text("0")
    try:
        while kills(cgroup) == before and time.monotonic() < deadline:
            held.append(b"\1" * CHUNK)
    except OSError:  # the container has ended
        pass


main(Path(sys.argv[1]), float(sys.argv[2]))
