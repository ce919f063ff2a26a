#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The layers of init/: an include never runs up, and never sideways between core and sys.
. "$(dirname "$0")/lib.sh"

declare -A allowed=(
    [base]="base"
    [core]="base core"
    [sys]="base sys"
    [config]="base core config"
    [log]="base sys log"
    [control]="base sys control"
    [runtime]="base core sys config control log runtime"
    [cli]="base core sys config control log runtime cli"
    [main]="base core sys config control log runtime cli"
)

layer_of() {
    local rest=${1#init/}
    case $rest in
        */*) printf '%s' "${rest%%/*}" ;;
        *) printf 'main' ;;
    esac
}

# check_include FILE LINE PATH: a quoted include names a file from init/'s root and a layer below.
check_include() {
    local layer target
    layer=$(layer_of "$1") target=${3%%/*}
    if [[ $3 != */* || ! -f init/$3 ]]; then
        report "$1:$2: \"$3\" is no path from init/'s root: expected \"layer/file.hpp\""
    elif [[ " ${allowed[$layer]:-} " != *" $target "* ]]; then
        report "$1:$2: $layer/ must not include \"$3\": it may include only ${allowed[$layer]:-nothing}"
    fi
}

mapfile -t sources < <(files 'init/*.cpp' 'init/*.hpp')
[ "${#sources[@]}" -gt 0 ] || report "init:1: no sources found"
while IFS=: read -r file line path; do
    check_include "$file" "$line" "$path"
done < <(grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' "${sources[@]}" | sed -E 's/^([^:]*:[0-9]+:).*"([^"]+)"/\1\2/')

# Pure layers know no kernel. The numbers of the signals are the one exception.
mapfile -t pure < <(files 'init/base/*' 'init/core/*' 'init/config/*')
mapfile -t pure_but_signal < <(printf '%s\n' "${pure[@]}" | grep -v '^init/base/signal\.cpp$')
banned '#[[:space:]]*include[[:space:]]*<(unistd\.h|sys/|fcntl\.h|signal\.h|time\.h|errno\.h|poll\.h|pwd\.h|grp\.h|linux/|netinet/)' \
    'a system header in a pure layer' "${pure[@]}"
banned '#[[:space:]]*include[[:space:]]*<csignal>' 'only base/signal.cpp may include <csignal>' "${pure_but_signal[@]}"
banned '_clock::now\(|\bgetenv\(|\bf?printf\(' 'a pure layer reads no clock and no environment and prints nothing' "${pure[@]}"

# Third parties stay behind one door each.
mapfile -t not_reader < <(printf '%s\n' "${sources[@]}" | grep -v '^init/config/toml_reader\.cpp$')
mapfile -t not_log < <(printf '%s\n' "${sources[@]}" | grep -v '^init/log/')
banned '#[[:space:]]*include[[:space:]]*<toml' 'toml++ only in config/toml_reader.cpp' "${not_reader[@]}"
banned '#[[:space:]]*include[[:space:]]*<fmt/' 'fmt only in log/' "${not_log[@]}"
finish
