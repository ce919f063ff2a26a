#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 'clean', and then the data of the site: the volumes' directories of services/volumes.tsv under
# DATA_DIR and nothing else there.
. "$(dirname "$0")/lib.sh"

data=$(env_value DATA_DIR)
[[ $data == /?* ]] || die ".env: no DATA_DIR, so nothing can be removed; 'make clean' removes the rest"
mapfile -t names < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' services/volumes.tsv | cut -f 1)
[ "${#names[@]}" -gt 0 ] || die "services/volumes.tsv names no directory"
confirm "Remove ALL DATA of the site in $data (${names[*]})?" || die "nothing was removed"

# Files of other users fall to root; a plain user of group docker is root in a container.
remove_data() {
    if is_root; then
        for name in "${names[@]}"; do rm -rf "${data:?}/${name:?}"; done
        rmdir "$data" 2>/dev/null || true
    elif [ -d "$data" ]; then
        docker run --rm --network none --user 0 --volume "$data:/data" debian:bookworm-slim \
            rm -rf "${names[@]/#//data/}"
    fi
}

if ! is_root && ! { have docker && engine_answers; }; then
    die "the Docker engine does not answer, and only it or root can remove files of other users"
fi
tools/clean.sh
remove_data
say "removed: the data in $data"
