#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One directory per volume under DATA_DIR, with the owner of its service, from services/volumes.tsv.
# A plain user of group docker has no right to give files away: a container does it for them.
. "$(dirname "$0")/lib.sh"

data=$(env_value DATA_DIR)
[ -n "$data" ] || die ".env: DATA_DIR is missing"

[ -f services/volumes.tsv ] || die "'services/volumes.tsv' is missing: is this a complete checkout?"

# Lines 'name uid gid mode'.
table() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' services/volumes.tsv; }

# An existing directory keeps its content; only the top gets the owner and the mode.
make_here() {
    local name uid gid mode
    while read -r name uid gid mode _; do
        install -d -o "$uid" -g "$gid" -m "${mode:-0750}" "$data/$name"
    done < <(table)
}

make_in_container() {
    # shellcheck disable=SC2016 # the variables belong to the container's shell
    table | docker run --rm --interactive --network none --user 0 --volume "$data:/data" debian:bookworm-slim \
        bash -ec 'while read -r name uid gid mode _; do install -d -o "$uid" -g "$gid" -m "${mode:-0750}" "/data/$name"; done'
}

# Docker keeps the path a volume was made with; after a change of DATA_DIR the name must go first.
# What lies in the old directory stays there.
forget_moved_volumes() {
    local volume device
    while read -r volume; do
        device=$(docker volume inspect --format '{{index .Options "device"}}' "$volume")
        [[ $device == "$data"/* ]] && continue
        say "volume '$volume' moves from $device to $data"
        compose down --remove-orphans >/dev/null 2>&1 || true
        docker volume rm "$volume" >/dev/null
    done < <(docker volume ls --quiet --filter "label=com.docker.compose.project=$(project_name)")
}

if is_root; then
    # Not install -d, which changes the mode of what is there: of a home, or of /tmp.
    mkdir -p -- "$data"
    make_here
else
    make_in_container || die "DATA_DIR '$data': its directories cannot be made with their owners (the line above says why);" \
        "expected a place on ext4, xfs or btrfs where root of the engine may write"
fi
forget_moved_volumes
