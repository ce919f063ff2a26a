#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The lint itself: each rule is broken once in a copy of the tree, and its script must say so there.
. "$(dirname "$0")/lib.sh"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
files . | xargs -d '\n' cp --parents --target-directory="$copy"
git -C "$copy" init --quiet

# catches SCRIPT TEXT FILE LINE: with LINE added to FILE, SCRIPT must report that FILE with TEXT.
catches() {
    local script=$1 text=$2 file=$3 line=$4 before='' said
    [ -f "$copy/$file" ] && before=$(cat "$copy/$file")
    mkdir -p "$copy/$(dirname "$file")"
    printf '%s\n' "$line" >>"$copy/$file"
    said=$("$copy/tests/lint/$script" 2>&1 || true)
    grep -qE "^$file:[0-9]+: .*$text" <<<"$said" ||
        report "tests/lint/$script:1: does not notice '$line' in $file"
    if [ -n "$before" ]; then printf '%s\n' "$before" >"$copy/$file"; else rm "$copy/$file"; fi
}

catches layers.sh 'must not include' init/core/broken.hpp '#include "sys/fd.hpp"'
catches layers.sh 'must not include' init/sys/broken.hpp '#include "core/spec.hpp"'
catches layers.sh 'must not include' init/base/broken.hpp '#include "core/spec.hpp"'
catches layers.sh 'system header' init/config/broken.hpp '#include <unistd.h>'
catches layers.sh 'only in config' init/cli/broken.hpp '#include <toml++/toml.h>'
catches house.sh 'the first line' init/core/broken.hpp '#pragma once'
catches house.sh 'does without' init/log/broken.hpp '#include <iostream>'
catches house.sh 'no exceptions' init/core/broken.hpp 'void f() { throw 1; }'
catches format.sh 'not formatted' init/core/broken.hpp 'int   f( );'
catches shell.sh 'SC2164' tools/broken.sh 'cd /nowhere'
catches forbidden.sh 'stay alive' dockerfiles/broken/Dockerfile "CMD tail ""-f /dev/null"
catches forbidden.sh 'stay alive' tools/broken.sh "sl""eep infinity"
catches forbidden.sh 'endless loop' tests/e2e/broken.py "while"" True:"
catches forbidden.sh 'endless loop' tests/unit/broken.cpp "for ""(;;) {"
catches forbidden.sh 'floating tag' dockerfiles/broken/Dockerfile "FROM debian:""latest"
catches forbidden.sh 'container links' docker-compose.yml "    links"": [x]"
catches forbidden.sh 'network' docker-compose.yml "    network_mode"": host"
catches forbidden.sh 'written out' docker-compose.yml "      DB_PASSWORD"": hunter2"
catches dockerfiles.sh 'line 1' dockerfiles/broken/Dockerfile '# syntax=docker/dockerfile:1'
catches dockerfiles.sh 'alone or with AS' dockerfiles/broken/Dockerfile 'FROM debian:bookworm-slim-of-somebody'
catches dockerfiles.sh 'alone or with AS' dockerfiles/nginx/Dockerfile 'FROM nginx:1.25'
catches dockerfiles.sh 'alone or with AS' dockerfiles/nginx/Dockerfile "from \\"$'\n  nginx:1.25 AS web'
catches dockerfiles.sh 'alone or with AS' dockerfiles/nginx/Dockerfile "FROM nginx:1.25 \\"
catches dockerfiles.sh 'from=nginx:1.25' dockerfiles/nginx/Dockerfile 'COPY --chown=33:33 --from=nginx:1.25 /etc/nginx /etc'
catches dockerfiles.sh 'from=site' dockerfiles/nginx/Dockerfile 'COPY --from=site /a /b'
catches dockerfiles.sh 'from=php:8.2' dockerfiles/nginx/Dockerfile "RUN --mount=type=bind,from=php:8.2 cp /a /b"
catches consistency.sh 'COPY --from' dockerfiles/broken/Dockerfile "COPY --from=pidone"":0.0.0 /a /b"
finish
