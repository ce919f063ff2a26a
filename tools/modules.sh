#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# modules.sh DIRECTORY TARGET: the npm packages that DIRECTORY/package-lock.json pins, into TARGET/node_modules;
# nothing to do while the lock is the one that TARGET was made from.
. "$(dirname "$0")/lib.sh"

lock=$1/package-lock.json target=$2
have npm || die "$lock: npm is missing; as root: apt-get install npm"
cmp -s "$lock" "$target/installed.json" && exit
rm -rf "$target"
mkdir -p "$target"
cp "$1/package.json" "$lock" "$target/"
npm ci --prefix "$target" --no-audit --no-fund --loglevel=error >/dev/null || die "$lock: npm ci fails: is the registry reachable?"
# Last, so that half of it does not pass for all of it.
cp "$lock" "$target/installed.json"
