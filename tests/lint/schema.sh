#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The JSON Schema takes every service file of the tree, and the golden ones that are right; it refuses
# those with unknown keys or wrong types. The judge is ajv (npm), at the version of the lock file.
. "$(dirname "$0")/lib.sh"

pidone=${PIDONE:-${BUILD_DIR:-build}/init/pidone}
[ -x "$pidone" ] || {
    report "$pidone:1: missing, run make unit first"
    finish
}
modules=${BUILD_DIR:-build}/npm
if ! why=$(tools/modules.sh tests/schema "$modules" 2>&1); then
    report "tests/schema/package-lock.json:1: ${why##*$'\n'}"
    finish
fi

report_all < <(/usr/bin/python3 - "$pidone" <<'PYTHON' | NODE_PATH=$modules/node_modules node tests/schema/validate.js 2>&1
import json, pathlib, subprocess, sys, tomllib

BROKEN = ["keys-of-other-versions", "misplaced-key", "unknown-key", "wrong-items", "wrong-types"]

def schema(*option):
    return json.loads(subprocess.run([sys.argv[1], "schema", *option], check=True, capture_output=True).stdout)

def case(path, valid):
    kind = "container" if path.name == "pidone.toml" else "service"
    return {"name": f"{path}:1", "schema": kind, "data": tomllib.loads(path.read_text("utf-8-sig")), "valid": valid}

def files(directory, pattern):
    return sorted(path for path in pathlib.Path(directory).glob(pattern) if not path.name.startswith("."))

cases = [case(path, True) for path in files("services", "**/*.toml") + files("examples", "**/*.toml")]
cases += [case(path, True) for path in files("tests/golden", "valid-*/**/*.toml")]
cases += [case(path, False) for name in BROKEN for path in files("tests/golden/" + name, "**/*.toml")]
# One line each, (taken, text), where a whole file could be refused for another reason.
LINES = [
    (True, 'stop-signal = "SIGRTMIN+3"'), (True, 'stop-signal = "quit"'), (True, 'stop-signal = "${SIGNAL}"'),
    (True, 'signals = { USR1 = "SIGHUP", WINCH = "", IOT = "15" }'),
    (False, 'stop-signal = "TREM"'), (False, 'signals = { USR3 = "HUP" }'), (False, 'signals = { USR1 = "HUB" }'),
    (True, 'before-stop = { command = [] }'), (False, 'command = []'), (False, '[limits]\nnofile = {}'),
    (True, 'stop-timeout = "1.5s"'), (False, 'stop-timeout = "1.s"'),
]
cases += [{"name": f"tests/lint/schema.sh:1: {text!r}", "schema": "service", "data": tomllib.loads(text),
           "valid": valid} for valid, text in LINES]
json.dump({"schemas": {"service": schema(), "container": schema("--container")}, "cases": cases}, sys.stdout, default=str)
PYTHON
)
finish
