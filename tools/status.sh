#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One table of the whole stack: each container as Docker sees it, and its services as its pidone sees
# them. Ends with 1 when a container is not healthy. --watch draws anew every two seconds until Ctrl-C.
. "$(dirname "$0")/lib.sh"

colour=0
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then colour=1; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
INSPECT='{{printf "container\t%s\t%s\t" .Name .State.Status}}{{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}}'
INSPECT+='{{printf "\t%d\t%d\t%v\t%s" .RestartCount .State.ExitCode .State.OOMKilled .State.Error}}'

# Sets 'names' to what should be there or is: the mandatory three, and all services once one of the bonus
# is there. 'present' has those with a container.
find_containers() {
    local part=mandatory
    present=$(project_containers)
    [ -n "$present" ] || die "no container of this project: 'make' starts the site"
    if grep -qxF -f <(services_of bonus) <<<"$present"; then part=all; fi
    mapfile -t names < <(awk '!seen[$0]++' <(services_of "$part") - <<<"$present")
}

# One that does not answer costs its own row and five seconds, which all spend at the same time.
ask_pidone() {
    local answer
    answer=$(timeout 5 docker exec "$1" /usr/bin/pidone status --json 2>&1) || true
    printf '%s\n' "${answer:-does not answer}" | tail -n 1 >"$work/$1"
}

# What tools/status.awk reads: a line for each container, and after it the answer of its pidone.
ask() {
    local name line
    for name in "${names[@]}"; do ask_pidone "$name" & done
    wait
    for name in "${names[@]}"; do
        line=
        if grep -qxF -- "$name" <<<"$present"; then line=$(docker inspect --format "$INSPECT" "$name" 2>/dev/null) || true; fi
        printf '%s\n' "${line:-$(printf 'container\t%s\tabsent' "$name")}"
        case $line in *$'\trunning\t'*) cat "$work/$name" ;; esac
    done
}

table() {
    find_containers
    ask >"$work/answers"
    awk -v colour="$colour" -v now="$(now_ms)" -v before="$work/before" -v is_watched="$1" -f tools/status.awk "$work/answers"
}

if [ "${1:-}" != --watch ]; then
    table 0
    exit
fi
if ! [ -t 0 ] || ! [ -t 1 ]; then die "'make top' needs a terminal; 'make status' prints the table once"; fi
trap 'printf "\033[?7h\033[?25h"; rm -rf "$work"' EXIT
trap 'exit 0' INT TERM
# Long lines are cut rather than folded, and the pointer is out of the way.
printf '\033[?7l\033[?25l'
key=
until [ "$key" = q ]; do
    screen=$(table 1 2>&1) || true
    printf '\033[H\033[2J%s\n\n%s\n' "$screen" "$(date +%T)   q or Ctrl-C ends"
    read -rsn 1 -t 2 key || true
done
