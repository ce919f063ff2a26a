# SPDX-License-Identifier: MIT
"""What the images are made of: the sources of their packages, and the bills of materials."""

import json
import os

import pytest

from engine import docker, run
from stack import BONUS_NAMES, NAMES, ROOT

SNAPSHOT = "20261101T000000Z"


def sources(snapshot, check=True):
    return run(ROOT / "tools" / "base.sh", "--sources", check=check, cwd=ROOT,
               env={**os.environ, "DEBIAN_SNAPSHOT": snapshot})


def test_a_snapshot_pins_every_source_of_packages():
    lines = [line for line in sources(SNAPSHOT).stdout.splitlines() if line]
    server = "http://snapshot.debian.org/archive"
    # What such a moment's archive says of its own validity is over.
    assert lines == [
        f"deb [check-valid-until=no] {server}/debian/{SNAPSHOT} bookworm main",
        f"deb [check-valid-until=no] {server}/debian/{SNAPSHOT} bookworm-updates main",
        f"deb [check-valid-until=no] {server}/debian-security/{SNAPSHOT} bookworm-security main"]


def test_without_a_snapshot_the_sources_are_todays_with_the_fixes_of_security():
    text = sources("").stdout
    assert "snapshot" not in text and "check-valid-until" not in text
    assert "debian-security bookworm-security main" in text


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-01", "20261101", f"{SNAPSHOT} main"])
def test_what_is_no_moment_is_refused_with_an_example(moment):
    done = sources(moment, check=False)
    assert done.returncode == 1
    assert moment in done.stderr and "20261101T000000Z" in done.stderr


@pytest.fixture(scope="module")
def bills(images):
    tag = images["nginx"].partition(":")[2]
    run("make", "-s", "sbom", cwd=ROOT, env={**os.environ, "IMAGE_TAG": tag})
    return {name: json.loads((ROOT / "build" / "sbom" / f"{name}.cdx.json").read_text()) for name in images}


def test_the_bills_of_materials_are_valid_to_cyclonedx(bills):
    modules = ROOT / "build" / "cyclonedx"
    run(ROOT / "tools" / "modules.sh", "tests/sbom", modules, cwd=ROOT)
    files = [ROOT / "build" / "sbom" / f"{name}.cdx.json" for name in bills]
    env = {**os.environ, "NODE_PATH": str(modules / "node_modules")}
    judge = ROOT / "tests" / "sbom" / "validate.js"
    done = run("node", judge, *files, env=env, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_broken_bill_is_found_out(bills, tmp_path):
    bill = json.loads(json.dumps(bills["pidone"]))
    bill["components"][0]["type"] = "unheard-of"
    (tmp_path / "bill.json").write_text(json.dumps(bill))
    env = {**os.environ, "NODE_PATH": str(ROOT / "build" / "cyclonedx" / "node_modules")}
    assert run("node", ROOT / "tests" / "sbom" / "validate.js", tmp_path / "bill.json", env=env, check=False).returncode == 1


@pytest.mark.parametrize("name", NAMES + BONUS_NAMES)
def test_a_bill_lists_what_dpkg_lists_and_pidone(bills, images, name):
    command = ("docker", "run", "--rm", "--network", "none", "--entrypoint", "/usr/bin/dpkg-query", images[name],
               "--show", "--showformat", "${Package} ${Version}\n")
    installed = set(run(*command).stdout.splitlines())
    listed = {f"{part['name']} {part['version']}" for part in bills[name]["components"] if part["bom-ref"].startswith("installed:")}
    assert listed == installed
    (pidone,) = (part for part in bills[name]["components"] if part["bom-ref"] == "pidone")
    digest = docker("run", "--rm", "--network", "none", "--entrypoint", "/usr/bin/sha256sum", images["pidone"], "/usr/bin/pidone")
    assert pidone["hashes"][0]["content"] == digest.split()[0]
    linked = {part["name"]: part["licenses"][0]["expression"] for part in pidone["components"]}
    assert {"fmt", "toml++", "tl::expected", "libstdc++", "glibc"} <= set(linked)
    with_licence = [part for part in bills[name]["components"] if "licenses" in part]
    assert len(with_licence) > 20, "Debian's copyright files are in the image"


def test_what_was_unpacked_without_dpkg_is_listed_too(bills):
    unpacked = {part["name"] for part in bills["wordpress"]["components"] if part["bom-ref"].startswith("unpacked:")}
    assert {"wordpress", "wordpress-theme-twentytwentythree", "libjs-underscore", "php-getid3"} <= unpacked
