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

# check KEY REGEX EXPECTED: one value, whether it comes from the environment or from .env.
check() {
    local value
    value=$(env_value "$1")
    [[ $value =~ $2 ]] || fault "$1 '$value' (environment or .env): expected $3"
}

# check_differ KEY OTHER: WordPress and mail take upper and lower case for the same.
check_differ() {
    local one other
    one=$(env_value "$1") other=$(env_value "$2")
    [ "${one,,}" != "${other,,}" ] || fault "$1 '$one' (environment or .env): expected another value than $2's"
}

check_data_dir() {
    local dir
    dir=$(env_value DATA_DIR)
    [[ $dir =~ ^(/[A-Za-z0-9._-]+)+$ && $dir/ != */./* && $dir != *..* ]] ||
        fault "DATA_DIR '$dir' (environment or .env): expected an absolute path as '/home/login/data'," \
            "without spaces, '.', '..', '//' and a '/' at the end"
    case $dir in
        /home | /root | /etc | /usr | /var | /tmp | /opt | /srv) fault "DATA_DIR '$dir' is not ours alone" ;;
    esac
}

check_ports() {
    local key port
    while read -r key; do
        port=$(env_value "$key")
        [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] ||
            fault "$key '$port' (environment or .env): expected a port, 1 to 65535"
    done < <(sed -n 's/^\([A-Z0-9_]*_PORT\)=.*/\1/p' .env)
}

# What Compose and the scripts here would read differently is refused: blanks around '=', line ends of
# another system, a key that is there twice.
check_lines() {
    local line
    while IFS= read -r line; do fault "$line"; done < <(awk '
        {place = ".env:" NR ": "}
        /\r$/ {print place "the line ends in a carriage return: sed -i \047s/\\r$//\047 .env removes them"; exit}
        /^[ \t]*(#|$)/ {next}
        !/^[A-Za-z_][A-Za-z0-9_]*=/ {print place "\047" $0 "\047: expected KEY=VALUE, without blanks before the value"; next}
        {key = $0; sub(/=.*/, "", key)}
        key in line_of {print place key " is in line " line_of[key] " already: remove one of the two"}
        {line_of[key] = NR}' .env)
    end_faults
}

# A misspelt key would be obeyed by nobody.
warn_of_unknown_keys() {
    local key
    while IFS= read -r key; do
        warn ".env: nobody reads the key '$key'; .env.example has those that there are"
    done < <(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' .env | grep -vxF -f <(sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p' .env.example) |
        grep -vE '^(COMPOSE|DOCKER|BUILDKIT)_')
}

# A key that came with a newer version is taken over with its default, and said.
add_new_keys() {
    local line key
    # A last line without an end would run into ours.
    [ -z "$(tail -c 1 .env)" ] || printf '\n' >>.env
    while IFS= read -r line; do
        key=${line%%=*}
        grep -q "^$key=" .env && continue
        printf '%s\n' "$line" >>.env
        say "new key in .env: $line"
    done < <(grep -E '^[A-Z][A-Z0-9_]*=' .env.example)
}

check_ftp() {
    local min max
    check FTP_USER '^[a-z_][a-z0-9_-]{0,31}$' "a login name of lower case letters, digits, '-' and '_'"
    check FTP_ADDRESS '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$' "an IPv4 address or a host name, as clients reach it"
    min=$(env_value FTP_PASSIVE_MIN_PORT) max=$(env_value FTP_PASSIVE_MAX_PORT)
    # Each published port costs the engine a process and a rule.
    # What is no number has been said.
    [[ $min$max =~ ^[0-9]+$ ]] || return 0
    ((min <= max && max - min < 100)) ||
        fault "FTP_PASSIVE_MAX_PORT '$max' (environment or .env): expected $min, which is FTP_PASSIVE_MIN_PORT, to $((min + 99))"
}

check_backup() {
    local key
    check BACKUP_SCHEDULE '^(every [0-9]+[a-z0-9.]+|@[a-z]+|[^ ]+( [^ ]+){4})$' "'every 1h', '@daily' or five fields as in crontab"
    for key in BACKUP_KEEP_LAST BACKUP_KEEP_DAILY BACKUP_KEEP_MONTHLY; do
        check "$key" '^[1-9][0-9]{0,3}$' "a number, 1 to 9999"
    done
    [ "$(env_value DB_USER)" != backup ] ||
        fault "DB_USER 'backup' (environment or .env): expected another name, this one reads the database for the backup"
}

check_people() {
    local key name="1 to 60 letters, digits, '_', '.', '@' and '-', which WordPress keeps as they are"
    for key in WP_OWNER WP_AUTHOR; do
        check "$key" '^[A-Za-z0-9_.@-]{1,60}$' "$name"
        check "${key}_EMAIL" '^[^@[:space:]]+@[^@[:space:]]+$' "an address like 'captain@login.42.fr'"
    done
    # The exercise's own rule; WordPress would start first and refuse later.
    name=$(env_value WP_OWNER)
    [[ ${name,,} != *admin* ]] || fault "WP_OWNER '$name' must not contain 'admin' in any case: choose another name"
    check_differ WP_AUTHOR WP_OWNER
    check_differ WP_AUTHOR_EMAIL WP_OWNER_EMAIL
}

check_values() {
    local key
    check LOGIN "$LOGIN_NAME" "$LOGIN_EXPECTED"
    check DOMAIN_NAME '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$' \
        "a host name like 'login.42.fr'"
    check_data_dir
    check COMPOSE_PROJECT_NAME '^[a-z0-9][a-z0-9_-]*$' "lower case letters, digits, '-' and '_'"
    check IMAGE_TAG '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$' "a tag like '0.1.0'"
    [ "$(env_value IMAGE_TAG)" != latest ] ||
        fault "IMAGE_TAG 'latest' (environment or .env): expected a fixed tag like '0.1.0', not 'latest'"
    check_ports
    check DEBIAN_SNAPSHOT '^([0-9]{8}T[0-9]{6}Z)?$' "a moment as '20261101T000000Z', or nothing"
    check TLS_SOURCE '^(self-signed|secret)$' "'self-signed' or 'secret'"
    for key in DB_NAME DB_USER; do
        check "$key" '^[A-Za-z0-9][A-Za-z0-9_]{0,62}$' "1 to 63 letters, digits and '_', the first no '_'"
    done
    check_ftp
    check_backup
    check WP_TITLE '[^[:space:]]' "a title"
    check_people
    check PROMETHEUS_USER '^[A-Za-z0-9_.-]{1,60}$' "1 to 60 letters, digits, '_', '.' and '-'"
}

LOGIN_NAME='^[a-z_][a-z0-9_-]{0,31}$'
LOGIN_EXPECTED="a login name of lower case letters, digits, '-' and '_'"
[ -f .env.example ] || die "'.env.example' is missing: is this a complete checkout?"
# Before it is written anywhere.
[[ ${LOGIN:-login} =~ $LOGIN_NAME ]] || die "LOGIN '$LOGIN' (environment): expected $LOGIN_EXPECTED"
if [ -f .env ]; then
    check_lines
    adopt_login
else
    make_env
fi
add_new_keys
warn_of_unknown_keys
check_values
end_faults
