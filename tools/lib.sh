# shellcheck shell=bash
# Shared by every script here: sourced, never run. Sets strict mode, the locale and the directory.
set -euo pipefail
export LC_ALL=C
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export ROOT
# A clone that belongs to another user is still ours to read: root installs, somebody else owns.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$PWD"

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
# Seconds until a start is given up. Looked at here, for what is no number ends the function that reckons with it,
# and its caller goes on.
UP_TIMEOUT=${UP_TIMEOUT:-180}
[[ $UP_TIMEOUT =~ ^[1-9][0-9]{0,5}$ ]] || die "UP_TIMEOUT '$UP_TIMEOUT' (environment): expected a number of seconds"
# fault TEXT...: one of several things that are wrong; end_faults ends with 1 if there was any.
faults=0
fault() {
    printf 'error: %s\n' "$*" >&2
    faults=$((faults + 1))
}
end_faults() { if [ "$faults" -gt 0 ]; then exit 1; fi; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }
now_ms() { printf '%s' "$((${EPOCHREALTIME/./} / 1000))"; }
seconds() { printf '%d.%02d' "$(($1 / 1000))" "$(($1 % 1000 / 10))"; }

# release_binary: PIDONE, else build/init/pidone as the sources are now.
release_binary() {
    if [ -z "${PIDONE:-}" ]; then
        [ -f build/build.ninja ] || meson setup build -Dstatic=true >/dev/null
        ninja -C build init/pidone >/dev/null || die "pidone does not build: ninja -C build init/pidone"
    fi
    printf '%s' "${PIDONE:-build/init/pidone}"
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; 1 when the time is over.
wait_until() {
    local end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# confirm QUESTION: yes only by YES=1 or by a person at a terminal.
confirm() {
    [ "${YES:-}" = 1 ] && return 0
    [ -t 0 ] || die "$1 Nobody to ask here: repeat with YES=1"
    local answer
    read -r -p "$1 [y/N] " answer
    [[ $answer =~ ^[Yy]([Ee][Ss])?$ ]]
}

# env_value KEY: what Compose would use for KEY: the environment, else .env with ${NAME} expanded.
env_value() {
    local key=$1 value name
    if [ -n "${!key:-}" ]; then
        printf '%s' "${!key}"
        return
    fi
    [ -f .env ] || return 0
    value=$(sed -n "s/^$key=//p" .env | tail -n 1)
    value=${value%\"} value=${value#\"}
    while [[ $value =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
        name=${BASH_REMATCH[1]}
        [ "$name" != "$key" ] || die ".env: '$key' refers to itself"
        value=${value//"\${$name}"/$(env_value "$name")}
    done
    printf '%s' "$value"
}

# compose ARG...: the v2 plugin where it is there, else docker-compose. It means the bonus services too,
# unless COMPOSE_PROFILES is set to nothing.
compose() {
    local -x COMPOSE_PROFILES=${COMPOSE_PROFILES-bonus}
    if docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    elif have docker-compose; then
        docker-compose "$@"
    else
        die "neither 'docker compose' nor 'docker-compose' is there; 'make up' as root installs it"
    fi
}

engine_answers() { docker info >/dev/null 2>&1; }

# apt_install PACKAGE...: as root on Debian or Ubuntu; fails with the list otherwise.
apt_install() {
    is_debian || die "cannot install '$*': this is neither Debian nor Ubuntu"
    is_root || die "not installed: $*. As root: apt-get install $*"
    say "installing with apt: $*"
    export DEBIAN_FRONTEND=noninteractive
    # Lists that are fresh enough are used as they are; only what they cannot serve renews them.
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" </dev/null >/dev/null 2>&1 && return
    apt-get -qq update </dev/null || die "apt-get update failed: is a mirror reachable?"
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@" </dev/null >/dev/null ||
        die "apt-get could not install: $*"
}
# need_programs PROGRAM:PACKAGE...: installs the packages of those that are not there.
need_programs() {
    local pair absent=()
    for pair; do have "${pair%:*}" || absent+=("${pair#*:}"); done
    [ "${#absent[@]}" -eq 0 ] || apt_install "${absent[@]}"
}
is_debian() { have apt-get && grep -Eq '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; }

# The one place that knows pidone's version is meson.build.
pidone_version() { sed -n "s/^ *version: *'\([^']*\)'.*/\1/p" meson.build | head -n 1; }

# project_containers [FILTER]: names of this project's containers, also stopped ones, but for those of `compose run`.
project_containers() {
    docker ps -a --filter "label=com.docker.compose.project=$(project_name)" \
        --filter label=com.docker.compose.oneoff=False ${1:+--filter "$1"} --format '{{.Names}}' | sort
}
# services_of PART: the services in docker-compose.yml, in its order: 'mandatory', 'bonus' or 'all'.
services_of() {
    awk -v part="$1" '
        /^[^ #]/ {inside = $1 == "services:"}
        inside && /^  [a-z0-9_-]+:$/ {name = $1; sub(/:$/, "", name)}
        inside && /<<: \*(service|bonus)$/ {
            is_bonus = $NF == "*bonus"
            if (part == "all" || (part == "bonus") == is_bonus) print name
        }' docker-compose.yml
}
# need_service NAME: ends with the names that there are, if it is none of them.
need_service() {
    local names
    names=$(services_of all)
    grep -qxF -- "$1" <<<"$names" || die "no service '$1'; SERVICE is one of: ${names//$'\n'/ }"
}
# goal_of NAME: what starts that service.
goal_of() { if grep -qxF -- "$1" <<<"$(services_of bonus)"; then printf 'make bonus'; else printf 'make'; fi; }
bonus_containers() { project_containers label=pidone.part=bonus; }
# choose_parts mandatory|bonus|same: sets 'running' to the bonus services that are there, 'parts' to mandatory or
# bonus ('same': bonus when one of them is there), and tells Compose.
choose_parts() {
    parts=$1
    mapfile -t running < <(bonus_containers)
    if [ "$parts" = same ]; then
        parts=mandatory
        if [ "${#running[@]}" -gt 0 ]; then parts=bonus; fi
    fi
    if [ "$parts" = bonus ]; then
        export BONUS=on COMPOSE_PROFILES=bonus
    else
        export BONUS=off COMPOSE_PROFILES=
    fi
}
# make_room: takes the site down, so that another one can be looked at; its data stay. come_back DIR ends that: what is up
# goes, with DIR, where its volumes were, and the site is up again if it was.
make_room() {
    was_up=$(project_containers) was_bonus=$(bonus_containers)
    compose down --remove-orphans --volumes >/dev/null 2>&1
}
come_back() {
    compose down --remove-orphans --volumes >/dev/null 2>&1 || true
    # Its owners are the services' users.
    docker run --rm --network none --user 0 --volume "$1:/room" debian:bookworm-slim find /room -mindepth 1 -delete || true
    if [ -n "$was_up" ]; then tools/up.sh --no-build ${was_bonus:+--bonus} >/dev/null || true; fi
}
project_name() {
    local name
    name=$(env_value COMPOSE_PROJECT_NAME)
    printf '%s' "${name:-$(basename "$ROOT" | tr '[:upper:]' '[:lower:]' | tr -cd 'a-z0-9_-')}"
}
