#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No image is made from a ready-made one: every stage begins with the base, and files come from the
# build's context, another stage or pidone's own image. With FROM on line 1 no directive for the
# parser can stand before it, so a line means here what it means to Docker.
. "$(dirname "$0")/lib.sh"

# check FILE: reads instructions, which a '\' carries over lines, as Docker does.
check() {
    awk '
    function found(text) { print FILENAME ":" line ": " text }
    function check_from(word) {
        if (words !~ /^FROM debian:bookworm-slim( (AS|as) [a-z][a-z0-9_.-]*)?$/)
            found("\"" words "\": expected FROM debian:bookworm-slim, alone or with AS name")
        if (split(words, word, " ") == 4) stages[word[4]]
    }
    function check_sources(rest, source) {
        # Also --mount of RUN takes files from an image.
        for (rest = words; match(rest, /[-,]from=[^ ,]*/); rest = substr(rest, RSTART + RLENGTH)) {
            source = substr(rest, RSTART + 6, RLENGTH - 6)
            if (source !~ /^([0-9]+|pidone:[0-9][0-9.]*)$/ && !(source in stages))
                found("from=" source ": expected the number or the name of a stage, or pidone:VERSION")
        }
    }
    function check_instruction() {
        gsub(/[ \t]+/, " ", words)
        gsub(/^ | $/, "", words)
        if (toupper(words) ~ /^FROM( |$)/) check_from()
        if (toupper(words) ~ /^(ONBUILD )?(COPY|ADD|RUN) /) check_sources()
        words = ""
    }
    NR == 1 && !/^FROM / { line = 1; found("line 1 must be FROM debian:bookworm-slim") }
    /^[ \t]*(#|$)/ { next }
    {
        if (words == "") line = NR
        goes_on = sub(/\\[ \t]*$/, "")
        words = words " " $0
        if (!goes_on) check_instruction()
    }
    END { check_instruction() }' "$1"
}

mapfile -t dockerfiles < <(files 'dockerfiles/*/Dockerfile')
[ "${#dockerfiles[@]}" -gt 0 ] || report "dockerfiles:1: no Dockerfile found"
for file in "${dockerfiles[@]}"; do report_all < <(check "$file"); done
finish
