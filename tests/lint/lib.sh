# shellcheck shell=bash
# Shared by the lint scripts: sourced, never run. One line per finding on stdout, 'file:line: message';
# a script ends with 'finish', which is 1 when anything was found.
set -euo pipefail
export LC_ALL=C
cd -P "$(dirname "${BASH_SOURCE[0]}")/../.."
# A clone that belongs to another user is still ours to read.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$PWD"

# Without git no file would be found and everything would look clean.
git rev-parse --git-dir >/dev/null || {
    printf '.:1: git cannot read this repository\n'
    exit 1
}

findings=0
report() {
    printf '%s\n' "$1"
    findings=$((findings + 1))
}

# report_all: every line of stdin is a finding.
report_all() {
    local line
    while IFS= read -r line; do report "$line"; done
}

# files PATTERN...: tracked and new files, not what git ignores.
files() {
    local file
    git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r file; do
        if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}

# banned REGEX MESSAGE FILE...: each line that matches the extended regex is a finding.
banned() {
    local regex=$1 message=$2
    shift 2
    [ "$#" -eq 0 ] && return
    report_all < <(grep -HnE -e "$regex" -- "$@" | sed -E "s|^([^:]*:[0-9]+):.*|\1: $message|")
}

# copy_tree: the tree in $copy, where its tools can be tried with tool and expect.
copy_tree() {
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    files . | xargs -d '\n' cp --parents --target-directory="$copy"
    git -C "$copy" init --quiet
    # Some of it is done as somebody else.
    chmod 0755 "$copy"
    mkdir "$copy/bin"
}

# tool NAME [KEY=VALUE...]: its output and at last its exit code, with these keys in its environment.
tool() {
    local name=$1
    shift
    env -i "PATH=$copy/bin:$PATH" HOME=/nonexistent "$@" "$copy/tools/$name" 2>&1 && echo "exit 0" || echo "exit $?"
}

# expect FILE WHAT EXPECTED SAID: EXPECTED is a pattern of bash that all of SAID must match.
expect() {
    # shellcheck disable=SC2053 # a pattern it is
    [[ $4 == $3 ]] || report "$1:1: $2: expected '$3', got '${4//$'\n'/ | }'"
}

finish() { [ "$findings" -eq 0 ]; exit; }
