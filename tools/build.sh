#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All images: the base, pidone's, then one per service.
. "$(dirname "$0")/lib.sh"

tools/base.sh
started=$(now_ms)
compose build "$@"
say "images built in $(seconds $(($(now_ms) - started))) s"
