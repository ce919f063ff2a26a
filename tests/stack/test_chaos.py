# SPDX-License-Identifier: MIT
"""Faults under load, chosen by a seed: `make chaos` runs this for a time, the suite until each kind came once."""

import os
import subprocess

import pytest

from chaos.changes import CHANGES, Change, table
from chaos.run import ALLOWED, Run, allowed
from engine import run, wait_until

SEED = int(os.environ.get("CHAOS_SEED") or 1)
SECONDS = int(os.environ.get("CHAOS_SECONDS") or 0)
BONUS = os.environ.get("CHAOS_BONUS", "on") == "on"
AGAIN = " ".join([*(f"{ALLOWED[kind]}=1" for kind in allowed()), f"make chaos SEED={SEED} SECONDS={SECONDS or 120}",
                  *(["BONUS=on"] if BONUS else [])])

# Small enough to be filled in a moment, and twice what the volume holds.
SIZES = {"mariadb": "256M", "wordpress": "256M", "nginx": "8M"}
# Prometheus takes 128 MiB at once for what it moves out of memory.
BONUS_SIZES = {"ftp": "8M", "prometheus": "512M", "backup": "128M"}


@pytest.fixture
def small(session_stack, tmp_path):
    """The stack on volumes that are file systems of their own; and why not, where they cannot be mounted."""
    session_stack.remove()
    session_stack.make_volumes()
    sizes = {**SIZES, **BONUS_SIZES} if BONUS else SIZES
    why, mounted = "", []
    try:
        for name, size in sizes.items():
            image, place = tmp_path / name, session_stack.data / name
            run("truncate", "-s", size, image)
            run("mkfs.ext4", "-q", "-m", "0", image)
            done = run("mount", "-o", "loop", image, place, check=False)
            if done.returncode != 0:
                why = done.stderr.strip()
                break
            mounted.append(place)
        session_stack.begin(has_bonus=BONUS)
        yield session_stack, sizes, why
    finally:
        session_stack.remove()
        for place in mounted:
            wait_until(lambda place=place: subprocess.call(["umount", place]) == 0, 10, f"{place} is free")


def test_no_acknowledged_write_is_lost_and_the_site_comes_back_at_once(small, capsys):
    site, sizes, why_not_full = small
    made = Run(site, SEED, SECONDS, () if why_not_full else sizes)
    with capsys.disabled():
        print(f"\nonce more: {AGAIN}")
        if why_not_full:
            print(f"left out: fill_disk, for no file system of its own can be mounted: {why_not_full}")
        made.go()
        print(made.table())
    if made.broken:
        pytest.fail("\n".join([AGAIN, *made.broken]), pytrace=False)


def test_a_reload_under_load_fails_no_request(site, capsys):
    made = [Change(site, *what, closing) for what in CHANGES for closing in (False, True)]
    with capsys.disabled():
        print(f"\n{table(made)}")
    # On a connection that it keeps open, wrk counts its own request on what nginx has just closed, where a browser sends
    # it anew.
    reloads = [change for change in made if change.closing and change.words[0] != "restart"]
    assert len(reloads) == 2 and all(change.reads for change in reloads)
    assert [change.row() for change in reloads if change.failed + change.refused] == []
