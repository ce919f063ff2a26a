#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Takes the pictures of README.md, in docs/images, of the site that is up with all its services.
. "$(dirname "$0")/lib.sh"

MOST_BYTES=150000

[ -n "$(bonus_containers)" ] || die "the bonus services are not up: 'make bonus' starts them"
need_programs chromium:chromium node:nodejs npm:npm
modules=build/browser
tools/modules.sh tests/browser "$modules"

domain=$(env_value DOMAIN_NAME) port=$(env_value HTTPS_PORT)
answer=$(
    printf '{"story":"readme","results":"docs/images","seconds":60,"site":{"domain":"%s","address":"https://%s"}}\n' \
        "$domain" "$domain$([ "$port" = 443 ] || printf ':%s' "$port")" |
        NODE_PATH=$modules/node_modules node tests/browser/run.js
)
[[ $answer == '{"ok":true,'* ]] || die "the browser says: $answer"
for picture in docs/images/*.png; do
    size=$(stat --format %s "$picture")
    [ "$size" -le "$MOST_BYTES" ] || die "$picture has $size bytes, expected at most $MOST_BYTES"
    say "$picture: $size bytes"
done
