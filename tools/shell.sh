#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A shell in the running container of SERVICE, as the user of the service.
. "$(dirname "$0")/lib.sh"

name=${SERVICE:-}
[ -n "$name" ] || die "whose shell? make shell SERVICE=name, one of: $(services_of all | tr '\n' ' ')"
need_service "$name"
state=absent
if grep -qxF -- "$name" <<<"$(project_containers)"; then
    state=$(docker inspect --format '{{.State.Status}}' "$name")
fi
if [ "$state" != running ]; then
    say "error: '$name' is $state: '$(goal_of "$name")' starts it, 'make logs SERVICE=$name' has its last words" >&2
    say "a shell in its image and volumes meanwhile: tools/compose.sh run --rm --entrypoint /bin/bash $name" >&2
    exit 1
fi
terminal=()
if [ -t 0 ]; then terminal=(--tty); fi
exec docker exec --interactive "${terminal[@]}" "$name" bash
