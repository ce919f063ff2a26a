#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The rules of the exercise one after another: the command, what it says, the verdict. Ends with 1 when
# a rule is broken. The site must be up.
. "$(dirname "$0")/lib.sh"

kept=0 broken=0
domain=$(env_value DOMAIN_NAME) port=$(env_value HTTPS_PORT) data=$(env_value DATA_DIR)

# rule TEXT EXPECTED COMMAND: EXPECTED is an extended regular expression that the output must match,
# or with a '!' in front must not; the command is run by bash as it is shown.
rule() {
    local text=$1 expected=$2 command=$3 output verdict=0
    say
    say "# $text"
    say "\$ $command"
    output=$(bash -c "$command" 2>&1) || true
    if [ -n "$output" ]; then printf '%s\n' "$output" | head -n 12 | cut -c 1-160 | sed 's/^/  /'; fi
    case $expected in
        # A command that could not look has seen nothing, which is no proof.
        !*) grep -qE -- "${expected#!}|^([Ee]rror|fatal):?" <<<"$output" && verdict=1 ;;
        *) grep -qE -- "$expected" <<<"$output" || verdict=1 ;;
    esac
    if [ "$verdict" -eq 0 ]; then
        say "  => kept"
        kept=$((kept + 1))
    else
        say "  => BROKEN (expected: ${expected/#!/nothing like })"
        broken=$((broken + 1))
    fi
}

rules_of_the_tree() {
    rule "one Dockerfile per service, each from the penultimate stable Debian, none from a finished image" \
        '^all$' "grep -hiE '^FROM|--from=' dockerfiles/*/Dockerfile | sort | uniq -c; tests/lint/dockerfiles.sh && echo all"
    rule "no endless loops, no links, no host network, no floating tags, no secrets in the tree or its history" \
        '^clean$' "tests/lint/forbidden.sh && echo clean"
    rule "git tracks nothing of secrets/ and no .env, where the passwords are" \
        '!.' "git ls-files secrets .env"
}

rules_of_the_containers() {
    local name
    for name in nginx wordpress mariadb; do
        rule "$name: runs, is healthy, its image bears its name and a fixed tag" \
            "^/$name running healthy $name:[0-9]" \
            "docker inspect --format '{{.Name}} {{.State.Status}} {{.State.Health.Status}} {{.Config.Image}}' $name"
        rule "$name: process 1 is pidone, and nothing started through a shell" \
            '^ok$' "docker top $name -o pid,args | sed 1d | awk 'NR == 1 && !/pidone/ {bad = 1} /(^| |\/)(sh|bash|dash|tail|sleep)( |\$)/ {bad = 1} {print} END {if (NR && !bad) print \"ok\"}'"
        rule "$name: comes back by itself after a crash; not as root, no capability, no new privileges, read-only" \
            '^unless-stopped [1-9][0-9:]* \[ALL\] \[no-new-privileges(:true)?\] true$' \
            "docker inspect --format '{{.HostConfig.RestartPolicy.Name}} {{.Config.User}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.ReadonlyRootfs}}' $name"
        rule "$name: no password in its environment" \
            '!(PASSWORD|SECRET|SALTS)=.' "docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $name"
    done
    rule "of the mandatory part nginx alone is reachable from outside, on $port alone" \
        "^nginx:$port->$port/tcp\$" \
        "docker ps --filter label=com.docker.compose.project=$(project_name) --format '{{.Names}}={{.Label \"pidone.part\"}} {{.Ports}}' | awk '\$1 !~ /=bonus/ {sub(/=.*/, \"\", \$1); for (i = 2; i <= NF; i++) if (\$i ~ /->/) {gsub(/^.*:|,\$/, \"\", \$i); print \$1 \":\" \$i}}' | sort -u | paste -sd ' '"
    rule "each service in its own container: no nginx beside php, no php beside nginx, neither beside the database" \
        '!^/' "for c in wordpress mariadb; do docker exec \$c ls /usr/sbin/nginx; done 2>/dev/null; for c in nginx mariadb; do docker exec \$c ls /usr/sbin/php-fpm8.2; done 2>/dev/null"
}

