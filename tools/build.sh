#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All images: the base, pidone's, then one per service.
. "$(dirname "$0")/lib.sh"

tools/base.sh
started=$(now_ms)
# v2 builds in parallel by itself and no longer has the option everywhere.
parallel=(--parallel)
if docker compose version >/dev/null 2>&1; then parallel=(); fi
compose build "${parallel[@]}" "$@"
say "images built in $(seconds $(($(now_ms) - started))) s"
