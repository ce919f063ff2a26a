#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The secrets of the site: random, one file each, never overwritten. Compose binds the files with
# their owner and mode, and several users read the same one: so the files are 0644, which lets their
# owner change them in place, and the directory, which nobody else can enter, is 0700.
. "$(dirname "$0")/lib.sh"

RANDOM_SECRETS=(db_root_password db_password wp_owner_password wp_author_password redis_password ftp_password
    prometheus_password db_backup_password backup_password)
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
    if [ -e "secrets/$1" ] || [ -L "secrets/$1" ]; then return; fi
    (umask 077 && printf '%s' "$2" >"secrets/.$1.new")
    mv "secrets/.$1.new" "secrets/$1"
    made+=("$1")
}

# check_file NAME: sets 'text' to the content, without the one line end that pidone takes off too.
check_file() {
    local file=secrets/$1
    if [ -d "$file" ]; then
        fault "$file is a directory (Docker makes one when the file is missing): rmdir $file, then 'make secrets'"
    elif [ ! -f "$file" ]; then
        fault "$file is no file, or a link to none: remove it, then 'make secrets' makes it"
    # Also of what a person put there; what a link leads to may be a key that others must not read.
    elif ! { [ -L "$file" ] || chmod 0644 "$file" 2>/dev/null; } || [ ! -r "$file" ]; then
        fault "$file belongs to '$(stat -c %U "$file")' and '$(id -un)' may not use it: sudo chown $(id -un) $file"
    else
        text=$(tr '\0' '\1' <"$file" && printf .)
        text=${text%.} text=${text%$'\n'}
        return 0
    fi
    return 1
}

# What is left of a password without these, its digits and its signs, is what was thought up. Longer ones
# come first, and before them the names that .env has.
COMMON="qwertyuiop asdfghjkl administrator abcdefghijklmnopqrstuvwxyz inception wordpress password passwort changeme iloveyou
    database welcome default letmein mariadb passwd qwerty azerty qwertz asdfgh zxcvbn docker secret dragon monkey nginx mysql
    redis admin login hello root user test pass abc"

for name in LOGIN WP_OWNER WP_AUTHOR WP_TITLE DB_NAME DB_USER FTP_USER; do
    word=$(env_value "$name") word=${word,,} word=${word//[^a-z]/}
    if [ "${#word}" -ge 3 ]; then COMMON="$word $COMMON"; fi
done

# weakness TEXT: sets 'why' to the reason why a password is weak, or to nothing.
weakness() {
    local text=$1 word rest=$1 different=0
    while [ -n "$rest" ]; do rest=${rest//"${rest:0:1}"/} different=$((different + 1)); done
    why=
    if [ "${#text}" -lt 12 ]; then
        why="has ${#text} characters, expected 12 or more"
    elif [ "$different" -lt 6 ]; then
        why="is made of $different different characters, expected 6 or more"
    elif [[ $text =~ ^[0-9]+$ ]]; then
        why="is digits alone"
    else
        text=${text,,} text=${text//[^a-z]/}
        for word in $COMMON; do text=${text//$word/}; done
        if [ -z "$text" ]; then why="is made of names in .env, well-known words, digits and signs"; fi
    fi
    [ -n "$why" ]
}

# has_snapshots: whether backup_password may open some. A plain user cannot look, so for them it may.
backup=$(env_value DATA_DIR)/backup
has_snapshots() { [ -e "$backup/repository" ] || { [ -d "$backup" ] && ! [ -x "$backup" ]; }; }

# check_password NAME TEXT: fit to be reached from a network, and shared with no other.
declare -A first_with=()
check_password() {
    local file=secrets/$1 text=$2 why complain=fault remedy=$REMEDY
    if [ "$1" = backup_password ] && has_snapshots; then
        remedy=$KEY_REMEDY
        # Only while the site runs can it be changed.
        if [ -n "$text" ]; then complain=warn; fi
    fi
    if [ -z "$text" ]; then
        fault "$file is empty: $remedy"
    elif [[ $text == *[[:cntrl:]]* ]]; then
        fault "$file holds a line end or another control character: expected one line of text"
    elif [[ $1 == prometheus_password && $text == *:* ]]; then
        fault "$file holds a ':', where nginx ends a password: $remedy"
    elif weakness "$text"; then
        "$complain" "$file $why: $remedy"
    elif [ -n "${first_with[$text]:-}" ]; then
        "$complain" "$file is the same as secrets/${first_with[$text]}: $remedy"
    else
        first_with[$text]=$1
    fi
}
REMEDY="write a better one into it, or remove it and 'make secrets' makes one at random; then 'make restart'"
KEY_REMEDY="the snapshots in '$backup' open with the password they were made with and no other, so keep that or put it back;"
KEY_REMEDY+=" 'docker exec -it backup restic key passwd --no-cache' asks for a better one, then write it into the file and 'make restart'"

# check_tls NAME WORDS: with TLS_SOURCE=secret it is the user's own, in PEM.
check_tls() {
    if [ "$(env_value TLS_SOURCE)" = secret ] && [[ $text != *-----BEGIN*"$2"-----* ]]; then
        fault "secrets/$1 holds no '$2' in PEM, but TLS_SOURCE is 'secret': put yours there, or TLS_SOURCE=self-signed in .env"
    fi
}

mkdir -p secrets
chmod 0700 secrets 2>/dev/null || die "secrets/ belongs to '$(stat -c %U secrets)': sudo chown -R $(id -un) secrets"
for name in "${RANDOM_SECRETS[@]}"; do write_secret "$name" "$(random_text 24)"; done
for name in "${LONG_SECRETS[@]}"; do write_secret "$name" "$(random_text 64)"; done
for name in "${EMPTY_SECRETS[@]}"; do write_secret "$name" ""; done
if is_root && [ -n "${SUDO_UID:-}" ]; then
    chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" secrets
fi
if [ "${#made[@]}" -gt 0 ]; then say "made in secrets/: ${made[*]}"; fi
for name in "${RANDOM_SECRETS[@]}" "${LONG_SECRETS[@]}"; do
    if check_file "$name"; then check_password "$name" "$text"; fi
done
if check_file tls_certificate; then check_tls tls_certificate CERTIFICATE; fi
if check_file tls_key; then check_tls tls_key 'PRIVATE KEY'; fi
end_faults
