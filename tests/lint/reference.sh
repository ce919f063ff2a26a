#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Help, manual pages and docs/service-file.md say the same: each key of the key table, each sub-command,
# each option and each variable is in all of them. UPDATE=1 writes what is made of the table.
. "$(dirname "$0")/lib.sh"

pidone=${PIDONE:-${BUILD_DIR:-build}/init/pidone}
[ -x "$pidone" ] || {
    report "$pidone:1: missing, run make unit first"
    finish
}
report_all < <(/usr/bin/python3 tools/reference.py "$pidone" 2>&1)

if ! command -v mandoc >/dev/null; then
    report "man:1: mandoc is missing, make lint installs it as root on Debian"
    finish
fi
# A page that is not installed here is no finding.
report_all < <(mandoc -T lint man/*.[15] | grep -v 'referenced manual not found' | sed -E 's/^mandoc: ([^:]*:[0-9]+):[0-9]*/\1/')

manual=$(mandoc -T ascii man/pidone.1 | col -bx)
# in_manual WHAT: a whole word of pidone(1).
in_manual() { grep -qE -- "(^|[^[:alnum:]_-])$1($|[^[:alnum:]_-])" <<<"$manual"; }

overview=$("$pidone" help)
commands=$(sed -n '/kSubCommands{/,/};/p' init/main.cpp | grep -oE 'SubCommand\{"[a-z]+"' | grep -oE '[a-z]+"$' | tr -d '"')
[ -n "$commands" ] || report "init/main.cpp:1: no sub-command found"
for command in run $commands; do
    grep -qE "pidone ([a-z|]*\|)?$command\b|\| $command\b" <<<"$overview" || report "init/cli/help.cpp:1: 'pidone help' lacks '$command'"
    in_manual "$command" || report "man/pidone.1:1: lacks '$command'"
    if ! help=$("$pidone" help "$command"); then
        report "init/cli/help.cpp:1: no 'pidone help $command'"
        continue
    fi
    mapfile -t words < <(grep -oE -- '(--[a-z][a-z-]+|PIDONE_[A-Z_]+)' <<<"$help" | sort -u)
    for word in "${words[@]}"; do
        in_manual "$word" || report "man/pidone.1:1: lacks '$word' of 'pidone help $command'"
    done
done
# What the program knows and no help mentions.
mapfile -t words < <({
    grep -ohE '"--[a-z][a-z-]+' init/cli/*.cpp
    grep -ohE '"PIDONE_[A-Z_]+"' init/config/*.[ch]pp
} | tr -d '"' | sort -u)
for word in "${words[@]}"; do
    in_manual "$word" || report "man/pidone.1:1: lacks '$word'"
done
finish
