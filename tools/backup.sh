#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Snapshots of the site: backup.sh now|list|restore. A restore takes the snapshot SNAPSHOT, else the last one.
. "$(dirname "$0")/lib.sh"

data=$(env_value DATA_DIR)

is_running() { [ "$(docker inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

# restic WORD...: in a container that has the repository and nothing else, so that it answers whatever is left of the site.
restic() {
    local said image status=0
    image=backup:$(env_value IMAGE_TAG)
    engine_answers || die "the Docker engine does not answer: 'make' sees to it"
    docker image inspect "$image" >/dev/null 2>&1 || die "there is no image '$image': 'make bonus' builds it and starts the backup"
    [ -f secrets/backup_password ] ||
        die "secrets/backup_password is missing, and nothing else opens the snapshots: put the one they were made with in place"
    { said=$(docker run --rm --network none --read-only \
        --mount "type=bind,source=$data/backup,target=/var/lib/backup,readonly" \
        --mount "type=bind,source=$PWD/secrets/backup_password,target=/run/secrets/backup_password,readonly" \
        --entrypoint /usr/bin/restic "$image" "$@" --no-cache --no-lock 2>&1 >&3); } 3>&1 || status=$?
    case $said in
        *"bind source path does not exist"* | *"Is there a repository at"*)
            die "there is no snapshot in '$data/backup': 'make bonus' starts the backup, 'make backup' makes one"
            ;;
        *"wrong password or no key found"*)
            die "secrets/backup_password does not open the snapshots in '$data/backup': put the one they were made with in place"
            ;;
    esac
    printf '%s' "${said:+$said$'\n'}" >&2
    return "$status"
}

# id_of SNAPSHOT: its whole id; nothing when there is none such, for which restic ends with 0.
id_of() { restic snapshots --json "$1" | sed -n 's/.*"id":"\([0-9a-f]\{64\}\)".*/\1/p'; }

save() {
    is_running backup || die "backup is down: 'make bonus' starts it"
    local before after
    before=$(id_of latest 2>/dev/null) || true
    docker exec backup pidone start backup || {
        docker logs --tail 15 backup >&2
        after=$(id_of latest 2>/dev/null) || true
        if [ -z "$after" ] || [ "$after" = "$before" ]; then
            die "nothing new was saved, and no snapshot was removed; the lines above say why"
        fi
        die "snapshot ${after:0:8} was made, and then the run failed: until a run ends well, trust neither it nor older ones;" \
            "the lines above say why, USER_DOC.md (Backup) says what to do"
    }
    restic snapshots --compact latest
}

not_restored() {
    local was=$data/backup/dump/before/database.sql
    say "error: the restore failed, see above; the site stays down. 'make restore' tries again, SNAPSHOT=ID takes another one" >&2
    # A plain user may not look.
    if ! is_root || [ -f "$was" ]; then say "the database as it was before is in '$was' until a restore has gone well" >&2; fi
}

restore() {
    local chosen=${SNAPSHOT:-latest} name stopped=() stay="nginx mariadb"
    [[ $chosen =~ ^(latest|[0-9a-f]{8,64})$ ]] || die "SNAPSHOT '$chosen': expected an id of 'make backups', or 'latest'"
    # What is asked about is what comes, also when another one is made meanwhile.
    SNAPSHOT=$(id_of "$chosen")
    export SNAPSHOT
    [ -n "$SNAPSHOT" ] || die "no such snapshot: '$chosen'; 'make backups' lists what there is"
    restic snapshots --compact "$SNAPSHOT"
    confirm "Replace the site's database and files as they are now by this snapshot?" || die "nothing was changed"
    trap not_restored EXIT
    choose_parts same
    # Who writes to the site or remembers it. nginx stays and says that the site is being maintained; but Docker lets go of
    # a directory that was removed only when nobody uses the volume.
    if ! [ -d "$data/wordpress" ] || ! [ -d "$data/mariadb" ]; then stay=; fi
    for name in $(project_containers); do
        [[ " $stay " == *" $name "* ]] || stopped+=("$name")
    done
    if [ "${#stopped[@]}" -gt 0 ]; then docker stop "${stopped[@]}" >/dev/null; fi
    tools/volumes.sh
    compose up -d --no-build mariadb
    compose run --rm -T restore
    trap - EXIT
    say "restored: ${SNAPSHOT:0:8}; starting what was stopped"
    tools/up.sh --same --no-build
}

case ${1:-} in
    now) save ;;
    list) restic snapshots --compact ;;
    restore) restore ;;
    *) die "expected now, list or restore" ;;
esac
