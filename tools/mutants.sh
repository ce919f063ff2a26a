#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Mutation testing of the lines listed in tests/mutants/list.tsv. One line at a time is replaced in a
# copy of the tree, the named tests are built and run, and one of them must fail. Columns, separated by
# tabs: file, the line without its indentation (it must occur once), the replacement, the tests: names
# of meson tests (unit, sim, golden) and 'e2e:EXPRESSION' for pytest -k.
. "$(dirname "$0")/lib.sh"

LIST=${1:-tests/mutants/list.tsv}
[ -f "$LIST" ] || die "'$LIST' is missing"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
killed=0 survived=0 broken=0

copy_tree() {
    git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory="$work" 2>/dev/null || true
    cd "$work"
    meson setup build -Dstatic=true -Dtests=enabled >/dev/null
    meson compile -C build >/dev/null
}

# run_tests TEST...: succeeds when all pass, that is when the mutant lives.
run_tests() {
    local test
    for test in "$@"; do
        case $test in
            e2e:*)
                PIDONE=$work/build/init/pidone timeout 300 /usr/bin/python3 -m pytest -q -x -p no:cacheprovider \
                    -k "${test#e2e:}" tests/e2e >"$work/log" 2>&1 || return 1
                ;;
            *) timeout 600 meson test -C build --no-rebuild "$test" >"$work/log" 2>&1 || return 1 ;;
        esac
    done
}

# replace FILE OLD NEW: exactly one line, keeping its indentation; 1 when it is not there exactly once.
replace() {
    /usr/bin/python3 - "$@" <<'PYTHON'
import sys

path, old, new = sys.argv[1:]
lines = open(path).read().split("\n")
hits = [index for index, line in enumerate(lines) if line.strip() == old.strip()]
if len(hits) != 1:
    sys.exit(1)
line = lines[hits[0]]
lines[hits[0]] = line[: len(line) - len(line.lstrip())] + new
open(path, "w").write("\n".join(lines))
PYTHON
}

# A mutant that does not fit the source or does not compile proves nothing, so it counts as a fault of the list.
try_mutant() {
    local number=$1 file=$2 old=$3 new=$4 tests
    read -ra tests <<<"$5"
    cp "$file" "$work/original"
    if ! replace "$file" "$old" "$new"; then
        say "$LIST:$number: not exactly one such line in $file: $old"
        broken=$((broken + 1))
    elif ! meson compile -C build >"$work/log" 2>&1; then
        say "$LIST:$number: does not compile: $new"
        grep -m 3 'error' "$work/log" | sed 's/^/    /' || true
        broken=$((broken + 1))
    elif run_tests "${tests[@]}"; then
        say "$LIST:$number: SURVIVED: $file: '$old' -> '$new' (tests: ${tests[*]})"
        survived=$((survived + 1))
    else
        say "$LIST:$number: killed: $file: '$old' -> '$new'"
        killed=$((killed + 1))
    fi
    cp "$work/original" "$file"
}

copy_tree
mapfile -t rows <"$LIST"
say "all tests must pass before a line is broken"
mapfile -t every < <(grep -v '^#' "$LIST" | cut -f 4 | tr ' ' '\n' | grep -vE '^(e2e:.*)?$' | sort -u)
run_tests "${every[@]}" || {
    tail -n 20 "$work/log" >&2
    die "a test fails without any mutation"
}
for index in "${!rows[@]}"; do
    [[ ${rows[index]} == '#'* || -z ${rows[index]} ]] && continue
    # An empty replacement is a column too, so tabs must not be squeezed the way 'read' would.
    mapfile -t -d $'\t' column < <(printf '%s' "${rows[index]}")
    [ "${#column[@]}" -eq 4 ] || die "$LIST:$((index + 1)): ${#column[@]} columns, expected 4"
    try_mutant "$((index + 1))" "${column[@]}"
done
say "$killed killed, $survived survived, $broken not applicable"
[ "$survived" -eq 0 ] && [ "$broken" -eq 0 ] && [ "$killed" -gt 0 ]
