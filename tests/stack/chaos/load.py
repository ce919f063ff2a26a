# SPDX-License-Identifier: MIT
"""The load: wrk reads, a writer publishes posts, another uploads files, and all know what they were told."""

import itertools
import json
import re
import secrets
import signal
import subprocess
import threading
from pathlib import Path

from engine import SLOW, wait_until
from test_bonus_ftp import Client

from .clock import now

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
        # What comes next may hit the port that wrk has not tried yet.
        said = self._wrk.stdout.readline()
        assert said == "begun\n", f"wrk does not begin: {said}"

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


class Worker:
    """Sends texts, one after the other, until `stop`, and keeps those that were acknowledged."""

    def __init__(self):
        self.kept = {}  # where it is: (when, text)
        self.failed = []  # when
        self._error = None  # what nobody expected, and ended the work
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._over.set()
        self._thread.join(2 * PATIENCE)
        assert not self._thread.is_alive(), f"the {self} has ended"
        if self._error:
            raise AssertionError(f"the {self} gave up: {self._error!r}") from self._error

    def wait_acknowledged(self):
        """Until one more write is acknowledged, or nobody works any more."""
        before = len(self.kept)
        wait_until(lambda: len(self.kept) > before or self._error, 20, f"a write of the {self} is acknowledged")

    def __str__(self):
        return type(self).__name__.lower()

    def _work(self):
        try:
            for turn in itertools.count():
                if self._over.wait(0.05):
                    return
                text = f"{turn} {secrets.token_hex(64)}"
                place = self.send(turn, text)
                if place:
                    self.kept[place] = (now(), text)
                else:
                    self.failed.append(now())
        except Exception as error:
            self._error = error


class Writer(Worker):
    """Publishes posts and uploads files by the REST API; 201 acknowledges them."""

    def __init__(self, site):
        super().__init__()
        self.author = site.author()
        self.nonce = self.author.nonce()

    def send(self, turn, text):
        if turn % 4:
            page = self._post("posts", "-d", f"title=chaos {turn}", "-d", f"content={text}", "-d", "status=publish")
            return json.loads(page.body)["id"] if page.status == 201 else None
        page = self._post("media", "-H", f"Content-Disposition: attachment; filename=chaos-{turn}.txt",
                          "-H", "Content-Type: text/plain", "--data-binary", text)
        return json.loads(page.body)["source_url"] if page.status == 201 else None

    def _post(self, what, *options):
        return self.author.get(f"/wp-json/wp/v2/{what}", "-X", "POST", "-H", f"X-WP-Nonce: {self.nonce}", *options,
                               timeout=PATIENCE / SLOW)

    def found(self):
        """Asks for everything that was acknowledged: where it is, and the text there."""
        ids = [place for place in self.kept if isinstance(place, int)]
        there = {}
        for begin in range(0, len(ids), 100):
            some = ",".join(map(str, ids[begin:begin + 100]))
            page = self.author.get(f"/wp-json/wp/v2/posts?per_page=100&_fields=id,content&include={some}")
            assert page.status == 200, f"reading the posts back: {page.status} {page.body[:300]}"
            there.update((post["id"], post["content"]["rendered"][3:-5]) for post in json.loads(page.body))
        return {**there, **read_files(self.author, set(self.kept) - set(ids))}


class Uploader(Worker):
    """Uploads files by FTP; curl succeeds when the server has said 226."""

    def __init__(self, site):
        super().__init__()
        self.visitor, self._client = site.visitor(), Client(site)

    def send(self, turn, text):
        name = f"wp-content/uploads/ftp-{turn}.txt"
        options = ("--ftp-create-dirs", "--max-time", str(PATIENCE))
        return f"/{name}" if self._client.put(text, name, *options).returncode == 0 else None

    def found(self):
        return read_files(self.visitor, self.kept)


def read_files(visitor, places):
    pages = {place: visitor.get(place) for place in places}
    return {place: page.body for place, page in pages.items() if page.status == 200}


def lost(worker):
    """The acknowledged writes that are not there as they were sent."""
    found = worker.found()
    return [(when, place) for place, (when, text) in worker.kept.items() if found.get(place) != text]
