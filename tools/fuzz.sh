#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs each libFuzzer target for a time: fuzz.sh [SECONDS [TARGET...]]. An input that breaks a promise
# is kept in tests/fuzz/corpus, where 'make test' replays it from then on; 1 when there was one.
. "$(dirname "$0")/lib.sh"

each=${1:-60}
[[ $each =~ ^[1-9][0-9]*$ ]] || die "SECONDS is '$each', expected a number of seconds"
shift || true
need_programs clang++:clang meson:meson ninja:ninja-build

# The layers under test are instrumented too: else the fuzzer would be blind.
build=${FUZZ_BUILD:-build-fuzz}
[ -f "$build/build.ninja" ] || CXX=clang++ meson setup "$build" -Dfuzz=true -Dtests=enabled -Dwerror=false \
    -Db_sanitize=address,undefined -Db_lundef=false -Dcpp_args=-fsanitize=fuzzer-no-link >/dev/null
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cd tests/fuzz/corpus && printf '%s\n' *)
programs=("${targets[@]/%/-fuzz}")
meson compile -C "$build" "${programs[@]}" >"$build/log" || { tail -n 40 "$build/log" && exit 1; }

found=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
for target in "${targets[@]}"; do
    corpus=tests/fuzz/corpus/$target
    news=$build/corpus/$target
    mkdir -p "$news"
    say "$target: ${each}s"
    if ! "$build/tests/fuzz/$target-fuzz" -max_total_time="$each" -max_len=8192 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$corpus/" -print_final_stats=1 "$news" "$corpus" >"$news.log" 2>&1; then
        found=1
        tail -n 40 "$news.log"
    fi
    sed -n 's/^stat::number_of_executed_units: */    inputs tried: /p; s/^stat::new_units_added: */    of new effect: /p' "$news.log"
done
exit "$found"
