# SPDX-License-Identifier: MIT
"""What testssl.sh thinks of the HTTPS port."""

import json
from concurrent.futures import ThreadPoolExecutor

from engine import run

# What comes with a certificate that is signed by nobody, and therefore never renewed or revoked by anybody.
SELF_SIGNED = {"cert_chain_of_trust", "cert_validityPeriod", "cert_revocation"}
# About the machine that looks, not about what it sees.
ABOUT_THE_TESTER = {"engine_problem"}
# Two halves that take the same time, side by side.
CHECKS = {"server": ["-p", "-S", "-P", "-h", "-f"], "holes": ["-U"]}


def look(site, file, checks):
    address = f"https://{site.env['DOMAIN_NAME']}:{site.env['HTTPS_PORT']}"
    run("testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
        "--jsonfile", file, *checks, address, check=False)
    return json.loads(file.read_text())


def test_testssl_finds_nothing_above_low_but_the_self_signed_certificate(site, tmp_path):
    with ThreadPoolExecutor() as pool:
        halves = pool.map(lambda name: look(site, tmp_path / f"{name}.json", CHECKS[name]), CHECKS)
        found = {entry["id"]: entry for half in halves for entry in half}
    assert {"TLS1_2", "TLS1_3", "SSLv3", "cert_keySize", "heartbleed", "BREACH", "LUCKY13", "PFS"} <= set(found), "it looked"
    # A check that the tester itself could not finish has found nothing.
    bad = {name for name, entry in found.items() if entry["severity"] not in ("OK", "INFO", "LOW")
           and entry["finding"] != "check failed because of connect problem"}
    assert bad - ABOUT_THE_TESTER == SELF_SIGNED, [found[name] for name in bad]
