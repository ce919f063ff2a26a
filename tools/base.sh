#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The base image: present, else pulled, else made from Debian's packages; then pidone's own image.
# With DEBIAN_SNAPSHOT it is always made, and it and every image on it have the packages of that moment.
# --sources prints the sources of packages that a base made here has, and makes nothing.
. "$(dirname "$0")/lib.sh"

BASE=debian:bookworm-slim
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
SECURITY=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
OPTIONS=
LABEL=pidone.snapshot

# use_snapshot: Debian keeps the archive as it was at each moment. What was valid for a week then is out of date now.
use_snapshot() {
    local server=${DEBIAN_SNAPSHOT_MIRROR:-http://snapshot.debian.org/archive}
    [[ $snapshot =~ ^[0-9]{8}T[0-9]{6}Z$ ]] ||
        die "DEBIAN_SNAPSHOT '$snapshot' (environment or .env): expected a moment as '20261101T000000Z', or nothing"
    MIRROR=$server/debian/$snapshot
    SECURITY=$server/debian-security/$snapshot
    OPTIONS='[check-valid-until=no] '
}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

base_snapshot() { docker image inspect --format "{{with .Config.Labels}}{{with index . \"$LABEL\"}}{{.}}{{end}}{{end}}" "$BASE"; }

# With main alone the packages would be older than what Debian has fixed since.
write_sources() {
    cat <<SOURCES
deb $OPTIONS$MIRROR bookworm main
deb $OPTIONS$MIRROR bookworm-updates main
deb $OPTIONS$SECURITY bookworm-security main
SOURCES
}

bootstrap_base() {
    have mmdebstrap || apt_install mmdebstrap
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    write_sources >"$work/sources.list"
    # shellcheck disable=SC2016 # $1 belongs to the hook's own shell
    mmdebstrap --variant=minbase --quiet \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
        bookworm "$work/base.tar" "$work/sources.list"
    docker import --change 'CMD ["bash"]' --change "LABEL $LABEL=\"$snapshot\"" "$work/base.tar" "$BASE" >/dev/null
}

get_base() {
    if image_exists "$BASE"; then
        [ "$(base_snapshot)" != "$snapshot" ] || return 0
        say "$BASE is of '$(base_snapshot)', wanted is '$snapshot' (DEBIAN_SNAPSHOT; nothing means today): getting it anew"
    fi
    if [ -n "$snapshot" ]; then
        say "making $BASE from Debian's packages of $snapshot (mmdebstrap)"
        bootstrap_base
        return
    fi
    say "pulling $BASE"
    timeout 60 docker pull --quiet "$BASE" >/dev/null 2>&1 && return
    say "the pull failed or took over 60 s: making $BASE from Debian's packages (mmdebstrap)"
    bootstrap_base
}

build_pidone() {
    local tag
    tag=pidone:$(pidone_version)
    say "building $tag"
    docker build --quiet --file dockerfiles/pidone/Dockerfile --tag "$tag" . >/dev/null ||
        docker build --file dockerfiles/pidone/Dockerfile --tag "$tag" .
}

snapshot=$(env_value DEBIAN_SNAPSHOT)
[ -z "$snapshot" ] || use_snapshot
case ${1:-} in
    '') ;;
    --sources)
        write_sources
        exit
        ;;
    *) die "unknown option '$1': expected --sources or none" ;;
esac
get_base
build_pidone
