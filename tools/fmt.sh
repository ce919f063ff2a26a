#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Formats all C++ in place with the version that 'make lint' compares with.
. "$(dirname "$0")/lib.sh"

have clang-format-14 || apt_install clang-format-14
git ls-files -z --cached --others --exclude-standard 'init/*.cpp' 'init/*.hpp' 'tests/*.cpp' 'tests/*.hpp' |
    xargs -0 -r clang-format-14 -i
