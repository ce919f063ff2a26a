# SPDX-License-Identifier: MIT
"""The static site: served by its own container through the nginx in front, small, complete, and true to docs/bench.md."""

import gzip
import re
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

import engine
from engine import docker, run
from stack import ROOT, TITLE

sys.path.insert(0, str(ROOT / "tools"))

import site_charts  # noqa: E402

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "circle"}


class Reader(HTMLParser):
    """What a page is made of, and what is wrong with its tags."""

    def __init__(self, text):
        super().__init__()
        self.links, self.resources, self.ids, self.errors, self.open = [], [], [], [], []
        self.headings, self.tags, self.lang = [], [], None
        self.feed(text)
        self.close()
        self.errors += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = dict(attributes)
        self.tags.append((tag, values))
        if len(set(names)) != len(names):
            self.errors.append(f"<{tag}> has an attribute twice")
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "html":
            self.lang = values.get("lang")
        if tag == "a":
            self.links.append(values["href"])
        elif "href" in values or "src" in values:
            self.resources.append(values.get("href") or values["src"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}> closes something else, line {self.getpos()[0]}")


class Site:
    """All pages that can be reached by links from the first."""

    def __init__(self, stack):
        self.stack = stack
        self.host = "site." + stack.env["DOMAIN_NAME"]
        self.pages, self.files, self.headers = {}, {}, {}
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            if path in self.pages:
                continue
            page = self.get(path)
            assert page.status == 200, f"{path}: {page.status}"
            self.headers[path] = page.headers
            self.pages[path] = reader = Reader(page.body)
            self.files[path] = page.body
            waiting += [urlsplit(urljoin(path, link)).path for link in reader.links if self.is_ours(link)]
            for name in reader.resources:
                target = urljoin(path, name)
                if target not in self.files:
                    answer = self.get(target)
                    assert answer.status == 200, f"{target}, wanted by {path}: {answer.status}"
                    self.files[target], self.headers[target] = answer.body, answer.headers

    @staticmethod
    def is_ours(link):
        return not urlsplit(link).scheme

    def get(self, path, *options):
        return self.stack.visitor().get(path, *options, host=self.host)


_site = []


@pytest.fixture
def pages(bonus):
    # Read once: it does not change while its container runs.
    pid = engine.state("site")["Pid"]
    if not _site or _site[0] != pid:
        _site[:] = [pid, Site(bonus)]
    return _site[1]


def test_it_has_a_name_of_its_own_and_the_main_site_keeps_the_rest(bonus, pages):
    assert "<title>pidone</title>" in pages.files["/"]
    assert TITLE in bonus.visitor().get("/").body
    assert TITLE in bonus.visitor().get("/", "-H", f"Host: {bonus.env['DOMAIN_NAME']}", host="127.0.0.1").body


def test_the_certificate_is_for_both_names(bonus):
    port, domain = bonus.env["HTTPS_PORT"], bonus.env["DOMAIN_NAME"]
    for name in (domain, "site." + domain):
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name, "-verify_hostname", name,
                   input="", check=False)
        certificate = run("openssl", "x509", "-noout", "-checkhost", name, input=done.stdout)
        assert "does match" in certificate.stdout


def test_only_the_nginx_in_front_reaches_it_and_nothing_is_published(bonus):
    assert not any((engine.inspect("site")["NetworkSettings"]["Ports"] or {}).values())
    port = bonus.env["SITE_PORT"]
    for name, expected in (("nginx", True), ("redis", False)):
        done = run("docker", "exec", name, "/usr/bin/pidone", "probe", f"tcp://site.web:{port}", "--timeout", "2s", check=False)
        assert (done.returncode == 0) == expected, name


def test_process_1_is_pidone_as_a_user_without_rights_and_there_is_no_php(bonus):
    assert engine.proc(engine.state("site")["Pid"], "comm").strip() == "pidone"
    assert engine.inspect("site")["Config"]["User"] == "33:33"
    assert "php" not in docker("exec", "site", "dpkg-query", "--show", "--showformat", "${Package}\n")
    assert docker("exec", "site", "find", "/var/www", "-name", "*.php") == ""


def test_every_link_leads_somewhere_and_every_fragment_exists(pages):
    assert {"/", "/containers.html", "/boot.html", "/figures.html", "/docs/index.html"} <= set(pages.pages) | {"/"}
    wrong = []
    for path, reader in pages.pages.items():
        for link in filter(pages.is_ours, reader.links):
            target = urlsplit(urljoin(path, link))
            if target.fragment and target.fragment not in pages.pages[target.path].ids:
                wrong.append(f"{path}: {link}")
    assert not wrong


