#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every shell script, whatever it is called, satisfies the checker.
. "$(dirname "$0")/lib.sh"

mapfile -t scripts < <(files . | while IFS= read -r file; do
    case $file in
        *.sh | .ci/run) printf '%s\n' "$file" ;;
        *) head -c 64 "$file" | head -n 1 | tr -d '\0' | grep -qE '^#!.*\b(ba|da)?sh\b' && printf '%s\n' "$file" ;;
    esac
done)
[ "${#scripts[@]}" -gt 0 ] || report "tools:1: no shell script found"
report_all < <(shellcheck --external-sources --source-path=SCRIPTDIR --format=gcc "${scripts[@]}" | sed -E 's/^([^:]*:[0-9]+):[0-9]+: /\1: /')

# A script that nobody can run is a document.
while IFS= read -r file; do
    [ "$(basename "$file")" = lib.sh ] || [ -x "$file" ] || report "$file:1: not executable"
done < <(printf '%s\n' "${scripts[@]}" | grep -E '^(tools|tests/lint)/')
finish
