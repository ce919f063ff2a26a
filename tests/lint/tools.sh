#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tools that need no Docker engine, tried in a copy of the tree; where one asks for docker, it gets
# a stand-in that knows the container 'nginx' and says so when it is told to change something.
. "$(dirname "$0")/lib.sh"

copy_tree
cat >"$copy/bin/docker" <<'DOCKER'
#!/bin/sh
case "$1 $2" in
    'ps -a') case "$*" in *part=bonus*) cat bonus 2>/dev/null ;; *) echo nginx ;; esac ;;
    'info '* | 'volume ls' | 'inspect '* | 'compose version') ;;
    *) echo "docker was told: $*" ;;
esac
DOCKER
chmod 0755 "$copy/bin/docker"

# ---- env.sh -------------------------------------------------------------------

# refuses KEY VALUE TEXT: with that value .env is refused with a text that names all three.
refuses() {
    expect tools/env.sh "$1" "*error: $1 '$2'*$3*exit 1" "$(tool env.sh "$1=$2")"
}
# takes KEY VALUE
takes() {
    expect tools/env.sh "$1='$2'" "*exit 0" "$(tool env.sh "$1=$2")"
}

test_env() {
    expect tools/env.sh "the example is good" "*exit 0" "$(tool env.sh LOGIN=tester)"
    refuses LOGIN 'No Login' 'lower case letters'
    refuses DOMAIN_NAME 'no_host' "login.42.fr"
    refuses DATA_DIR 'data' 'absolute path'
    refuses DATA_DIR '/srv/../etc' 'absolute path'
    refuses DATA_DIR '/tmp' 'not ours alone'
    refuses DATA_DIR '/tmp/' 'absolute path'
    refuses DATA_DIR '/tmp//' 'absolute path'
    refuses DATA_DIR '//tmp' 'absolute path'
    refuses DATA_DIR '/tmp/.' 'absolute path'
    takes DATA_DIR '/home/tester/.local/data.d'
    refuses HTTPS_PORT 0 '1 to 65535'
    refuses DB_PORT 65536 '1 to 65535'
    refuses UP_TIMEOUT 60.5 'a number of seconds'
    expect tools/env.sh "a word for a port stops no other check" "*FTP_PASSIVE_MIN_PORT 'x'*WP_OWNER 'a b'*exit 1" \
        "$(tool env.sh FTP_PASSIVE_MIN_PORT=x WP_OWNER='a b')"
    refuses COMPOSE_PROJECT_NAME 'My Project' 'lower case'
    refuses IMAGE_TAG 'latest' "not 'latest'"
    refuses IMAGE_TAG 'a tag' 'a tag'
    takes IMAGE_TAG v2
    refuses TLS_SOURCE 'letsencrypt' "'self-signed' or 'secret'"
    takes TLS_SOURCE secret
    refuses DB_NAME 'word-press' 'letters, digits'
    refuses DB_USER "o'neill" 'letters, digits'
    refuses DB_USER "$(printf 'u%.0s' {1..64})" 'letters, digits'
    refuses WP_TITLE ' ' 'a title'
    takes WP_TITLE 'Harbour of Tests'
    refuses WP_OWNER 'theAdministrator' "'admin'"
    refuses WP_OWNER 'cap tain' 'letters, digits'
    refuses WP_AUTHOR 'writer!' 'letters, digits'
    takes WP_AUTHOR 'w.r_i-t@er'
    refuses WP_OWNER_EMAIL 'captain' 'an address'
    refuses WP_AUTHOR_EMAIL 'a@b@c' 'an address'
    refuses WP_AUTHOR_EMAIL 'wri ter@tester.42.fr' 'an address'
    refuses WP_AUTHOR 'Captain' 'WP_OWNER'
    refuses WP_AUTHOR_EMAIL 'captain@tester.42.fr' 'WP_OWNER_EMAIL'
    printf 'LOGIN=tester\nDATA_DIR=/srv/data' >"$copy/.env"
    expect tools/env.sh "adds keys to a file without a last newline" "*new key*exit 0" "$(tool env.sh)"
    grep -qx 'DATA_DIR=/srv/data' "$copy/.env" || report "tools/env.sh:1: a new key ran into the last line"
}

# ---- secrets.sh ---------------------------------------------------------------

test_secrets() {
    # Every secret that the compose file names.
    local modes
    modes=$(sed -n 's|.*{file: ./secrets/\(.*\)}|\1|p' "$copy/docker-compose.yml" | sort | sed 's/^/644 /' | tr '\n' ' ')
    expect tools/secrets.sh "makes what is missing" "made in secrets/: *exit 0" "$(tool secrets.sh)"
    expect tools/secrets.sh "modes" "700 $modes" "$(stat -c %a "$copy/secrets") $(modes_of_secrets)"
    printf 'my own choice 4711' >"$copy/secrets/db_password"
    printf key >"$copy/key-of-somebody"
    ln -sf "$copy/key-of-somebody" "$copy/secrets/tls_key"
    chmod 0600 "$copy/secrets/db_password" "$copy/key-of-somebody"
    chmod 0755 "$copy/secrets"
    expect tools/secrets.sh "makes nothing twice" "exit 0" "$(tool secrets.sh)"
    expect tools/secrets.sh "repairs the modes" "700 ${modes/644 tls_key/777 tls_key}" \
        "$(stat -c %a "$copy/secrets") $(modes_of_secrets)"
    expect tools/secrets.sh "keeps the text" "my own choice 4711" "$(cat "$copy/secrets/db_password")"
    expect tools/secrets.sh "leaves what a link leads to" 600 "$(stat -c %a "$copy/key-of-somebody")"
}
modes_of_secrets() { (cd "$copy/secrets" && stat -c '%a %n' -- * | tr '\n' ' '); }

