#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Counts test cases: prints 'passed failed skipped' for one log of meson or pytest."""
import json
import re
import sys
import xml.etree.ElementTree

DOCTEST = re.compile(r"\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped")


def meson(path):
    """A doctest program counts by its cases, any other test as one."""
    passed = failed = skipped = 0
    with open(path) as log:
        tests = [json.loads(line) for line in log if line.strip()]
    for test in tests:
        summary = DOCTEST.search(test.get("stdout") or "")
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            skipped += 1
        elif summary and good and int(summary[1]) + int(summary[2]) == 0:
            failed += 1  # a program that ran no case proves nothing
        elif summary:
            passed += int(summary[1])
            failed += max(int(summary[2]), 0 if good else 1)
        else:
            passed += good
            failed += not good
    return passed, failed if tests else 1, skipped


def junit(path):
    """pytest's --junitxml; an error outside a test counts as a failure."""
    total = failed = skipped = 0
    for suite in xml.etree.ElementTree.parse(path).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(total - failed - skipped, 0), failed if total else 1, skipped


try:
    print(*{"meson": meson, "junit": junit}[sys.argv[1]](sys.argv[2]))
except (OSError, ValueError, xml.etree.ElementTree.ParseError):
    print(0, 1, 0)  # no log: the suite did not get as far as running
