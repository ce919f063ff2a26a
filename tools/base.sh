#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The base image: present, else pulled, else made from Debian's packages; then pidone's own image.
. "$(dirname "$0")/lib.sh"

BASE=debian:bookworm-slim
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
SECURITY=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# With main alone the packages would be older than what Debian has fixed since.
write_sources() {
    cat <<SOURCES
deb $MIRROR bookworm main
deb $MIRROR bookworm-updates main
deb $SECURITY bookworm-security main
SOURCES
}

bootstrap_base() {
    have mmdebstrap || apt_install mmdebstrap
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    write_sources >"$work/sources.list"
    # shellcheck disable=SC2016 # $1 belongs to the hook's own shell
    mmdebstrap --variant=minbase --quiet \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
        bookworm "$work/base.tar" "$work/sources.list"
    docker import --change 'CMD ["bash"]' "$work/base.tar" "$BASE" >/dev/null
}

get_base() {
    image_exists "$BASE" && return
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

get_base
build_pidone
