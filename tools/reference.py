#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference of all keys, out of the table that 'pidone schema' prints: docs/service-file.md, and the
part of man/pidone.toml.5 between its marks. Compares them, or with UPDATE=1 writes them.

reference.py PIDONE: one line per finding, 'file:line: message'; 1 when there is any."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

PAGE = pathlib.Path("docs/service-file.md")
MANUAL = pathlib.Path("man/pidone.toml.5")
BEGIN, END = '.\\" keys: begin\n', '.\\" keys: end\n'

INTRODUCTION = """\
# Service files

<!-- Written by tools/reference.py out of the key table (init/config/keys.hpp); UPDATE=1 make lint writes it anew. -->

`/etc/pidone/NAME.toml` is the service NAME; `NAME.d/*.toml` beside it overrides single keys; a later `-c` directory
overrides an earlier one. Tables merge key by key; all else, arrays too, is replaced. `pidone.toml` holds the settings of
the whole container. `pidone check` says what is wrong with them, `pidone show` what they come to.

- NAME is made of letters, digits, `.`, `_` and `-`, has no `-` in front and at most 63 bytes, `@INSTANCE` included.
- At most 128 services run in one container, each instance counted. A file has at most 1 MiB.
- Durations are strings: `"200ms"`, `"1.5s"`, `"2m"`, `"1h30m"`, `"1d"`, the larger unit first, ten years at most; `"0"`
  needs no unit. Sizes are bytes or strings: `"64KiB"`, `"1MiB"`, `"2GiB"`.
- Commands are arrays: no shell, no splitting.
- In every value `${VAR}`, `${VAR:-default}` and `${VAR:?message}` expand when the file is read; `$${` is a literal `${`. A
  string with a variable may stand where a number or `true` is expected.
- URLs are `tcp://HOST:PORT`, `unix:///PATH`, `http://HOST[:PORT]/PATH` and `file:/PATH`.
- An unknown key is an error. `pidone schema` prints a JSON Schema of all this for editors.
"""

# For each table its title and an example, which is checked.
SECTIONS = {
    "": ("NAME.toml", 'description = "web server"\ncommand = ["/usr/sbin/nginx", "-g", "daemon off;"]\n'
         'user = "www-data"\nready = "tcp://127.0.0.1:8080"\nstop-signal = "QUIT"\nrestart = "on-failure"\n'),
    "before-stop": ("before-stop = { .. }", 'before-stop = { delay = "2s", command = ["/usr/bin/drain"] }\n'),
    "ready": ("ready = { .. }", 'ready = { exec = ["redis-cli", "ping"] }\n'),
    "wait-for": ("wait-for = [{ .. }]", 'wait-for = ["file:/run/flag", { url = "tcp://mariadb:3306", timeout = "1m" }]\n'),
    "directories": ("directories = [{ .. }]", 'directories = [{ path = "/run/web", mode = "0750", owner = "33" }]\n'),
    "restart-policy": ("[restart-policy]", 'restart = "on-failure"\n\n[restart-policy]\ndelay = "1s"\nmax-attempts = 10\n'),
    "health": ("[health]", '[health]\nprobe = "http://127.0.0.1:8080/ping"\ninterval = "5s"\naction = "restart"\n'),
    "probe": ("probe = { .. } in [health]", '[health]\nprobe = { exec = ["redis-cli", "ping"] }\n'),
    "listen": ("listen = [{ .. }]", 'listen = ["tcp://0.0.0.0:80", { url = "unix:///run/web.sock", mode = "0660" }]\n'),
    "log": ("[log]", '[log]\nmode = "prefix"\nkeep = "64KiB"\noverflow = "drop"\n'),
    "rotate": ("rotate = { .. } in [log]", '[log]\nmode = "json"\nfile = "/var/log/web.log"\nrotate = { size = "1MiB", keep = 5 }\n'),
    "limits": ("[limits]", '[limits]\nnofile = 65536\ncore = 0\nmemlock = "max"\n'),
    "limit": ("a limit = { .. }", '[limits]\nnofile = { soft = 1024, hard = "max" }\n'),
    "security": ("[security]", '[security]\nno-new-privileges = true\ncapabilities = ["net_bind_service"]\n'),
    "template": ("[[template]]", '[[template]]\nsource = "my.cnf.in"\ntarget = "/run/db/my.cnf"\nmode = "0640"\n'),
    "setup": ("[[setup]]", '[[setup]]\nname = "system tables"\ncommand = ["install-db", "--datadir=${STAGING}"]\n'
              'creates = "/var/lib/db/data"\n'),
    "pidone.toml": ("pidone.toml", 'shutdown-timeout = "8s"\nlog-format = "json"\n'),
}

NAMES = {
    "texts": "array of strings", "table": "table of strings", "mode": "octal string",
    "user": "user", "path": "absolute path", "command": "array of strings", "signals": "table of signals",
}

problems = []


def ask(pidone, *words):
    return subprocess.run([pidone, *words], check=True, capture_output=True, text=True).stdout


