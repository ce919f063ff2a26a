#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 of a container's PID 1, the way a crash would do it, and the way back. 'docker kill' would
# not do: Docker counts it as a person's wish and leaves the container stopped.
. "$(dirname "$0")/lib.sh"

name=${SERVICE:-${1:-wordpress}}
field() { docker inspect --format "$1" "$name" 2>/dev/null; }
is_back() {
    local status health now
    read -r status health now <<<"$(field '{{.State.Status}} {{.State.Health.Status}} {{.State.Pid}}')"
    [ "$status" = running ] && [ "$health" = healthy ] && [ "$now" != "$pid" ]
}

# Any other container of the machine is somebody else's.
grep -qxF -- "$name" <<<"$(project_containers)" ||
    die "no container '$name' of this project; there are: $(project_containers | tr '\n' ' ')"
pid=$(field '{{.State.Pid}}')
[ "${pid:-0}" -gt 1 ] || die "'$name' does not run: 'make' starts it"
restarts=$(field '{{.RestartCount}}')
say "\$ kill -9 $pid   # PID 1 of '$name', $(tr '\0' ' ' </proc/"$pid"/cmdline)"
killed=$(now_ms)
if is_root; then
    kill -9 "$pid"
else
    # A plain user of group docker has that right only through a container that sees the host's processes.
    docker run --rm --network none --pid host --user 0 debian:bookworm-slim bash -c 'kill -9 "$1"' kill "$pid"
fi
wait_until "${CRASH_TIMEOUT:-60}" is_back || {
    docker logs --tail 15 "$name" 2>&1 | sed 's/^/    /' >&2
    die "'$name' did not come back within ${CRASH_TIMEOUT:-60} s"
}
say "'$name' is healthy again after $(seconds $(($(now_ms) - killed))) s (restarts: $restarts -> $(field '{{.RestartCount}}'))"
