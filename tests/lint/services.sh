#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 'pidone check' accepts every directory of service files that goes into an image, and the example's.
. "$(dirname "$0")/lib.sh"

pidone=${PIDONE:-${BUILD_DIR:-build}/init/pidone}
[ -x "$pidone" ] || {
    report "$pidone:1: missing, run make unit first"
    finish
}
checked=0
# check NAME PATH...: the service files of one image.
check() {
    local name=$1 out
    shift
    checked=$((checked + 1))
    if ! out=$("$pidone" check --no-root "$@" 2>&1); then
        report "$name:1: pidone check fails"
        printf '%s\n' "$out" | sed 's/^/    /'
    fi
}
for dir in services/*/; do
    compgen -G "$dir*.toml" >/dev/null || continue
    check "${dir%/}" services "${dir%/}"
done
[ "$checked" -gt 0 ] || report "services:1: no directory with service files"
# The example takes the same files, with overrides.
check examples/all-in-one/etc services/nginx services/mariadb services/wordpress examples/all-in-one/etc
finish