def test_every_document_of_the_tree_is_there(pages):
    for path in [*(ROOT / "docs").glob("*.md"), ROOT / "USER_DOC.md", ROOT / "DEV_DOC.md"]:
        assert f"/docs/{path.stem.lower().replace('_', '-')}.html" in pages.pages, path.name


def test_the_pages_are_well_formed(pages):
    for path, reader in pages.pages.items():
        assert not reader.errors, f"{path}: {reader.errors}"
        assert len(set(reader.ids)) == len(reader.ids), f"{path}: an id twice"
        assert reader.lang == "en" and reader.headings.count(1) == 1, path


def test_nothing_comes_from_elsewhere_and_nothing_needs_a_script(pages):
    for path, reader in pages.pages.items():
        assert all(pages.is_ours(name) for name in reader.resources), path
        for tag, attributes in reader.tags:
            assert tag not in ("script", "iframe", "style", "object"), path
            assert not [name for name in attributes if name == "style" or name.startswith("on")], f"{path}: <{tag}>"
    styles = "".join(text for name, text in pages.files.items() if ".css" in name)
    assert "url(" not in styles and "@import" not in styles


def test_it_is_small(pages):
    first = [pages.files["/"], *(pages.files[urljoin("/", name)] for name in pages.pages["/"].resources)]
    assert sum(len(text.encode()) for text in first) < 50_000
    for path in pages.pages:
        assert len(gzip.compress(pages.files[path].encode())) < 20_000, path
    written = sum(len(text.encode()) for name, text in pages.files.items() if not name.startswith("/docs/"))
    assert written < 200_000


def test_pages_are_asked_for_again_and_what_has_a_new_name_is_kept(pages):
    page = pages.headers["/"]
    assert page["cache-control"] == "no-cache"
    again = pages.get("/", "-H", f"If-None-Match: {page['etag']}")
    assert again.status == 304
    for name in pages.pages["/"].resources:
        assert re.search(r"\?[0-9a-f]{8}$", name)
        assert pages.headers[urljoin("/", name)]["cache-control"] == "public, max-age=31536000, immutable"


def test_an_unknown_address_gets_a_page_of_its_own(pages):
    for path in ("/nothing", "/docs/nothing/at/all.html", "/static/"):
        page = pages.get(path)
        assert page.status == 404
        assert "There is no such page" in page.body
        for name in Reader(page.body).resources:
            assert pages.get(urljoin(path, name)).status == 200


def test_the_headers_are_those_of_the_main_site(bonus, pages):
    main = bonus.visitor().get("/").headers
    for path in ("/", "/nothing", pages.pages["/"].resources[0]):
        page = pages.get(urljoin("/", path))
        for name in ("x-content-type-options", "referrer-policy", "x-frame-options", "permissions-policy"):
            assert page.headers.get(name) == main[name] and page.names.count(name) == 1, f"{name} of {path}"
        # Not even inline styles.
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["server"] == "nginx"


def test_only_reading_is_allowed(pages):
    for method in ("POST", "PUT", "DELETE"):
        assert pages.get("/", "-X", method).status in (403, 404, 405), method


def test_the_charts_show_what_the_documented_run_printed(pages):
    run_shown = (ROOT / "docs" / "bench.md").read_text().partition("## A run")[2]
    printed = {float(number) for number in re.findall(r"\d+(?:\.\d+)?(?:e\+\d+)?", run_shown)}
    tables = dict(re.findall(r'<table class="chart" id="([\w-]+)">(.*?)</table>', pages.files["/figures.html"], re.S))
    assert set(tables) == {*site_charts.TABLES, *site_charts.COMMAND}
    for name, table in tables.items():
        rows = re.findall(r'<th scope="row">([^<]+)</th><td>.*?width="([\d.]+)".*?</td><td>([\d,.]+)', table)
        values = [float(shown.replace(",", "")) for _, _, shown in rows]
        assert len(rows) >= 3 and set(values) <= printed, f"{name}: {rows}"
        # A bar is as long as its figure says.
        assert all(abs(float(width) - 100 * value / max(values)) < 0.01 for (_, width, _), value in zip(rows, values)), name


def test_it_comes_back_after_a_crash_and_meanwhile_the_visitor_is_told(bonus, pages):
    docker("stop", "site")
    try:
        page = pages.get("/")
        assert page.status == 503 and "try again" in page.body and page.headers["retry-after"] == "2"
        assert bonus.visitor().get("/").status == 200
    finally:
        docker("start", "site")
    engine.wait_until(lambda: pages.get("/").status == 200, 15, "the static site answers again")
    bonus.crash(engine.state("site")["Pid"])
    engine.wait_until(lambda: engine.inspect("site")["RestartCount"] > 0 and pages.get("/").status == 200, 15,
                      "the static site is back after a crash")
