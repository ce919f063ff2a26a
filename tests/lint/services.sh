#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 'pidone check' accepts every directory of service files that goes into an image.
. "$(dirname "$0")/lib.sh"

pidone=${PIDONE:-${BUILD_DIR:-build}/init/pidone}
[ -x "$pidone" ] || {
    report "$pidone:1: missing, run make unit first"
    finish
}
checked=0
for dir in services/*/; do
    compgen -G "$dir*.toml" >/dev/null || continue
    checked=$((checked + 1))
    if ! out=$("$pidone" check --no-root "${dir%/}" 2>&1); then
        report "${dir%/}:1: pidone check fails"
        printf '%s\n' "$out" | sed 's/^/    /'
    fi
done
[ "$checked" -gt 0 ] || report "services:1: no directory with service files"
finish
