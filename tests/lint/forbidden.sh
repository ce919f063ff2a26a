#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the exercise forbids, looked for wherever it could hide; and secrets, in the tree and in history.
# Each expression is spelled so that it does not match itself. Documentation and the C++ of init/,
# which has an event loop, are not looked at.
. "$(dirname "$0")/lib.sh"

mapfile -t all < <(files Makefile docker-compose.yml '*.yml' '*.yaml' 'dockerfiles/*' 'services/*' 'tools/*' 'tests/*' .ci/run '*.toml' .env.example |
    while IFS= read -r file; do grep -Iq . "$file" && printf '%s\n' "$file"; done)
mapfile -t compose < <(files docker-compose.yml '*.yml' '*.yaml')
mapfile -t dockerfiles < <(files '*Dockerfile*')

banned 'tail[[:space:]]+(-[a-zA-Z0-9]+[[:space:]]+)*-[a-zA-Z0-9]*[fF]\b' 'tail is no way to stay alive' "${all[@]}"
banned 'sleep[[:space:]]+inf|sleep[", ]+inf' 'sleeping is no way to stay alive' "${all[@]}"
banned '\b[Ww]hile[[:space:]]*\(?[[:space:]]*([Tt]rue|1)[[:space:]]*([:;)]|$)' 'an endless loop' "${all[@]}"
banned '\bwhile[[:space:]]+:[[:space:]]*(;|$)' 'an endless loop' "${all[@]}"
banned 'for[[:space:]]*\(+[[:space:]]*;[[:space:]]*;' 'an endless loop' "${all[@]}"
banned '--[l]ink\b' 'container links' "${all[@]}"
banned '^[[:space:]]*(external_)?links[[:space:]]*:' 'container links' "${compose[@]}"
banned '(network_mode|network)[[:space:]]*:[[:space:]]*["'\'']?host|--net(work)?[= ]+host\b' "the host's network" "${all[@]}"
banned '[:]latest\b' 'a floating tag' "${all[@]}"
banned '^[[:space:]]*image[[:space:]]*:[[:space:]]*["'\'']?[^:"'\'']+["'\'']?[[:space:]]*$' 'an image without a tag' "${compose[@]}"
banned '^FROM[[:space:]]+[^:@[:space:]]+([[:space:]]|$)' 'a base image without a tag' "${dockerfiles[@]}"

# Secrets in the tree.
mapfile -t tracked < <(git ls-files)
report_all < <(printf '%s\n' "${tracked[@]}" | grep -E '^secrets/|(^|/)\.env$|\.(pem|key|p12|pfx)$' | sed 's/$/:1: tracked, but it holds secrets/')
mapfile -t text < <(printf '%s\n' "${tracked[@]}" | while IFS= read -r file; do [ -f "$file" ] && grep -Iq . "$file" && printf '%s\n' "$file"; done)
banned '-----BEGIN[ ]([A-Z]+ )*PRIVATE KEY' 'a private key' "${text[@]}"
banned '^[[:space:]-]*[A-Z_]*(PASSWORD|PASSWD|SECRET|TOKEN|API_KEY)[A-Z_]*[[:space:]]*[:=][[:space:]]*["'\'']?[^[:space:]"'\''$/{}<]' \
    'a secret written out' "${compose[@]}" "${dockerfiles[@]}" .env.example

# Secrets in history: files that were there once, keys, and the very values used on this machine.
report_all < <(git log --all --format= --name-only --diff-filter=A -- secrets .env '*.pem' '*.key' | sort -u | sed '/^$/d; s/$/:1: in the history, and it holds secrets/')
report_all < <(git log --all --format=%h -G '-----BEGIN[ ]([A-Z]+ )*PRIVATE KEY' | sed 's/$/:1: a private key in the history/')
if compgen -G 'secrets/*' >/dev/null; then
    values=$(mktemp)
    trap 'rm -f "$values"' EXIT
    grep -hE '^.{12,}$' secrets/* >"$values" || true
    if [ -s "$values" ]; then
        report_all < <(git grep -nIF -f "$values" | cut -d : -f 1,2 | sed 's/$/: the value of a secret in the tree/')
        if git log --all -p | grep -qF -f "$values"; then
            report "git log:1: the value of a secret in the history"
        fi
    fi
fi
finish
