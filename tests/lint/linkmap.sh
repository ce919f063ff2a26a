#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The release binary: static, small when stripped, and with no stream or locale code linked in.
. "$(dirname "$0")/lib.sh"

pidone=${BUILD_DIR:-build}/init/pidone
limit=1468006 # 1.4 MiB
[ -x "$pidone" ] || {
    report "$pidone:1: missing, run make unit first"
    finish
}
symbols=$(nm --demangle "$pidone" 2>/dev/null || true)
[ -n "$symbols" ] || report "$pidone:1: has no symbols to look at: the build directory must hold the unstripped binary"
report_all < <(printf '%s\n' "$symbols" |
    grep -oE '[a-zA-Z] (vtable for )?std::(locale|basic_ostream|basic_istream|basic_streambuf|basic_filebuf|ios_base|num_put|num_get|ctype|codecvt)\b.*' |
    sort -u | head -n 5 | sed "s|^|$pidone:1: stream or locale code is linked: |")
if readelf --program-headers "$pidone" | grep -q INTERP; then
    report "$pidone:1: not static: it asks for a dynamic loader"
fi
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$pidone"
size=$(stat -c %s "$stripped")
[ "$size" -le "$limit" ] || report "$pidone:1: $size bytes when stripped, at most $limit"
finish
