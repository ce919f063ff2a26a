#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-format 14 agrees with every C++ file.
. "$(dirname "$0")/lib.sh"

mapfile -t sources < <(files 'init/*.cpp' 'init/*.hpp' 'tests/*.cpp' 'tests/*.hpp')
report_all < <(clang-format-14 --dry-run "${sources[@]}" 2>&1 |
    sed -nE 's/^([^ ]*:[0-9]+):[0-9]+: .*clang-format-violations.*/\1: not formatted, run make fmt/p')
finish
