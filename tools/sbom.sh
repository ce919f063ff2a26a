#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A bill of materials per image, build/sbom/NAME.cdx.json (CycloneDX 1.6): the packages that dpkg knows in
# it, those that were unpacked without dpkg, and pidone with what is linked into it.
. "$(dirname "$0")/lib.sh"

need_programs python3:python3
out=build/sbom
# shellcheck disable=SC2016 # dpkg's own variables
fields='\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n'

# ask IMAGE SCRIPT: runs the script in a shell inside the image.
ask() { docker run --rm --network none --read-only --entrypoint /bin/sh "$1" -c "$2"; }

# facts IMAGE: lines 'KIND<tab>...': installed, linked (with pidone), unpacked, licence and pidone's digest.
facts() {
    ask "$1" "
        dpkg-query --show --showformat 'installed$fields'
        for file in /usr/share/pidone/*.packages; do
            [ ! -f \"\$file\" ] || [ \"\${file##*/}\" = pidone.packages ] || sed 's/^/unpacked\t/' \"\$file\"
        done
        grep -H '^License: *[^ ]' /usr/share/doc/*/copyright |
            sed 's|^/usr/share/doc/\([^/]*\)/copyright:License: *|licence\t\1\t|'
        sha256sum /usr/bin/pidone | sed 's/^\([0-9a-f]*\).*/digest\t\1/'"
    ask "$pidone" "sed 's/^/linked\t/' /usr/share/pidone/pidone.packages"
}

pidone=pidone:$(pidone_version)
tag=$(env_value IMAGE_TAG)
mkdir -p "$out"
for file in dockerfiles/*/Dockerfile; do
    name=$(basename "$(dirname "$file")")
    image=$name:${tag:-$(pidone_version)}
    [ "$name" != pidone ] || image=$pidone
    about=$(docker image inspect --format '{{.Id}} {{.Created}}' "$image" 2>/dev/null) ||
        die "there is no image '$image': make build"
    # shellcheck disable=SC2086 # two words
    facts "$image" | /usr/bin/env python3 tools/sbom.py "$image" $about "$(pidone_version)" >"$out/$name.cdx.json.new"
    mv "$out/$name.cdx.json.new" "$out/$name.cdx.json"
    say "$out/$name.cdx.json: $(grep -c '"purl"' "$out/$name.cdx.json") components of $image"
done
