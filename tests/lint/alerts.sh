#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The alert rules of Prometheus, tried by its own tool: they are valid, each of them has a test, and
# speaks when it must and at no other time.
. "$(dirname "$0")/lib.sh"

rules=services/prometheus/rules.yml tests=tests/lint/alerts.yml
if ! command -v promtool >/dev/null; then
    report "$rules:1: promtool is missing: tools/test.sh lint fetches it (Debian's package prometheus)"
    finish
fi
for words in "check rules $rules" "test rules $tests"; do
    # shellcheck disable=SC2086 # words of a command
    out=$(promtool $words 2>&1) || report "${words##* }:1: promtool $words: $out"
done
report_all < <(sed -n 's/.*- alert: //p' "$rules" | while read -r name; do
    grep -q "alertname: $name\$" "$tests" || printf '%s:1: no test of alert %s\n' "$tests" "$name"
done)
finish
