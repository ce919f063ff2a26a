#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Adds the site's domain to /etc/hosts, once; with the bonus also that of the static site.
. "$(dirname "$0")/lib.sh"

add() {
    local domain=$1 address line="127.0.0.1 $1"
    address=$(awk -v domain="$domain" '
        {sub(/#.*/, ""); for (i = 2; i <= NF; i++) if ($i == domain) {print $1; exit}}' /etc/hosts)
    if [[ $address == 127.* || $address == ::1 ]]; then
        say "/etc/hosts has '$domain' already"
    elif [ -n "$address" ]; then
        # Not wrong where it is an address of this machine, so it is only said.
        warn "/etc/hosts has '$domain' at $address already; if that is elsewhere, change it to 127.0.0.1"
    elif [ -w /etc/hosts ]; then
        # A last line without an end would run into ours.
        [ -z "$(tail -c 1 /etc/hosts)" ] || line=$'\n'$line
        printf '%s\n' "$line" >>/etc/hosts
        say "added to /etc/hosts: ${line#$'\n'}"
    else
        die "/etc/hosts is not writable for '$(id -un)'. Once: sudo make hosts"
    fi
}

domain=$(env_value DOMAIN_NAME)
[ -n "$domain" ] || die "'.env' is missing: 'make secrets' writes it"
add "$domain"
# Without an engine there is no bonus either.
if [ -n "$(bonus_containers 2>/dev/null || true)" ]; then add "site.$domain"; fi
