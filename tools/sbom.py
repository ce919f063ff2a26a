#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbom.py IMAGE ID CREATED VERSION: what tools/sbom.sh found in an image, as CycloneDX 1.6."""

import json
import sys
import uuid
from urllib.parse import quote

# Debian names the licences of a whole source package; of what is in pidone the parts that are used count.
LINKED = {
    "libc6-dev": ("glibc", "LGPL-2.1-or-later"),
    "libexpected-dev": ("tl::expected", "CC0-1.0"),
    "libfmt-dev": ("fmt", "MIT"),
    "libgcc-12-dev": ("libgcc", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libstdc++-12-dev": ("libstdc++", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libtomlplusplus-dev": ("toml++", "MIT"),
    "linux-libc-dev": ("Linux headers", "GPL-2.0-only WITH Linux-syscall-note"),
}


def purl(package, version, arch):
    return f"pkg:deb/debian/{quote(package)}@{quote(version, safe='.~-')}?arch={arch}&distro=debian-12"


def component(kind, package, version, arch, source, licences):
    """A Debian package; `kind` makes the reference unique when it is there in two ways."""
    found = {"type": "library", "bom-ref": f"{kind}:{package}:{arch}", "name": package, "version": version,
             "purl": purl(package, version, arch),
             "properties": [{"name": "pidone:source-package", "value": source}, {"name": "pidone:how", "value": kind}]}
    if licences:
        found["licenses"] = [{"license": {"name": name}} for name in sorted(licences)]
    return found


def linked(package, version, arch, source):
    if package not in LINKED:
        sys.exit(f"sbom.py: '{package}' is built into pidone, and its licence is not in the table LINKED")
    name, licence = LINKED[package]
    found = component("linked", package, version, arch, source, [])
    found.update(name=name, licenses=[{"expression": licence}])
    return found


def bill(image, digest, created, version, lines):
    rows = [line.rstrip("\n").split("\t") for line in lines]
    of = lambda kind: [row[1:] for row in rows if row[0] == kind]  # noqa: E731
    licences = {}
    for package, name in of("licence"):
        licences.setdefault(package, set()).add(name)
    packages = [component(kind, *row, licences.get(row[0])) for kind in ("installed", "unpacked") for row in of(kind)]
    parts = [linked(*row) for row in of("linked")]
    ((binary,),) = of("digest")
    pidone = {"type": "application", "bom-ref": "pidone", "name": "pidone", "version": version,
              "purl": f"pkg:generic/pidone@{version}", "licenses": [{"license": {"id": "MIT"}}],
              "hashes": [{"alg": "SHA-256", "content": binary}], "components": parts}
    name, _, tag = image.partition(":")
    whole = {"type": "container", "bom-ref": "image", "name": name, "version": tag,
             "hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]}
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "metadata": {"timestamp": created, "component": whole},
        "components": [pidone, *packages],
        "dependencies": [{"ref": "image", "dependsOn": ["pidone", *(found["bom-ref"] for found in packages)]},
                         {"ref": "pidone", "dependsOn": [found["bom-ref"] for found in parts]}],
    }


json.dump(bill(*sys.argv[1:5], sys.stdin), sys.stdout, indent=1)
print()
