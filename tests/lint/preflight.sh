#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is wrong with .env, the secrets or the machine is found before anything starts, each with what to do.
. "$(dirname "$0")/lib.sh"

copy_tree
# Its version, and the containers that publish a port, are in files.
cat >"$copy/bin/docker" <<DOCKER
#!/bin/sh
case "\$1" in
    version) cat "$copy/version" ;;
    ps) case "\$*" in *publish=443*) cat "$copy/publishers" ;; esac ;;
esac
DOCKER
cat >"$copy/bin/df" <<DF
#!/bin/sh
printf 'Filesystem 1024-blocks Used Available Capacity Mounted\ndisk 1 1 %s 1%% /\n' "\$(cat "$copy/free")"
DF
# It knows who listens at 9443.
printf '#!/bin/sh\ncase "$*" in *:9443*) echo "LISTEN 0 511 0.0.0.0:9443 0.0.0.0:* users:((\\"apache2\\",pid=77,fd=4))" ;; esac\n' >"$copy/bin/ss"
chmod 0755 "$copy/bin/"*

# ---- .env -------------------------------------------------------------------------

# refuses_line LINE EXPECTED
refuses_line() {
    printf 'LOGIN=tester\n%s\n' "$1" >"$copy/.env"
    expect tools/env.sh "the line '$1'" "error: .env:2: $2*exit 1" "$(tool env.sh)"
}

test_env() {
    refuses_line 'HTTPS_PORT = 8443' "'HTTPS_PORT = 8443': expected KEY=VALUE"
    refuses_line 'export HTTPS_PORT=8443' "*expected KEY=VALUE"
    refuses_line 'LOGIN=other' "LOGIN is in line 1 already"
    refuses_line $'DOMAIN_NAME=a.42.fr\r' "the line ends in a carriage return"
    printf 'LOGIN=tester\nHTTP_PORT=80\n# a comment\n\nCOMPOSE_HTTP_TIMEOUT=9\n' >"$copy/.env"
    local said
    said=$(tool env.sh)
    expect tools/env.sh "an unknown key" "*warning: .env: nobody reads the key 'HTTP_PORT'*exit 0" "$said"
    expect tools/env.sh "a key of Compose" 1 "$(grep -c warning <<<"$said")"
    expect tools/env.sh "all at once" "*error: DOMAIN_NAME*error: HTTPS_PORT*error: WP_OWNER*'admin'*exit 1" \
        "$(tool env.sh DOMAIN_NAME=here HTTPS_PORT=0 WP_OWNER=MyAdmin)"
}

# ---- secrets/ ---------------------------------------------------------------------

# refuses_secret TEXT EXPECTED: as the password of the owner.
refuses_secret() {
    printf '%b' "$1" >"$copy/secrets/wp_owner_password"
    expect tools/secrets.sh "the password '$1'" "*error: secrets/wp_owner_password $2*exit 1" "$(secrets)"
}
takes_secret() {
    printf '%b' "$1" >"$copy/secrets/wp_owner_password"
    expect tools/secrets.sh "the password '$1'" "exit 0" "$(secrets)"
}
secrets() { tool secrets.sh LOGIN=maria WP_OWNER=captain "$@"; }

test_secrets() {
    rm -f "$copy/.env"
    expect tools/secrets.sh "what it makes is good" "made in*exit 0" "$(secrets)"
    refuses_secret 'Xq7!pLw2' "has 8 characters, expected 12 or more: write a better one*make secrets*make restart"
    refuses_secret 'Password-2024!' "is made of names in .env, well-known words"
    refuses_secret 'changeme123456' "is made of names in .env, well-known words"
    refuses_secret 'captain.captain' "is made of names in .env, well-known words"
    refuses_secret 'maria-wordpress-1' "is made of names in .env, well-known words"
    refuses_secret '490817263549' "is digits alone"
    refuses_secret 'ababababababab' "is made of 2 different characters"
    refuses_secret '' "is empty"
    refuses_secret 'two lines of\ntext in it' "holds a line end"
    refuses_secret 'from a windows editor\r\n' "holds a line end"
    refuses_secret 'cut by\0a zero byte' "holds a line end or another control character"
    refuses_secret "$(cat "$copy/secrets/db_password")" "is the same as secrets/db_password"
    takes_secret 'an editor ends the line\n'
    takes_secret 'password of nobody else'
    takes_secret 'schöner Hafen 7'

    rm "$copy/secrets/db_password" && mkdir "$copy/secrets/db_password"
    rm "$copy/secrets/wp_salts" && ln -s nowhere "$copy/secrets/wp_salts"
    printf short >"$copy/secrets/wp_author_password"
    expect tools/secrets.sh "all at once" \
        "error: secrets/db_password is a directory*rmdir*error: secrets/wp_author_password has 5*error: secrets/wp_salts is no file*exit 1" \
        "$(secrets)"
    rm -r "$copy/secrets"
    expect tools/secrets.sh "a certificate is asked for" "*error: secrets/tls_certificate holds no 'CERTIFICATE'*secrets/tls_key*exit 1" \
        "$(secrets TLS_SOURCE=secret)"
}