# ---- volumes.sh, which asks a container for what a plain user may not ---------------

test_volumes() {
    [ "$(id -u)" -eq 0 ] || return 0
    mkdir -m 0700 "$copy/home"
    expect tools/volumes.sh "runs" "exit 0" "$(tool volumes.sh DATA_DIR="$copy/home/data")"
    expect tools/volumes.sh "an existing parent keeps its mode" 700 "$(stat -c %a "$copy/home")"
    chmod 0711 "$copy/home/data"
    expect tools/volumes.sh "runs again" "exit 0" "$(tool volumes.sh DATA_DIR="$copy/home/data")"
    expect tools/volumes.sh "an existing directory keeps its mode" 711 "$(stat -c %a "$copy/home/data")"
    expect tools/volumes.sh "owner and mode of a volume" "100 101 750" "$(stat -c '%u %g %a' "$copy/home/data/mariadb")"
}

# ---- hosts.sh, with a file in the place of /etc/hosts -------------------------------

test_hosts() {
    local hosts=$copy/hosts
    sed -i "s|/etc/hosts|$hosts|g" "$copy/tools/hosts.sh"
    printf '127.0.0.1 localhost\n::1 other' >"$hosts"
    expect tools/hosts.sh "adds" "added to *exit 0" "$(tool hosts.sh DOMAIN_NAME=a.42.fr)"
    expect tools/hosts.sh "a line of its own" $'127.0.0.1 localhost\n::1 other\n127.0.0.1 a.42.fr' "$(cat "$hosts")"
    expect tools/hosts.sh "adds once" "*has 'a.42.fr' already*exit 0" "$(tool hosts.sh DOMAIN_NAME=a.42.fr)"
    printf '10.1.2.3 x b.42.fr # moved\n# 127.0.0.1 c.42.fr\n' >"$hosts"
    expect tools/hosts.sh "elsewhere" "warning: *'b.42.fr' at 10.1.2.3*127.0.0.1*exit 0" \
        "$(tool hosts.sh DOMAIN_NAME=b.42.fr)"
    expect tools/hosts.sh "a comment is no entry" "added to *exit 0" "$(tool hosts.sh DOMAIN_NAME=c.42.fr)"
    echo site >"$copy/bonus"
    expect tools/hosts.sh "the static site with the bonus" "*'c.42.fr' already*added to *127.0.0.1 site.c.42.fr*exit 0" \
        "$(tool hosts.sh DOMAIN_NAME=c.42.fr)"
    rm "$copy/bonus"
}

# ---- crash.sh, clean.sh -------------------------------------------------------------

test_crash() {
    expect tools/crash.sh "a container of somebody else" "error: *'stranger' of this project*nginx*exit 1" \
        "$(tool crash.sh SERVICE=stranger)"
    expect tools/crash.sh "one that is down" "error: 'nginx' does not run*exit 1" "$(tool crash.sh SERVICE=nginx)"
}

test_clean() {
    local as=()
    if [ "$(id -u)" -eq 0 ]; then as=(setpriv --reuid 65534 --regid 65534 --clear-groups); fi
    mkdir -p "$copy/build/init"
    touch "$copy/build/init/pidone"
    chmod 0555 "$copy/build/init"
    expect tools/clean.sh "says first what it may not remove" "error: *'build*'*sudo make clean*exit 1" \
        "$("${as[@]}" env -i "PATH=$copy/bin:$PATH" "$copy/tools/clean.sh" 2>&1 && echo "exit 0" || echo "exit $?")"
    chmod -R u+w "$copy/build"
    expect tools/clean.sh "removes" "docker was told: compose down *removed: *exit 0" "$(tool clean.sh)"
    [ ! -e "$copy/build" ] || report "tools/clean.sh:1: left the build directory behind"
}

# ---- a clone that belongs to somebody else --------------------------------------------

test_owner() {
    local lib
    for lib in tools tests/lint; do
        # shellcheck disable=SC2016 # $1 belongs to the inner shell
        expect "$lib/lib.sh" "git reads a clone of another user" "$copy/.git" \
            "$(env -i "PATH=$PATH" HOME=/nonexistent GIT_TEST_ASSUME_DIFFERENT_OWNER=1 \
                bash -c '. "$1" && git rev-parse --absolute-git-dir' bash "$copy/$lib/lib.sh" 2>&1)"
    done
}

# ---- status.sh, shell.sh, logs.sh, with containers that are not there ----------------

