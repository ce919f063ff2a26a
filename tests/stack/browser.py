# SPDX-License-Identifier: MIT
"""Chromium as a visitor of the stack: tests/browser/run.js in a process of its own, asked story by story."""

import json
import os
import select
import shutil
import subprocess

import engine
from engine import run
from stack import ROOT

RESULTS = ROOT / "build" / "results" / "screenshots"
DEADLINE = 45


def why_not():
    missing = [name for name in ("chromium", "node", "npm") if not shutil.which(name)]
    return f"the browser tests need {', '.join(missing)}; 'make stack' as root on Debian installs it" if missing else ""


class Browser:
    def __init__(self):
        modules = ROOT / "build" / "browser"
        run(ROOT / "tools" / "modules.sh", "tests/browser", modules, cwd=ROOT)
        shutil.rmtree(RESULTS, ignore_errors=True)
        self.process = subprocess.Popen(
            ["node", ROOT / "tests" / "browser" / "run.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "NODE_PATH": str(modules / "node_modules")})

    def tell(self, story, stack):
        """Plays a story from tests/browser/stories; fails with what the browser says of it."""
        seconds = DEADLINE * engine.SLOW
        request = {"story": story, "results": str(RESULTS), "seconds": seconds, "site": site_of(stack)}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        # A little more than the story's own deadline, at which it still tells what it waited for.
        readable, _, _ = select.select([self.process.stdout], [], [], seconds + 20)
        line = self.process.stdout.readline() if readable else ""
        assert line, f"the browser said nothing about '{story}' and ended with {self.process.poll()}"
        answer = json.loads(line)
        assert answer["ok"], f"{answer['error']}\n(pictures and the log of the pages: {RESULTS}/{story}-failed*)"

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def site_of(stack):
    """What the stories need to know of the site."""
    return {
        "address": stack.address, "domain": stack.env["DOMAIN_NAME"], "title": stack.env["WP_TITLE"],
        "owner": stack.env["WP_OWNER"], "ownerPassword": stack.secrets["wp_owner_password"],
        "author": stack.env["WP_AUTHOR"], "authorPassword": stack.secrets["wp_author_password"],
        "dbName": stack.env["DB_NAME"], "dbUser": stack.env["DB_USER"], "dbPassword": stack.secrets["db_password"],
        "metricsUser": stack.env["PROMETHEUS_USER"], "metricsPassword": stack.secrets["prometheus_password"],
        "containers": stack.names,
    }