def words_of(rule, tables):
    """What a value must be, in words."""
    if "$ref" in rule:
        name = rule["$ref"].rsplit("/", 1)[1]
        return "table" if name in tables else NAMES.get(name, name)
    if "enum" in rule:
        return ", ".join(f'"{word}"' for word in rule["enum"])
    if "const" in rule:
        return f'"{rule["const"]}"'
    if "anyOf" in rule and "type" not in rule:
        forms = [form for form in rule["anyOf"] if form.get("$ref") != "#/definitions/variable"]
        return " or ".join(words_of(form, tables) for form in forms)
    if rule["type"] == "array":
        items = words_of(rule["items"], tables)
        return "array of " + {"string": "strings", "string or table": "URLs or tables", "table": "tables"}.get(items, items)
    if "maximum" in rule:
        return f'{rule["type"]} from {rule["minimum"]} to {rule["maximum"]}'
    return {"integer": "integer", "boolean": "true or false"}.get(rule["type"], rule["type"])


def sections(pidone):
    """(name, title, example, keys) of each table; a key is (name, type, default or None, description)."""
    service = json.loads(ask(pidone, "schema"))
    tables = {"": service}
    tables.update({name: each for name, each in service["definitions"].items() if "properties" in each})
    tables["pidone.toml"] = json.loads(ask(pidone, "schema", "--container"))
    for name in tables.keys() ^ SECTIONS.keys():
        problems.append(f"{__file__}:1: SECTIONS and the schema differ in '{name}'")
    for name in [name for name in tables if name in SECTIONS]:
        keys = [(key, words_of(rule, tables), json.dumps(rule["default"]) if "default" in rule else None,
                 rule["description"]) for key, rule in tables[name]["properties"].items()]
        yield name, *SECTIONS[name], keys


def check_example(pidone, name, example):
    with tempfile.TemporaryDirectory() as directory:
        files = {"x": "" if "command" in example.split("[")[0] and name == "" else 'command = ["x"]\n'}
        if name == "pidone.toml":
            files["pidone"] = ""
        files["pidone" if name == "pidone.toml" else "x"] += example
        for file, text in files.items():
            pathlib.Path(directory, file + ".toml").write_text(text)
        done = subprocess.run([pidone, "check", "--no-root", directory], capture_output=True, text=True)
        if done.returncode != 0:
            problems.append(f"{__file__}:1: the example of '{name}' is wrong: {done.stderr}")


def markdown(tables):
    out = INTRODUCTION
    for _, title, example, keys in tables:
        out += f"\n## {title}\n\n```toml\n{example}```\n\n| key | value | default | |\n|---|---|---|---|\n"
        for key, kind, default, doc in keys:
            cells = (f"`{key}`", kind, "" if default is None else f"`{default}`", doc)
            out += "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    return out


def literal(line):
    """A line that no macro is made of."""
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in (".", "'") else line


def roff(text):
    """Text as mdoc(7) wants it: no long line, and each sentence begins one."""
    sentences = re.sub(r"\. (?=[A-Z])", ".\n", text).split("\n")
    return "\n".join(literal(line) for each in sentences for line in textwrap.wrap(each, 78, break_on_hyphens=False))


def mdoc(tables):
    out = ""
    for _, title, example, keys in tables:
        out += f'.Ss "{title}\\&"\n.Bd -literal -offset indent\n'
        out += "".join(literal(line) + "\n" for line in example.splitlines() if line) + ".Ed\n.Bl -tag -width Ds\n"
        for key, kind, default, doc in keys:
            out += f".It Ic {key}\n{roff(doc)}\n"
            out += roff(f"Value: {kind}" + (f"; default {default}." if default is not None else ".")) + "\n"
        out += ".El\n"
    return out


def keep(path, old, new):
    """Writes `new` or complains that it is not there."""
    if old == new:
        return
    if os.environ.get("UPDATE"):
        path.write_text(new)
        return
    lines = zip((old + "\n").splitlines(), (new + "\n").splitlines())
    number = next((i for i, (a, b) in enumerate(lines, 1) if a != b), 1)
    problems.append(f"{path}:{number}: not what the key table says, UPDATE=1 tests/lint/reference.sh writes it")


def check_help(pidone, tables):
    """'pidone help keys' has each key of each table, once, with its description and its words."""
    lines = [line for line in ask(pidone, "help", "keys").splitlines() if line.startswith("  ")]
    listed = [line.split()[0] for line in lines]
    for key, kind, _, doc in (key for table in tables for key in table[3]):
        words = "|".join(re.findall(r'^"(.*)"$', kind)[:1]).replace('", "', "|")
        expected = f" {doc}" + (f" ({words})" if words else "")
        if not any(line.split()[0] == key and expected in line for line in lines):
            problems.append(f"init/cli/help.cpp:1: 'help keys' lacks '{expected}' of '{key}'")
    expected = [key for table in tables for key, *_ in table[3]]
    if sorted(listed) != sorted(expected):
        problems.append(f"init/cli/help.cpp:1: 'help keys' and the schema differ in {sorted(set(listed) ^ set(expected))}")


def main():
    pidone = sys.argv[1]
    tables = list(sections(pidone))
    for name, _, example, _ in tables:
        check_example(pidone, name, example)
    check_help(pidone, tables)
    keep(PAGE, PAGE.read_text() if PAGE.exists() else "", markdown(tables))
    manual = MANUAL.read_text()
    before, rest = manual.split(BEGIN)
    keep(MANUAL, manual, before + BEGIN + mdoc(tables) + END + rest.split(END)[1])
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
