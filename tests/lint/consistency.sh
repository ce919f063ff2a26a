#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Numbers that live in two places agree.
. "$(dirname "$0")/lib.sh"

version=$(sed -n "s/^ *version: *'\([^']*\)'.*/\1/p" meson.build | head -n 1)
[ -n "$version" ] || report "meson.build:1: no version found"

# Every image takes the pidone that this tree builds.
report_all < <(files '*Dockerfile*' | xargs -r grep -HnE -- '--from=pidone' | grep -vE -- "--from=pidone:${version//./\\.}[[:space:]]" |
    sed -E "s/^([^:]*:[0-9]+):.*/\1: COPY --from=pidone must name pidone:$version, the version in meson.build/")

# The stop budget is what Compose grants minus two seconds.
report_all < <(/usr/bin/python3 - <<'PYTHON'
import pathlib, re, yaml

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}

def seconds(text):
    parts = re.findall(r"([0-9.]+)(ms|s|m|h|)", str(text))
    return sum(float(number) * UNITS[unit] for number, unit in parts)

def check_budget(name, grace):
    """The container's own settings, or those that all images share."""
    own = pathlib.Path("services") / name / "pidone.toml"
    path = own if own.exists() else pathlib.Path("services/pidone.toml")
    lines = path.read_text().splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        match = re.match(r'shutdown-timeout\s*=\s*"([^"]+)"', line)
        if match and seconds(match[1]) != grace - 2:
            print(f"{path}:{number}: shutdown-timeout is {match[1]}, expected {grace - 2:g}s"
                  f" (stop_grace_period of '{name}' minus 2 s)")
        if match:
            return
    print(f"{path}:1: shutdown-timeout for '{name}' is missing: expected {grace - 2:g}s")

services = yaml.safe_load(open("docker-compose.yml"))["services"]
for name, service in services.items():
    check_budget(name, seconds(service.get("stop_grace_period", "10s")))
for name, service in services.items():
    if service.get("profiles") == ["job"]:
        continue  # one run of another's image
    image = str(service.get("image", ""))
    if image.split(":")[0] != name or service.get("container_name") != name:
        print(f"docker-compose.yml:1: service '{name}' must have the image and container_name of its own name")
PYTHON
)
finish
