#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Adds the site's domain to /etc/hosts, once.
. "$(dirname "$0")/lib.sh"

domain=$(env_value DOMAIN_NAME)
[ -n "$domain" ] || die "'.env' is missing: 'make secrets' writes it"
line="127.0.0.1 $domain"
if grep -Eq "^[^#]*[[:space:]]${domain//./\\.}([[:space:]]|\$)" /etc/hosts; then
    say "/etc/hosts has '$domain' already"
elif [ -w /etc/hosts ]; then
    printf '%s\n' "$line" >>/etc/hosts
    say "added to /etc/hosts: $line"
else
    die "/etc/hosts is not writable for '$(id -un)'. Once: echo '$line' | sudo tee -a /etc/hosts"
fi
