#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures pidone as a supervisor beside s6, runit and supervisord, then its log pump, then its command
# mode beside the small inits; 1 when an aim is missed. Raw results: build/results/{bench,logs}.json.
. "$(dirname "$0")/lib.sh"

is_root || die "PID namespaces are root's: sudo make bench"
need_programs s6-svscan:s6 runsvdir:runit supervisord:supervisor unshare:util-linux cc:gcc \
    dumb-init:dumb-init catatonit:catatonit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/results
binary=$(release_binary)
strip -o "$work/pidone" "$binary"
cc -Wall -Wextra -Os -static -o "$work/service" tools/bench/service.c
# Pages of a program that the disk has not seen yet count as dirty in whoever runs it.
sync "$work/pidone" "$work/service"

missed=0
tools/bench/bench.py "$work/pidone" "$work/service" build/results/bench.json || missed=1
say
tools/bench/logs.py "$work/pidone" || missed=1
say
tools/figures.sh program || missed=1
exit "$missed"
