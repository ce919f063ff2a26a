#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the machine must offer before anything is built: an engine that is new enough, free ports, a data
# directory with room and owners. preflight.sh mandatory|bonus. Says everything that is wrong and ends with 1.
. "$(dirname "$0")/lib.sh"

part=${1:-mandatory}
data=$(env_value DATA_DIR)

# Since 20.10 a process without capabilities may listen on port 443 of its container.
check_engine() {
    local version
    version=$(docker version --format '{{.Server.Version}}')
    [[ $version =~ ^([0-9]+)\.([0-9]+) ]] || return 0
    [ $((BASH_REMATCH[1] * 100 + BASH_REMATCH[2])) -ge 2010 ] ||
        fault "the Docker engine is $version: expected 20.10 or newer; install your system's current docker"
}

# Lines 'KEY PORT', one for each port of the host that these services publish.
published_ports() {
    local text keys
    while IFS= read -r text; do
        keys=
        while [[ $text =~ \$\{([A-Z_][A-Z0-9_]*)[^}]*\} ]]; do
            [[ " $keys " == *" ${BASH_REMATCH[1]} "* ]] || keys+=${keys:+ }${BASH_REMATCH[1]}
            text=${text//"${BASH_REMATCH[0]}"/$(env_value "${BASH_REMATCH[1]}")}
        done
        # [ADDRESS:]PORT[-PORT]:PORT[-PORT][/udp]
        text=${text%:*} text=${text##*:}
        seq -f "${keys// /-} %.0f" "${text%-*}" "${text#*-}"
    done < <(services_of "${part/bonus/all}" | awk '
        NR == FNR {wanted[$1] = 1; next}
        /^  [a-z0-9_-]+:$/ {name = $1; sub(/:$/, "", name); inside = 0}
        /^    [a-z]/ {inside = $1 == "ports:"}
        inside && name in wanted && /^      - / {gsub(/^ *- "?|"?$/, ""); print}' - docker-compose.yml)
}

# holder PORT: who has it, with the way to be rid of them; nothing when it is free or our own containers'.
holder() {
    local port=$1 name project who
    while read -r name project; do
        [ "$project" != "$(project_name)" ] || return 0
        printf "container '%s' publishes it ('docker stop %s')" "$name" "$name"
        return
    done < <(docker ps --filter "publish=$port" --format '{{.Names}} {{.Label "com.docker.compose.project"}}')
    [[ $listening == *" $port "* ]] || return 0
    who=$(ss -H -ltnp "sport = :$port" 2>/dev/null | grep -oE '"[^"]*",pid=[0-9]+' | sort -u | paste -sd ' ') || true
    if [ -n "$who" ]; then printf '%s listens there' "$who"; else printf "a program listens there ('sudo ss -ltnp' names it)"; fi
}

check_ports() {
    local key port who entry listening=' '
    local -A owner=()
    while read -r entry; do listening+="$((16#$entry)) "; done < <(
        awk '$4 == "0A" {sub(/.*:/, "", $2); print $2}' "$PROC"/net/tcp "$PROC"/net/tcp6 2>/dev/null
    )
    while read -r key port; do
        if [ -n "${owner[$port]:-}" ]; then
            fault "$key and ${owner[$port]} are both $port, and this machine has that port once: another value in .env"
            continue
        fi
        owner[$port]=$key
        who=$(holder "$port")
        [ -z "$who" ] || fault "$key: port $port is taken: $who; stop that, or another $key in .env"
    done < <(published_ports)
}

# The directory itself, or what it will be made in.
nearest() {
    local path=$1
    until [ -e "$path" ]; do path=$(dirname "$path"); done
    printf '%s' "$path"
}

# A first start fills the database and the site; later there must be room to go on.
check_room() {
    local free need=500
    if [ -e "$data/mariadb/data" ]; then need=100; fi
    free=$(df -Pk "$(nearest "$data")" | awk 'NR == 2 {print int($4 / 1024)}')
    [ "${free:-$need}" -ge "$need" ] ||
        fault "DATA_DIR '$data': $free MB are free there, $need are needed: make room, or another DATA_DIR in .env"
}

# Each volume belongs to the user of its service. A plain user cannot try that: tools/volumes.sh does.
check_owners() {
    local said probe
    is_root || return 0
    if ! said=$(mkdir -p -- "$data" 2>&1) || ! probe=$(mktemp -d -- "$data/.check.XXXXXX" 2>&1); then
        fault "DATA_DIR '$data' cannot be written to: ${said:-${probe:-}}: another DATA_DIR in .env"
        return
    fi
    chown 100:101 "$probe" 2>/dev/null || true
    [ "$(stat -c %u:%g "$probe")" = 100:101 ] ||
        fault "DATA_DIR '$data': its file system ($(stat -f -c %T "$data")) keeps no owners:" \
            "another DATA_DIR in .env, on ext4, xfs or btrfs"
    rmdir "$probe"
}

check_memory() {
    local total need=1000
    if [ "$part" = bonus ]; then need=2000; fi
    total=$(awk '/^MemTotal:/ {print int($2 / 1024)}' "$PROC/meminfo")
    [ "${total:-$need}" -ge "$need" ] ||
        warn "this machine has $total MB of memory; with less than $need the site may be killed under load"
}

PROC=/proc
check_engine
# The ports and the disk of an engine elsewhere cannot be seen from here.
case ${DOCKER_HOST:-} in
    '' | unix:*)
        check_ports
        check_room
        check_owners
        check_memory
        ;;
esac
end_faults
