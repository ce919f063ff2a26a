#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Removes what 'make' made, apart from the data, .env and secrets/.
. "$(dirname "$0")/lib.sh"

# What root once built only root can remove; better said now than with half of it gone.
for dir in build build-asan build-fuzz; do
    [ -d "$dir" ] || continue
    closed=$(find "$dir" -type d ! -writable -print -quit 2>/dev/null) || true
    [ -z "$closed" ] || die "'$closed' belongs to $(stat -c %U "$closed"): 'sudo make clean' removes it"
done

if have docker && engine_answers && [ -f .env ]; then
    # --volumes forgets the names only: the files lie under DATA_DIR and stay.
    compose down --remove-orphans --volumes --rmi all 2> >(grep -v 'not found' >&2)
    docker image rm "pidone:$(pidone_version)" >/dev/null 2>&1 || true
fi
rm -rf build build-asan build-fuzz
say "removed: containers, networks, our images, build directories. The data, .env and secrets/ stay"
