#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Snapshots of the site: backup.sh now|list|restore. A restore takes the snapshot SNAPSHOT, else the last one.
. "$(dirname "$0")/lib.sh"

snapshot=${SNAPSHOT:-latest}
export SNAPSHOT=$snapshot

is_running() { [ "$(docker inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

# restic WORD...: in a container of its own, so that it answers while the site is down.
restic() {
    [ -d "$(env_value DATA_DIR)/backup" ] || die "there is no backup: 'make bonus' starts it"
    compose run --rm -T --entrypoint /usr/bin/restic restore "$@" --no-cache --no-lock 2> >(grep -v '^Creating ' >&2)
}

save() {
    is_running backup || die "backup is down: 'make bonus' starts it"
    docker exec backup pidone start backup || {
        docker logs --tail 15 backup >&2
        die "nothing new was saved, and what was saved before is kept; the lines above say why"
    }
    restic snapshots --compact --latest 1
}

# Who writes to the site or remembers it. nginx stays and says that the site is being maintained.
restore() {
    [[ $snapshot =~ ^(latest|[0-9a-f]{8,64})$ ]] || die "SNAPSHOT '$snapshot': expected an id of 'make backups', or 'latest'"
    local shown
    # For one that is not there restic shows nothing and ends with 0.
    shown=$(restic snapshots --compact --latest 1 "$snapshot") || true
    [ -n "$shown" ] || die "no such snapshot, or no repository; 'make backups' lists what there is"
    say "$shown"
    confirm "Replace the site's database and files as they are now by this snapshot?" || die "nothing was changed"
    local name writers=()
    for name in $(project_containers); do
        case $name in
            nginx | mariadb) ;;
            *) writers+=("$name") ;;
        esac
    done
    if [ "${#writers[@]}" -gt 0 ]; then docker stop "${writers[@]}" >/dev/null; fi
    tools/volumes.sh
    compose up -d --no-build mariadb
    compose run --rm restore ||
        die "the restore failed, see above; the site stays down. 'make restore' tries again, 'make restart' starts it as it is"
    say "restored; starting what was stopped"
    tools/up.sh --same --no-build
}

case ${1:-} in
    now) save ;;
    list) restic snapshots --compact ;;
    restore) restore ;;
    *) die "expected now, list or restore" ;;
esac
