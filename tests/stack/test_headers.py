# SPDX-License-Identifier: MIT
"""What every answer tells the browser about safety, and what a guesser of passwords meets."""

import re
import subprocess
from pathlib import Path

import pytest

from engine import docker, wait_until
from stack import ROOT

SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
}
ANSWERS = {  # path: status
    "/": 200,
    "/no-such-page/": 404,
    "/wp-login.php": 200,
    "/wp-admin/": 302,
    "/wp-admin/admin-ajax.php": 400,
    "/wp-json/": 200,
    "/feed/": 200,
    "/wp-includes/css/dashicons.min.css": 200,
    "/wp-includes/no-such.php": 404,
    "/readme.html": 404,
    "/.hidden": 403,
    "/xmlrpc.php": 405,
}


def directives(page):
    """The Content-Security-Policy as {directive: values}."""
    parts = (part.split() for part in page.headers["content-security-policy"].split(";"))
    return {words[0]: words[1:] for words in parts if words}


def assert_fenced(page):
    assert {name: page.headers.get(name) for name in SECURITY} == SECURITY
    assert directives(page)["frame-ancestors"] in (["'self'"], ["'none'"])
    assert "geolocation=()" in page.headers["permissions-policy"]
    doubled = {name for name in page.names if page.names.count(name) > 1} - {"set-cookie", "link", "vary"}
    assert not doubled


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_bears_the_security_headers_once(site, path):
    page = site.visitor().get(path)
    assert page.status == ANSWERS[path]
    assert_fenced(page)


def test_an_answer_to_plain_http_bears_them_too(site):
    page = site.visitor().get(f"http://127.0.0.1:{site.env['HTTPS_PORT']}/")
    assert page.status == 400
    assert_fenced(page)


def test_an_answer_without_wordpress_bears_them_too(site):
    docker("stop", "wordpress")
    try:
        page = site.visitor().get("/")
        assert page.status == 503
        assert_fenced(page)
    finally:
        site.start("wordpress")
    site.wait_whole()


def test_a_stranger_s_pages_run_scripts_from_the_site_s_files_only(site):
    for path in ("/", "/sample-page/", "/no-such-page/", "/?s=x"):
        page = site.visitor().get(path)
        assert directives(page)["script-src"] == ["'self'"]
        # What would not run is not sent either.
        scripts = re.findall(r"<script\b([^>]*)>", page.body)
        assert all("src=" in words or "json" in words for words in scripts), scripts
        assert not re.search(r"<[^>]+\son\w+=", page.body)


@pytest.mark.parametrize("path", ["/wp-login.php", "/wp-admin/", "/"])
def test_the_desk_and_its_people_get_the_scripts_that_wordpress_writes_inline(site, path):
    page = site.owner().get(path)
    assert "'unsafe-inline'" in directives(page)["script-src"]
    assert_fenced(page)


def blocks(text):
    """The inside of each block of an nginx configuration, without that of the blocks in it."""
    found, stack = [], [[]]
    for line in re.sub(r"#.*", "", text).splitlines():
        line = line.strip()
        if line.endswith("{"):
            stack.append([])
        elif line == "}":
            found.append(stack.pop())
        else:
            stack[-1].append(line)
    return found + stack


def test_no_block_with_a_header_of_its_own_forgets_the_others():
    for file in sorted(Path(ROOT / "services" / "nginx").glob("*.conf*")):
        if file.name == "headers.conf":
            continue
        for block in blocks(file.read_text()):
            if any(line.startswith("add_header ") for line in block):
                assert "include /etc/pidone/headers.conf;" in block, f"{file.name}: {block}"


@pytest.fixture
def forgotten(site):
    """What nginx remembers of addresses ends with it."""
    yield
    docker("restart", "nginx")
    site.wait_whole()


@pytest.mark.usefixtures("forgotten")
def test_who_guesses_passwords_is_slowed_down_while_the_site_answers(site):
    address = f"https://127.0.0.1:{site.env['HTTPS_PORT']}/"
    command = ["wrk", "-t1", "-c30", "-d2s", "-s", Path(__file__).with_name("login_burst.lua"), address]
    with subprocess.Popen(command, env={**site.process_env, "HOST_NAME": site.env["DOMAIN_NAME"]},
                          stdout=subprocess.PIPE, text=True) as burst:
        pages = []
        while burst.poll() is None:
            pages.append(site.visitor().get("/").status)
        told = burst.stdout.read()
    answered, refused = map(int, re.search(r"answered (\d+) refused (\d+)", told).groups())
    assert answered <= 25, "20 at once and one in two seconds"
    assert refused > 100
    assert pages and set(pages) == {200}


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("path", ["/wp-login.php", "/xmlrpc.php"])
def test_a_refused_attempt_says_how_long_to_wait(site, path):
    pages = []

    def is_refused():
        pages.append(site.visitor().post(path, {"log": "nobody"}))
        return pages[-1].status == 429
    wait_until(is_refused, 40, "an attempt is refused", step=0)
    assert len(pages) > 20, "a person with many wrong passwords is no attacker"
    page = pages[-1]
    assert page.headers["retry-after"] == "10"
    assert page.headers["content-type"].startswith("text/plain")
    assert page.body == "Too many attempts from your address; please wait ten seconds.\n"
    assert_fenced(page)
    assert site.visitor().get("/wp-login.php").status == 200, "the form itself can be looked at"