# The password of the backup is the only key to what was saved with it.
test_backup_password() {
    local data=$copy/data weak="secrets/backup_password has 8 characters" change="keep that*restic key passwd"
    rm -rf "$copy/secrets"
    secrets DATA_DIR="$data" >/dev/null
    printf 'Xq7!pLw2' >"$copy/secrets/backup_password"
    expect tools/secrets.sh "nothing was saved" "error: $weak*remove it*exit 1" "$(secrets DATA_DIR="$data")"
    mkdir -p "$data/backup/repository"
    expect tools/secrets.sh "an old key is weak" "warning: $weak*${change}*exit 0" "$(secrets DATA_DIR="$data")"
    expect tools/secrets.sh "an old key is not to be removed" "" "$(secrets DATA_DIR="$data" | grep -F 'remove it' || true)"
    cp "$copy/secrets/db_password" "$copy/secrets/backup_password"
    expect tools/secrets.sh "an old key is another's" "warning: *the same as*${change}*exit 0" "$(secrets DATA_DIR="$data")"
    if [ "$(id -u)" -eq 0 ]; then
        printf 'Xq7!pLw2' >"$copy/secrets/backup_password"
        chown -R 65534 "$copy/secrets"
        chmod 0700 "$data/backup"
        expect tools/secrets.sh "a plain user cannot look" "warning: $weak*${change}*exit 0" \
            "$(setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" DATA_DIR="$data" "$copy/tools/secrets.sh" 2>&1 && echo "exit 0")"
    fi
    true >"$copy/secrets/backup_password"
    expect tools/secrets.sh "an old key is gone" "error: *is empty*put it back*exit 1" "$(secrets DATA_DIR="$data")"
    rm -rf "$copy/secrets" "$data"
}

# A secret of somebody else, as a plain user finds it after a 'sudo'.
test_foreign_secrets() {
    [ "$(id -u)" -eq 0 ] || return 0
    secrets >/dev/null
    chown 65534 "$copy/secrets" "$copy/secrets/"*
    chown 0 "$copy/secrets/db_password"
    expect tools/secrets.sh "one of another user" "error: secrets/db_password belongs to 'root'*sudo chown*exit 1" \
        "$(setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" "$copy/tools/secrets.sh" 2>&1 || echo "exit $?")"
    chown 0 "$copy/secrets"
    expect tools/secrets.sh "all of another user" "error: secrets/ belongs to 'root': sudo chown -R*exit 1" \
        "$(setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" "$copy/tools/secrets.sh" 2>&1 || echo "exit $?")"
}

# ---- the machine --------------------------------------------------------------------

# machine EXPECTED [KEY=VALUE...]: what preflight.sh says of the machine that the files here describe.
machine() {
    expect tools/preflight.sh "$*" "$1" "$(tool preflight.sh HTTPS_PORT=443 DATA_DIR="$copy/data" "${@:2}")"
}

test_machine() {
    sed -i "s|^PROC=.*|PROC=$copy/proc|" "$copy/tools/preflight.sh"
    mkdir -p "$copy/proc/net"
    printf 'MemTotal: 8000000 kB\n' >"$copy/proc/meminfo"
    # 9443, 9444 listen; 9445 is a connection.
    printf ' sl local_address rem_address st\n 0: 00000000:24E3 00000000:0000 0A\n 1: 0100007F:24E4 00000000:0000 0A\n 2: 0100007F:24E5 00000000:0000 01\n' >"$copy/proc/net/tcp"
    cp .env.example "$copy/.env"
    printf '20.10.24+dfsg1\n' >"$copy/version"
    printf 5000000 >"$copy/free"
    : >"$copy/publishers"
    machine "exit 0"
    machine "error: HTTPS_PORT: port 9443 is taken: \"apache2\",pid=77 listens there; stop that, or another HTTPS_PORT*exit 1" HTTPS_PORT=9443
    machine "error: HTTPS_PORT: port 9444 is taken: a program listens*sudo ss -ltnp*exit 1" HTTPS_PORT=9444
    machine "exit 0" HTTPS_PORT=9445
    echo 'web othersite' >"$copy/publishers"
    machine "error: HTTPS_PORT: port 443 is taken: container 'web' publishes it*docker stop web*exit 1"
    echo 'nginx inception' >"$copy/publishers"
    machine "exit 0"
    machine "exit 0" DOCKER_HOST=ssh://elsewhere HTTPS_PORT=9443
    printf '19.03.5\n' >"$copy/version"
    printf 300000 >"$copy/free"
    printf 'MemTotal: 500000 kB\n' >"$copy/proc/meminfo"
    machine "error: the Docker engine is 19.03.5: expected 20.10*error: DATA_DIR*292 MB are free there, 500 are needed*warning: *488 MB of memory*exit 1"
    printf '28.0.1\n' >"$copy/version"
    mkdir -p "$copy/data/mariadb/data"
    machine "warning: *exit 0"
    printf 'MemTotal: 8000000 kB\n' >"$copy/proc/meminfo"
}

# Two keys of ports that the host has once.
test_collision() {
    # shellcheck disable=SC2016 # keys of the compose file
    sed -i 's|^      - "${HTTPS_PORT:?}:.*|&\n      - "${DB_PORT:?}-${REDIS_PORT:?}:1-9"|' "$copy/docker-compose.yml"
    machine "error: DB_PORT-REDIS_PORT and HTTPS_PORT are both 443*exit 1" DB_PORT=442 REDIS_PORT=444
}

test_data_dir() {
    touch "$copy/file"
    [ "$(id -u)" -eq 0 ] || return 0
    machine "error: DATA_DIR '*/file/data' cannot be written to: mkdir: *exit 1" DATA_DIR="$copy/file/data"
    # A file system that takes the order and forgets it.
    printf '#!/bin/sh\n' >"$copy/bin/chown" && chmod 0755 "$copy/bin/chown"
    machine "error: DATA_DIR *keeps no owners*ext4*exit 1"
    expect tools/preflight.sh "leaves nothing behind" mariadb "$(ls -A "$copy/data")"
}

test_env
test_secrets
test_backup_password
test_foreign_secrets
test_machine
test_collision
test_data_dir
finish
