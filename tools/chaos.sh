#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Faults under load on a stack with data of its own: chaos.sh [SECONDS [SEED]]. A site that is up makes room and
# comes back at the end. The same SEED chooses the same faults. BONUS=on: all services, and uploads by FTP as well.
. "$(dirname "$0")/lib.sh"

for_long=${1:-120} seed=${2:-$RANDOM}
[[ $for_long =~ ^[1-9][0-9]*$ ]] || die "SECONDS is '$for_long', expected a number of seconds"
[[ $seed =~ ^[0-9]+$ ]] || die "SEED is '$seed', expected a number"
is_root || die "make chaos kills processes and mounts file systems: run it as root"
need_programs wrk:wrk mkfs.ext4:e2fsprogs curl:curl
/usr/bin/python3 -c 'import pytest' 2>/dev/null || apt_install python3-pytest
tools/require.sh
tools/env.sh
tools/secrets.sh
tools/build.sh
# Each fault has its own deadlines; this one holds whatever happens. In the foreground, so that Ctrl-C is heard there.
limit=$(awk -v seconds="$for_long" -v patience="${STACK_PATIENCE:-1}" 'BEGIN {print seconds + 300 * patience}')
CHAOS_BONUS=${BONUS:-off} CHAOS_SEED=$seed CHAOS_SECONDS=$for_long timeout --foreground --signal INT --kill-after 60 "$limit" \
    /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/stack/test_chaos.py