# engine NAME=STATE...: a stand-in for docker with these containers, each with the pidone of a file in answers/.
engine() {
    mkdir -p "$copy/engine" "$copy/answers"
    printf '%s\n' "$@" >"$copy/answers/containers"
    cat >"$copy/engine/docker" <<DOCKER
#!/bin/bash
case "\$1" in
    ps) sed 's/=.*//' $copy/answers/containers ;;
    inspect)
        state=\$(sed -n "s/^\${!#}=//p" $copy/answers/containers)
        case "\$3" in
            '{{.State.Status}}') echo "\${state%% *}" ;;
            *) printf 'container\t/%s\t%s\t%s\t%s\t%s\t%s\t%s' "\${!#}" \$state ;;
        esac
        ;;
    exec) cat "$copy/answers/\$2" ;;
esac
DOCKER
    chmod 0755 "$copy/engine/docker"
}
with_engine() { tool "$1" "PATH=$copy/engine:$PATH" "${@:2}"; }

test_status() {
    local service='"pid":7,"ready":0.1,"attempt":0,"limit":5,"held_by":null,"deadline":null,"next_run":null'
    engine 'nginx=running healthy 2 0 false' 'wordpress=exited unhealthy 0 137 true' 'mariadb=running starting 0 0 false'
    printf '{"version":"0.1.0","services":[{"name":"nginx","state":"up","health":"healthy",%s,"since":3725.004,%s,%s},%s}]}\n' "$service" \
        '"restarts":3,"last_exit":{"signal":"SIGKILL","core":false},"failure":null,"hold":null,"memory":1572864' \
        '"cpu":0.250,"status_text":"a \"b\" \\ {[,:]} \u001b end"' \
        '{"name":"once","state":"failed","health":"unhealthy","since":5,"restarts":0,"last_exit":{"code":3},"failure":"no luck"' \
        >"$copy/answers/nginx"
    echo 'control socket: no answer' >"$copy/answers/mariadb"
    local nginx='nginx +running +healthy +2' awk
    for awk in awk mawk; do
        command -v "$awk" >/dev/null || continue
        ln -sf "$(command -v "$awk")" "$copy/engine/awk"
        cells_are "$nginx +nginx +up +healthy +3 +1h2m +1.5M +0.25s +SIGKILL +a \"b\" \\\\ \{\[,:\]\} \? end"
        cells_are "$nginx +once +failed +unhealthy +0 +5.0s +- +- +code 3 +no luck"
        cells_are 'wordpress +exited +unhealthy +0 .* ended with code 137, out of memory'
        cells_are 'mariadb +running +starting +0 .* no answer: control socket: no answer'
        cells_are 'not well: wordpress is exited, mariadb is starting'
        cells_are 'exit 1'
    done
    rm "$copy/engine/awk"
    engine 'nginx=running healthy 0 0 false' 'redis=running healthy 0 0 false' 'wordpress=paused healthy 0 0 false'
    cells_are "wordpress +paused .* 'docker unpause wordpress' lets it go on"
    cp "$copy/answers/nginx" "$copy/answers/redis"
    cells_are 'mariadb +absent .* there is no container'
    engine
    expect tools/status.sh "nothing is there" "error: no container*'make'*exit 1" "$(with_engine status.sh)"
    expect tools/status.sh "top without a terminal" "error: *needs a terminal*exit 1" "$(PATH=$copy/engine:$PATH "$copy/tools/status.sh" --watch 2>&1 </dev/null || echo "exit $?")"
}
# cells_are PATTERN: a line of the table is that from its first to its last character.
cells_are() {
    grep -qxE -- "$1" <<<"$(with_engine status.sh)" ||
        report "tools/status.awk:1: no line like '$1' in '$(with_engine status.sh | tr '\n' '|')'"
}

test_service() {
    local names="nginx wordpress mariadb"
    engine 'nginx=running healthy 0 0 false' 'mariadb=exited unhealthy 0 1 false'
    expect tools/shell.sh "no SERVICE" "error: *SERVICE=name*$names*exit 1" "$(with_engine shell.sh)"
    expect tools/shell.sh "an unknown one" "error: no service 'ngin'; *$names*exit 1" "$(with_engine shell.sh SERVICE=ngin)"
    expect tools/shell.sh "one that is down" "error: 'mariadb' is exited: 'make'*compose.sh run*exit 1" \
        "$(with_engine shell.sh SERVICE=mariadb)"
    expect tools/shell.sh "one of the bonus" "error: 'redis' is absent: 'make bonus'*exit 1" "$(with_engine shell.sh SERVICE=redis)"
    expect tools/logs.sh "an unknown one" "error: no service 'ngin'; *$names*exit 1" "$(with_engine logs.sh SERVICE=ngin)"
    expect tools/logs.sh "one without a container" "error: 'redis' has no container*'make bonus'*exit 1" \
        "$(with_engine logs.sh SERVICE=redis)"
    expect tools/logs.sh "one that is there" "exit 0" "$(with_engine logs.sh SERVICE=nginx)"
}

test_env
test_secrets
test_volumes
test_hosts
test_crash
test_clean
test_owner
test_status
test_service
finish
