#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The secrets of the site: random, one file each, never overwritten. Compose binds the files with
# their owner and mode, and several users read the same one: so the files are 0644, which lets their
# owner change them in place, and the directory, which nobody else can enter, is 0700.
. "$(dirname "$0")/lib.sh"

RANDOM_SECRETS=(db_root_password db_password wp_owner_password wp_author_password redis_password)
LONG_SECRETS=(wp_salts)
EMPTY_SECRETS=(tls_certificate tls_key) # used with TLS_SOURCE=secret only

# random_text LENGTH: letters and digits, which no shell, SQL or URL has to escape.
random_text() {
    local text=
    while [ "${#text}" -lt "$1" ]; do
        text+=$(head -c 256 /dev/urandom | tr -dc 'A-Za-z0-9')
    done
    printf '%s' "${text:0:$1}"
}

made=()
# write_secret NAME TEXT: complete or absent, whatever happens in between.
write_secret() {
    if [ -e "secrets/$1" ]; then return; fi
    (umask 077 && printf '%s' "$2" >"secrets/.$1.new")
    mv "secrets/.$1.new" "secrets/$1"
    made+=("$1")
}

mkdir -p secrets
chmod 0700 secrets
for name in "${RANDOM_SECRETS[@]}"; do write_secret "$name" "$(random_text 24)"; done
for name in "${LONG_SECRETS[@]}"; do write_secret "$name" "$(random_text 64)"; done
for name in "${EMPTY_SECRETS[@]}"; do write_secret "$name" ""; done
for name in "${RANDOM_SECRETS[@]}" "${LONG_SECRETS[@]}" "${EMPTY_SECRETS[@]}"; do
    # Also of what a person put there; what a link leads to may be a key that others must not read.
    [ -L "secrets/$name" ] || chmod 0644 "secrets/$name"
done
if is_root && [ -n "${SUDO_UID:-}" ]; then
    chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" secrets
fi
if [ "${#made[@]}" -gt 0 ]; then say "made in secrets/: ${made[*]}"; fi
