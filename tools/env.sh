#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes .env from .env.example when it is absent, fills in the login, and checks every value.
. "$(dirname "$0")/lib.sh"

# Sets 'login' and 'origin' to the first of: environment, SUDO_USER, owner of the repository, placeholder.
choose_login() {
    local owner
    owner=$(stat -c %U .)
    if [ -n "${LOGIN:-}" ]; then
        login=$LOGIN origin="from the environment"
    elif [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        login=$SUDO_USER origin="the user who called sudo"
    elif [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
        login=$owner origin="the owner of this directory"
    else
        login=login origin="the exercise's placeholder; set LOGIN= to choose"
    fi
}

# with_login OLD NEW: a sed script that moves the values made from the login, and only those.
with_login() {
    printf 's|^LOGIN=%s$|LOGIN=%s|;' "$1" "$2"
    printf 's|^DOMAIN_NAME=%s[.]42[.]fr$|DOMAIN_NAME=%s.42.fr|;' "$1" "$2"
    printf 's|^DATA_DIR=/home/%s/data$|DATA_DIR=/home/%s/data|;' "$1" "$2"
    printf 's|@%s[.]42[.]fr$|@%s.42.fr|' "$1" "$2"
}

make_env() {
    choose_login
    sed "$(with_login login "$login")" .env.example >.env.new
    mv .env.new .env
    if [ -n "${SUDO_UID:-}" ]; then chown "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" .env; fi
    say "LOGIN is '$login' ($origin); written to .env"
}

# The environment wins and is written down, so that the next run without it agrees.
adopt_login() {
    local written
    written=$(sed -n 's/^LOGIN=//p' .env | tail -n 1)
    if [ -n "${LOGIN:-}" ] && [ "$LOGIN" != "$written" ]; then
        sed -i "$(with_login "$written" "$LOGIN")" .env
        say "LOGIN is '$LOGIN' (from the environment, was '$written'); written to .env"
    else
        say "LOGIN is '$written' (from .env)"
    fi
}

check_login() {
    local login
    login=$(env_value LOGIN)
    [[ $login =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] ||
        die "LOGIN '$login' is no login name: expected lower case letters, digits, '-' and '_'"
}

check_domain() {
    local domain
    domain=$(env_value DOMAIN_NAME)
    [[ $domain =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$ ]] ||
        die "DOMAIN_NAME '$domain' is no host name: expected one like 'login.42.fr'"
}

check_data_dir() {
    local dir
    dir=$(env_value DATA_DIR)
    [[ $dir =~ ^/[A-Za-z0-9._/-]+$ && $dir != *..* ]] ||
        die "DATA_DIR '$dir' must be an absolute path without spaces or '..'"
    case ${dir%/} in
        /home | /root | /etc | /usr | /var | /tmp | /opt | /srv) die "DATA_DIR '$dir' is not ours alone" ;;
    esac
}

check_ports() {
    local key port
    while read -r key; do
        port=$(env_value "$key")
        [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] ||
            die "$key '$port' (environment or .env) is no port: expected 1 to 65535"
    done < <(sed -n 's/^\([A-Z0-9_]*_PORT\)=.*/\1/p' .env)
}

# A key that came with a newer version is taken over with its default, and said.
add_new_keys() {
    local line key
    while IFS= read -r line; do
        key=${line%%=*}
        grep -q "^$key=" .env && continue
        printf '%s\n' "$line" >>.env
        say "new key in .env: $line"
    done < <(grep -E '^[A-Z][A-Z0-9_]*=' .env.example)
}

# The exercise's own rule; WordPress would start first and refuse later.
check_owner() {
    local owner
    owner=$(env_value WP_OWNER)
    [[ -n $owner && ${owner,,} != *admin* ]] ||
        die "WP_OWNER '$owner' must not contain 'admin' in any case: choose another name"
}

[ -f .env.example ] || die "'.env.example' is missing: is this a complete checkout?"
[[ ${LOGIN:-login} =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] ||
    die "LOGIN '$LOGIN' is no login name: expected lower case letters, digits, '-' and '_'"
if [ -f .env ]; then adopt_login; else make_env; fi
add_new_keys
check_login
check_domain
check_data_dir
check_ports
check_owner
