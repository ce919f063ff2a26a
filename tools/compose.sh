#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compose as this machine has it, after checking that .env is there.
. "$(dirname "$0")/lib.sh"
[ -f .env ] || die "'.env' is missing: 'make' or 'make secrets' writes it"
compose "$@"
