#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From whatever is there to a site that answers. --no-build takes the images as they are, --anew makes
# new containers, --bonus starts all services instead of the mandatory three, --same those that are there.
. "$(dirname "$0")/lib.sh"

build=1 anew=0 parts=mandatory
for word; do
    case $word in
        --no-build) build=0 ;;
        --anew) anew=1 ;;
        --bonus | --same) parts=${word#--} ;;
        *) die "unknown option '$word': expected --no-build, --anew, --bonus or --same" ;;
    esac
done

# What was asked for is what runs: a start without the bonus ends it.
end_bonus() {
    if [ "$parts" = bonus ] || [ "${#running[@]}" -eq 0 ]; then return; fi
    say "stopping the bonus services (their data stays, 'make bonus' starts them again): ${running[*]}"
    docker stop "${running[@]}" >/dev/null
    docker rm "${running[@]}" >/dev/null
}

# Everything that is wrong is said in one go, before anything is built, stopped or started.
check_all() {
    local bad=0
    if tools/env.sh; then
        choose_parts "$parts"
        tools/preflight.sh "$parts" || bad=1
    else
        bad=1
    fi
    tools/secrets.sh || bad=1
    [ "$bad" -eq 0 ] || die "nothing was started; what to do is in the lines above"
}

# state_of NAME: status, health, restarts, e.g. "running healthy 0".
state_of() {
    docker inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}}' "$1"
}

show_failure() {
    local name=$1
    {
        say "error: $name is '$(state_of "$name")' (status, health, restarts); its last lines:"
        docker logs --tail 15 "$name" 2>&1 | sed 's/^/    /'
    } >&2
    exit 1
}

# One line per container when it turns healthy. A container that comes back again and again is told
# apart from a slow one by its restart count.
watch() {
    local name status health restarts pending=("$@") left
    local end=$((started + UP_TIMEOUT * 1000))
    while [ "${#pending[@]}" -gt 0 ]; do
        left=()
        for name in "${pending[@]}"; do
            read -r status health restarts <<<"$(state_of "$name")"
            if [ "$status" = running ] && [[ $health == healthy || $health == - ]]; then
                printf '  %-12s healthy after %s s\n' "$name" "$(seconds $(($(now_ms) - started)))"
            elif [ "$restarts" -ge 5 ] || [ "$(now_ms)" -ge "$end" ]; then
                show_failure "$name"
            else
                left+=("$name")
            fi
        done
        pending=("${left[@]}")
        sleep 0.1
    done
}

print_address() {
    local domain port name names
    domain=$(env_value DOMAIN_NAME) port=$(env_value HTTPS_PORT)
    if [ "$port" = 443 ]; then port=; else port=:$port; fi
    say "the site:  https://$domain$port/"
    say "the desk:  https://$domain$port/wp-admin/  (user '$(env_value WP_OWNER)', password in secrets/wp_owner_password)"
    names=("$domain")
    if [ "$BONUS" = on ]; then
        names+=("site.$domain")
        say "about it:  https://site.$domain$port/"
        say "database:  https://$domain$port/adminer/  (user '$(env_value DB_USER)', password in secrets/db_password)"
        say "figures:   https://$domain$port/prometheus/  (user '$(env_value PROMETHEUS_USER)', password in secrets/prometheus_password)"
    fi
    for name in "${names[@]}"; do
        getent hosts "$name" >/dev/null || say "'$name' does not resolve here: 'make hosts' adds it to /etc/hosts"
    done
    getent hosts "$domain" >/dev/null || say "https://127.0.0.1$port/ answers as well"
}

tools/require.sh
check_all
# What cannot be built ends nothing that runs.
if [ "$build" -eq 1 ]; then tools/build.sh; fi
end_bonus
if [ "$anew" -eq 1 ]; then compose down --remove-orphans; fi
tools/volumes.sh
started=$(now_ms)
compose up -d --no-build
mapfile -t names < <(project_containers)
[ "${#names[@]}" -gt 0 ] || die "compose started no container"
watch "${names[@]}"
say "up in $(seconds $(($(now_ms) - started))) s"
print_address
