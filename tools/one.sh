#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The whole site in one container, examples/all-in-one: one.sh up|down|COMPOSE-WORD... It uses the same
# port as the site of 'make up', so only one of the two can be up.
. "$(dirname "$0")/lib.sh"

one() {
    compose --project-directory . --file examples/all-in-one/docker-compose.yml \
        --project-name "$(project_name)-one" "$@"
}
state() { docker inspect --format "$1" all-in-one 2>/dev/null; }
is_settled() { [ "$(state '{{.State.Health.Status}}')" = healthy ] || [ "$(state '{{.RestartCount}}')" -ge 3 ]; }

up() {
    tools/require.sh
    tools/env.sh
    tools/secrets.sh
    [ -z "$(docker ps --quiet --filter 'name=^nginx$')" ] || die "the site of 'make up' has the port: 'make down' first"
    tools/build.sh
    one build
    local started
    started=$(now_ms)
    one up -d --no-build
    wait_until "$UP_TIMEOUT" is_settled || true
    if [ "$(state '{{.State.Health.Status}}')" != healthy ]; then
        docker logs --tail 40 all-in-one >&2
        die "all-in-one is '$(state '{{.State.Status}} {{.State.Health.Status}}')'; its last lines are above"
    fi
    say "up in $(seconds $(($(now_ms) - started))) s: https://$(env_value DOMAIN_NAME):$(env_value HTTPS_PORT)/"
    docker exec all-in-one pidone status
}

case ${1:-up} in
    up) up ;;
    down) one down --remove-orphans ;;
    *) one "$@" ;;
esac
