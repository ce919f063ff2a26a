#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the figures of the program and of the site, each beside its limit; 1 when one is missed. The
# site is measured on volumes in a temporary directory, and afterwards is up again if it was before.
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d)
missed=0

# shellcheck disable=SC2317 # called by the trap
back_to_normal() {
    trap - EXIT
    if [ -n "${site:-}" ]; then come_back "$work"; fi
    rm -rf "$work"
}
trap back_to_normal EXIT

have tini-static || apt_install tini
# Side by side, and written alike: where a file lies, and how it came there, tells in its page faults.
binary=$(release_binary)
strip -o "$work/stripped" "$binary"
cp "$work/stripped" "$work/pidone"
cp "$(command -v tini-static)" "$work/tini-static"
tools/figures.py program "$work/pidone" || missed=1

if engine_answers && [ "${1:-}" != program ]; then
    tools/env.sh >/dev/null
    tools/secrets.sh
    COMPOSE_PROFILES='' tools/build.sh >/dev/null
    make_room
    site=1
    # The three of `make`.
    DATA_DIR=$work/data BONUS=off COMPOSE_PROFILES='' tools/figures.py site "$(env_value HTTPS_PORT)" || missed=1
fi
exit "$missed"
