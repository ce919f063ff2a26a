# SPDX-License-Identifier: MIT
"""The load: wrk reads, a writer publishes posts and uploads files, and both know what they were told."""

import json
import re
import secrets
import signal
import subprocess
import threading
import time
from pathlib import Path

from engine import SLOW
from stack import Author

CONNECTIONS = 2
PATIENCE = 4 * SLOW  # seconds until a request of the load counts as failed
SCRIPT = Path(__file__).with_name("read.lua")


class Reads:
    """wrk on the first page until `stop`, with a few connections to 127.0.0.1 and nowhere else."""

    def __init__(self, site, closing=False, path="/", patience=PATIENCE):
        port, domain = site.env["HTTPS_PORT"], site.env["DOMAIN_NAME"]
        # -d is only the bound that holds whatever happens to the test.
        self._wrk = subprocess.Popen(
            ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", "300s", "--timeout", f"{patience:.0f}s", "-s", SCRIPT,
             "-H", f"Host: {domain}", *(["-H", "Connection: close"] if closing else []), f"https://127.0.0.1:{port}{path}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.requests = self.failed = self.refused = 0

    def stop(self):
        """What came of it: answers, failed requests, and connections that nobody took."""
        self._wrk.send_signal(signal.SIGINT)
        try:
            said = self._wrk.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            self._wrk.kill()
            said = self._wrk.communicate()[0]
        found = re.search(r"^counts (\{.*\})$", said, re.M)
        assert found, f"wrk printed no counts:\n{said}"
        counts = json.loads(found[1])
        self.requests, self.refused = counts["requests"], counts["connect"]
        self.failed = counts["read"] + counts["write"] + counts["timeout"] + counts["status"]
        return self


class Writer(Author):
    """Publishes posts and uploads files, one after the other, and keeps what was acknowledged with 201."""

    def __init__(self, site):
        super().__init__(site, site.env["WP_AUTHOR"], site.secrets["wp_author_password"])
        assert self.is_in, f"the writer cannot log in: {self.page.status}"
        self.nonce = self.get("/wp-admin/admin-ajax.php?action=rest-nonce").body.strip()
        self.posts = {}  # id: (when, text)
        self.files = {}  # address: (when, text)
        self.failed = []  # (when, what was answered)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def stop(self):
        self._over.set()
        self._thread.join(3 * PATIENCE)
        assert not self._thread.is_alive(), "the writer has ended"

    @property
    def acknowledged(self):
        """The times of all writes that were acknowledged."""
        return [when for when, _ in [*self.posts.values(), *self.files.values()]]

    def _write(self):
        turn = 0
        while not self._over.wait(0.05):
            turn += 1
            text = f"{turn} {secrets.token_hex(64)}"
            if turn % 4:
                kept, key, page = self.posts, "id", self._send("posts", "--data-urlencode", f"title=chaos {turn}",
                                                               "--data-urlencode", f"content={text}", "-d", "status=publish")
            else:
                kept, key, page = self.files, "source_url", self._send(
                    "media", "-H", f"Content-Disposition: attachment; filename=chaos-{turn}.txt",
                    "-H", "Content-Type: text/plain", "--data-binary", text)
            if page.status == 201:
                kept[json.loads(page.body)[key]] = (time.time(), text)
            else:
                self.failed.append((time.time(), f"{page.status} {page.body[:200]}"))

    def _send(self, what, *options):
        return self.get(f"/wp-json/wp/v2/{what}", "-X", "POST", "-H", f"X-WP-Nonce: {self.nonce}", *options,
                        timeout=PATIENCE / SLOW)

    def lost(self):
        """Asks for everything that was acknowledged: the times of the writes that are not there as they were sent."""
        lost = []
        ids = list(self.posts)
        for begin in range(0, len(ids), 100):
            some = ids[begin:begin + 100]
            page = self.get(f"/wp-json/wp/v2/posts?per_page=100&_fields=id,content&include={','.join(map(str, some))}")
            assert page.status == 200, f"reading the posts back: {page.status} {page.body[:300]}"
            there = {post["id"]: post["content"]["rendered"] for post in json.loads(page.body)}
            lost += [self.posts[number] for number in some
                     if there.get(number) != f"<p>{self.posts[number][1]}</p>\n"]
        for address, write in self.files.items():
            page = self.get(address)
            if page.status != 200 or page.body != write[1]:
                lost.append(write)
        return lost