rules_of_network_and_volumes() {
    rule "a network of its own, never the host's" '!(^| )host$' \
        "docker inspect --format '{{.Name}} {{.HostConfig.NetworkMode}}' nginx wordpress mariadb"
    rule "a named volume for the database, in $data" "^mariadb.*$data/mariadb\$" \
        "docker volume ls --quiet --filter label=com.docker.compose.project=$(project_name) | xargs docker volume inspect --format '{{index .Labels \"com.docker.compose.volume\"}} {{index .Options \"device\"}}' | sort"
    rule "the same for the site" "^wordpress.*$data/wordpress\$" \
        "docker volume ls --quiet --filter label=com.docker.compose.project=$(project_name) | xargs docker volume inspect --format '{{index .Labels \"com.docker.compose.volume\"}} {{index .Options \"device\"}}' | sort"
}

rules_of_the_site() {
    local s_client="docker exec nginx openssl s_client -connect 127.0.0.1:$port -servername $domain"
    rule "TLS 1.2 is spoken" 'TLSv1\.2, Cipher is [^(]' "$s_client -tls1_2 </dev/null 2>/dev/null | grep 'Cipher is'"
    rule "TLS 1.3 is spoken" 'TLSv1\.3, Cipher is [^(]' "$s_client -tls1_3 </dev/null 2>/dev/null | grep 'Cipher is'"
    rule "TLS 1.1 is refused" 'Cipher is \(NONE\)|alert protocol version' \
        "$s_client -tls1_1 -cipher DEFAULT@SECLEVEL=0 </dev/null 2>&1 | grep -E 'Cipher is|alert'"
    rule "the site answers on https://$domain and is WordPress, installed" '^200 .*wp-content' \
        "curl -sk --resolve $domain:$port:127.0.0.1 -w '\\n%{http_code} ' https://$domain:$port/ | grep -oE '^200|wp-content' | sort -u | tr '\\n' ' '"
    rule "plain http is refused" '^000' "curl -s -o /dev/null -w '%{http_code}\\n' --max-time 3 http://127.0.0.1:80/"
}

rules_of_the_database() {
    local client='docker exec mariadb mariadb --defaults-file=/run/pidone/client.cnf --batch --skip-column-names'
    client+=" --database=$(env_value DB_NAME)"
    rule "two users; the administrator's name does not contain 'admin'" '^[0-9]+ two$' \
        "$client --execute='SELECT user_login FROM wp_users' | awk '{print} tolower(\$0) ~ /admin/ {bad = 1} END {if (NR >= 2 && !bad) print NR, \"two\"}'"
    rule "the database is not empty" '^[1-9][0-9]$' \
        "$client --execute='SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()'"
    rule "nobody gets in as root without a password" 'Access denied' \
        "docker exec mariadb mariadb --no-defaults --protocol=socket --socket=/run/mysqld/mysqld.sock --user=root --execute='SELECT 1'"
}

hint_domain() {
    say
    say "# $domain leads to this machine"
    say "\$ getent hosts $domain"
    if getent hosts "$domain" | sed 's/^/  /' | grep .; then
        say "  => kept"
    else
        say "  => open: 'make hosts' adds it to /etc/hosts"
    fi
}

[ "$(docker inspect --format '{{.State.Running}}' nginx 2>/dev/null)" = true ] || die "the site is down: 'make' starts it"
have curl || apt_install curl
have ps || apt_install procps
rules_of_the_tree
rules_of_the_containers
rules_of_network_and_volumes
rules_of_the_site
rules_of_the_database
hint_domain
say
say "# a container that crashes is started again (make crash SERVICE=...)"
if SERVICE=nginx tools/crash.sh; then kept=$((kept + 1)); else broken=$((broken + 1)); fi
say
say "$kept rules kept, $broken broken"
[ "$broken" -eq 0 ]
