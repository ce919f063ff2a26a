#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# House rules of init/ that no compiler checks.
. "$(dirname "$0")/lib.sh"

mapfile -t sources < <(files 'init/*.cpp' 'init/*.hpp')
mapfile -t headers < <(files 'init/*.hpp')
[ "${#sources[@]}" -gt 0 ] || report "init:1: no sources found"

for file in "${sources[@]}"; do
    [ "$(head -n 1 "$file")" = '// SPDX-License-Identifier: MIT' ] ||
        report "$file:1: the first line must be '// SPDX-License-Identifier: MIT'"
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || report "$file:401: $lines lines, at most 400"
done
for file in "${headers[@]}"; do
    grep -qx '#pragma once' "$file" || report "$file:2: '#pragma once' is missing"
done

banned '#[[:space:]]*include[[:space:]]*<(iostream|ostream|istream|sstream|fstream|iomanip|locale|regex|functional|format|thread|future|mutex)>' \
    'a header that init/ does without (streams, locale, std::function, threads)' "${sources[@]}"
banned '\bstd::(function|regex|cout|cerr|locale|format)\b' 'banned in init/' "${sources[@]}"
banned '^[^/"]*\b(throw\b|catch[[:space:]]*\(|dynamic_cast\b|typeid\b)' 'no exceptions and no rtti in init/' "${sources[@]}"
banned '^[^/"]*\busing[[:space:]]+namespace\b' 'no using-directive in a header' "${headers[@]}"
banned '^using[[:space:]]+namespace\b' 'no using-directive outside a function' "${sources[@]}"
banned '\b(TODO|FIXME|XXX)\b' 'an open end belongs to an issue' "${sources[@]}"
banned 'NOLINT[A-Z]*(\([^)]*\))?[[:space:]]*$' 'NOLINT needs its check and a reason on the line' "${sources[@]}"
banned '[[:space:]]+$' 'trailing white space' "${sources[@]}"
banned '.{101}' 'more than 100 columns' "${sources[@]}"
finish
