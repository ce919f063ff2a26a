#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each container's own view of its services.
. "$(dirname "$0")/lib.sh"

found=0
while read -r name; do
    found=1
    say "$name: $(docker inspect --format '{{.State.Status}}{{if .State.Health}}, {{.State.Health.Status}}{{end}}, restarts {{.RestartCount}}' "$name")"
    docker exec "$name" /usr/bin/pidone status 2>&1 | sed 's/^/    /' || true
done < <(project_containers)
[ "$found" -eq 1 ] || die "no container of this project: 'make' starts the site"
