#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy 14 over all of init/, two at a time. A file is looked at again only when it, a header of
# init/ or the settings changed; stamps live in the build directory.
. "$(dirname "$0")/lib.sh"

build=${BUILD_DIR:-build}
[ -f "$build/compile_commands.json" ] || {
    report "$build/compile_commands.json:1: missing, run make unit first"
    finish
}
stamps=$build/lint-tidy
mkdir -p "$stamps"
common=$( (files 'init/*.hpp' .clang-tidy | xargs cat) | sha256sum | cut -c 1-32)

# gcc's own warning names mean nothing to clang, and warnings are the compiler's business.
if [ "${1:-}" = --one ]; then
    file=$2
    stamp=$stamps/$(printf '%s' "$file" | tr / _)
    key=$common-$(sha256sum <"$file" | cut -c 1-32)
    [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && exit
    failed=0
    out=$(clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-everything --extra-arg=-Wno-error "$file" 2>&1) || failed=1
    found=$(printf '%s\n' "$out" | grep -E '^[^ ]+:[0-9]+:.*(warning|error):' | sed -E "s|^$PWD/||; s|^([^ :]*/)?\\.\\./init/|init/|" || true)
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
    elif [ "$failed" -eq 1 ]; then
        printf '%s:1: clang-tidy could not read this file: %s\n' "$file" "$(printf '%s' "$out" | head -n 1)"
    else
        printf '%s' "$key" >"$stamp"
    fi
    exit
fi

report_all < <(files 'init/*.cpp' | xargs -r -P "${JOBS:-2}" -n 1 tests/lint/tidy.sh --one | awk '!seen[$0]++ {print; fflush()}')
finish
