#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the recordings of the static site anew, in services/site/recordings/: what commands answer, and a first
# start of the whole stack, on volumes in a temporary directory. The site is stopped meanwhile (the data stays).
. "$(dirname "$0")/lib.sh"

RECORDINGS=services/site/recordings
work=$(mktemp -d)
out='' site=''
for name in plain init; do
    docker container inspect "$name" >/dev/null 2>&1 && die "there is a container '$name', and a recording needs the name"
done

# shellcheck disable=SC2317 # called by the trap
tidy_up() {
    trap - EXIT
    docker rm --force plain init >/dev/null 2>&1 || true
    if [ -n "$site" ]; then come_back "$work"; fi
    rm -rf "$work"
}
trap tidy_up EXIT

record() { out=$RECORDINGS/$1.txt && : >"$out"; }
# show COMMAND: writes it down with its answer. Of `time` the first line is kept.
show() {
    printf '$ %s\n' "$1" >>"$out"
    bash -c "$1" 2>&1 | sed '/^$/d; /^user\|^sys/d' >>"$out"
}
# A process whose parent ends without waiting for it.
leave_orphan() { show "docker exec $1 sh -c '/bin/true &'"; }
# Number, name, state and parent of each process; `docker top` leaves zombies out.
TABLE="sh -c 'cut -d \" \" -f 1-4 /proc/[0-9]*/stat'"
zombies() { bash -c "docker exec $1 $TABLE" 2>/dev/null | grep -c ' Z ' || true; }
has_zombie() { [ "$(zombies "$1")" -gt 0 ]; }
# Process 1, its program, and who reads the table.
is_alone() { [ "$(bash -c "docker exec $1 $TABLE" 2>/dev/null | wc -l)" -eq 3 ]; }

record zombie
# cat waits for its input, which stays open.
show 'docker run --detach --interactive --name plain debian:bookworm-slim cat | cut -c 1-12'
leave_orphan plain
wait_until 5 has_zombie plain || die "'plain' has no zombie"
show "docker exec plain $TABLE"
show 'docker run --detach --interactive --name init pidone:0.1.0 -- cat | cut -c 1-12'
leave_orphan init
wait_until 5 is_alone init || die "'init' has not reaped"
show "docker exec init $TABLE"

record stop
show 'time docker stop plain'
show "docker inspect --format '{{.State.ExitCode}}' plain"
show 'time docker stop init'
show "docker inspect --format '{{.State.ExitCode}}' init"

record exit
show "docker run --rm pidone:0.1.0 -- sh -c 'exit 3'; echo \$?"
show "docker run --rm pidone:0.1.0 -- sh -c 'kill -SEGV \$\$'; echo \$?"
show "docker run --rm --memory 32m --memory-swap 32m pidone:0.1.0 -- perl -e '\$x = \"x\" x 1e8'; echo \$?"
show 'docker run --rm pidone:0.1.0 -- nginy; echo $?'

# ---- a first start ------------------------------------------------------------

# seconds_after ZERO TIME: both as Docker writes them.
after() { awk -v a="$(date -d "$1" +%s.%N)" -v b="$(date -d "$2" +%s.%N)" 'BEGIN {printf "%.3f", b - a}'; }

record_boot() {
    local name names zero began line
    mapfile -t names < <(project_containers)
    zero=$(docker inspect --format '{{.State.StartedAt}}' "${names[@]}" | sort | head -n 1)
    for name in "${names[@]}"; do
        printf '%s\t%s\tprocess 1 starts\n' "$(after "$zero" "$(docker inspect --format '{{.State.StartedAt}}' "$name")")" "$name"
        docker logs --timestamps "$name" 2>&1 | awk '/pidone: / && !/exporter: /' | while read -r began line; do
            printf '%s\t%s\t%s\n' "$(after "$zero" "$began")" "$name" "$line"
        done
        # When each service began, the length of its set-up and how long it then took to be ready.
        docker exec "$name" pidone analyze | awk -v name="$name" '/^critical/ {exit} NR > 1 && $1 != "exporter" {print "-\t" name "\tanalyze " $1, $2, $3, $4}'
    done | sort -s -n -k 1,1 >"$RECORDINGS/boot.txt"
    printf -- '-\tmachine\t%s processors, load %s\n' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)" >>"$RECORDINGS/boot.txt"
}

make_room
site=1
DATA_DIR=$work/data tools/up.sh --bonus --no-build
record_boot
say "recorded in $RECORDINGS"
