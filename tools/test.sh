#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs test suites and adds up: all, unit, lint, e2e, stack or asan. Installs what they need as root on
# Debian, builds, and ends with one line 'N passed, N failed[, N skipped]'; 1 when anything failed.
. "$(dirname "$0")/lib.sh"

BUILD_TOOLS=(git g++ meson ninja-build pkg-config libfmt-dev libtomlplusplus-dev doctest-dev libexpected-dev)
E2E_TOOLS=(python3 python3-pytest python3-prometheus-client procps util-linux iproute2 openssl podman)
LINT_TOOLS=(clang-format-14 clang-tidy-14 shellcheck python3-yaml binutils mandoc bsdextrautils)
STACK_TOOLS=(python3-pytest python3-yaml openssl curl chromium fonts-liberation wrk e2fsprogs
    testssl.sh iproute2 util-linux)
PYTHON=/usr/bin/python3 # Debian's own, which has Debian's pytest

passed=0 failed=0 skipped=0
summary=()
results=build/results
total=$results/total

# need PACKAGE...: installs what is absent. Elsewhere than on Debian the suites say themselves what is missing.
need() {
    have dpkg-query || return 0
    local package absent=()
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            absent+=("$package")
    done
    [ "${#absent[@]}" -eq 0 ] || apt_install "${absent[@]}"
}

# Others than Debian ship both as one package.
need_npm() { have npm || need nodejs npm; }

# Prometheus and promtool, for the tests of the exporter. Debian's package would start a daemon, so only its
# programs are taken out of it. Where they cannot be had the tests say so.
need_prometheus() {
    local place=$ROOT/build/prometheus
    PATH=$PATH:$place/usr/bin
    if have promtool || ! have apt-get; then return; fi
    mkdir -p "$place"
    say "fetching with apt: prometheus"
    (
        cd "$place"
        apt-get -qq download prometheus 2>/dev/null || { is_root && apt-get -qq update && apt-get -qq download prometheus; }
        dpkg-deb --extract prometheus_*.deb . && rm prometheus_*.deb
    ) || warn "prometheus could not be fetched"
}

# count SUITE PASSED FAILED SKIPPED
count() {
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    summary+=("$(printf '%-12s %5d passed, %d failed, %d skipped' "$@")")
}

# count_log SUITE meson|junit FILE
count_log() {
    local numbers
    read -ra numbers <<<"$("$PYTHON" tools/count.py "$2" "$3")"
    count "$1" "${numbers[@]}"
}

finish() {
    say
    printf '%s\n' "${summary[@]}"
    local line="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line+=", $skipped skipped"
    say "$line"
    mkdir -p "$results"
    say "$line" >"$total"
    [ "$failed" -eq 0 ]
    exit
}

# build DIR OPTION...: sets up once, compiles; nothing later makes sense when that fails.
build() {
    local dir=$1
    shift
    need "${BUILD_TOOLS[@]}"
    if [ ! -f "$dir/build.ninja" ]; then
        rm -rf "$dir"
        meson setup "$dir" "$@" || { count "build" 0 1 0 && finish; }
    fi
    meson compile -C "$dir" || { count "build" 0 1 0 && finish; }
    mkdir -p "$results"
}
build_release() { build build -Dstatic=true -Dtests=enabled; }

run_meson() {
    local name=$1 dir=$2
    rm -f "$dir/meson-logs/testlog.json"
    meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier "$3" || true
    count_log "$name" meson "$dir/meson-logs/testlog.json"
}

# run_pytest NAME DIR: the exit code does not count, the log does.
run_pytest() {
    rm -f "$results/$1.xml"
    "$PYTHON" -m pytest -q -ra -p no:cacheprovider --basetemp "$results/tmp-$1" \
        --junitxml "$results/$1.xml" "$2" || true
    count_log "$1" junit "$results/$1.xml"
}

run_unit() {
    build_release
    run_meson unit build 4
}

run_lint() {
    need "${LINT_TOOLS[@]}"
    need_npm
    build_release
    need_prometheus
    local script good=0 bad=0
    for script in tests/lint/*.sh; do
        [ "$script" = tests/lint/lib.sh ] && continue
        if "$script"; then
            good=$((good + 1))
            say "ok    $script"
        else
            bad=$((bad + 1))
            say "FAIL  $script"
        fi
    done
    count lint "$good" "$bad" 0
}

run_e2e() {
    need "${E2E_TOOLS[@]}"
    build_release
    need_prometheus
    PIDONE=$ROOT/build/init/pidone run_pytest e2e tests/e2e
}

run_stack() {
    local why
    if ! why=$(tools/require.sh 2>&1); then
        say "$why"
        if [ "${CI:-}" = true ]; then
            say "stack: FAILED, because CI=true and there is no Docker engine: ${why##*$'\n'}"
            count stack 0 1 0
        else
            say "stack: skipped, because there is no Docker engine: ${why##*$'\n'}"
            count stack 0 0 1
        fi
        return
    fi
    need "${STACK_TOOLS[@]}"
    need_npm
    mkdir -p "$results"
    tools/env.sh
    tools/secrets.sh
    if ! tools/build.sh; then
        count stack 0 1 0
        return
    fi
    run_pytest stack tests/stack
}

# Leaks are the unit tests' business: at the end of a PID namespace there is nobody left to look.
run_asan() {
    need "${E2E_TOOLS[@]}"
    build build-asan -Dtests=enabled -Db_sanitize=address,undefined -Db_lundef=false
    need_prometheus
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    run_meson asan-unit build-asan 10
    export ASAN_OPTIONS=detect_leaks=0 PIDONE_SANITIZED=1 E2E_PATIENCE=4
    PIDONE=$ROOT/build-asan/init/pidone run_pytest asan-e2e tests/e2e
}

# The same beside the other suites, which wait more than they compute. What it needs is installed first,
# because two apt-get cannot run at the same time.
begin_asan() {
    need "${BUILD_TOOLS[@]}" "${E2E_TOOLS[@]}"
    need_prometheus
    mkdir -p "$results"
    # A process group of its own, so that whatever ends this ends all of that.
    set -m
    (
        renice -n 10 "$BASHPID" >/dev/null
        passed=0 failed=0 skipped=0 summary=() total=/dev/null
        run_asan
        finish
    ) >"$results/asan.log" 2>&1 &
    set +m
    asan=$!
    trap 'kill -- "-$asan" 2>/dev/null || true' EXIT
}

end_asan() {
    wait "$asan" || true
    trap - EXIT
    cat "$results/asan.log"
    local name good bad left suites=0
    while read -r name good _ bad _ left _; do
        count "$name" "$good" "$bad" "$left"
        suites=$((suites + 1))
    done < <(grep -E '^(asan-|build)[a-z0-9]* +[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$results/asan.log")
    [ "$suites" -gt 0 ] || count asan 0 1 0
}

case ${1:-all} in
    all)
        run_unit
        run_lint
        # A person waits for 'make test'; CI does not.
        if [ "${CI:-}" = true ]; then begin_asan; fi
        run_e2e
        run_stack
        if [ "${CI:-}" = true ]; then end_asan; fi
        ;;
    unit) run_unit ;;
    lint) run_lint ;;
    e2e) run_e2e ;;
    stack) run_stack ;;
    asan) run_asan ;;
    *) die "unknown suite '$1': expected all, unit, lint, e2e, stack or asan" ;;
esac
finish
