# SPDX-License-Identifier: MIT
"""The site as visitors, its owner and its author see it, and what nobody may see."""

import html
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

import engine
from engine import run
from stack import NAMES, TITLE


def test_the_first_page_is_wordpress_with_its_theme(site):
    page = site.visitor().get("/")
    assert page.status == 200
    assert f"<title>{TITLE}" in page.body
    assert "/wp-content/themes/twentytwentythree/" in page.body
    file = re.search(r"""(?:href|src)=["']https://[^/"']+(/wp-[^"']+\.(?:css|js)[^"']*)["']""", page.body)
    assert file, "the page names no style sheet or script"
    assert site.visitor().get(html.unescape(file[1])).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_bare_address_answers_as_well(site, host):
    page = site.visitor().get("/", host=host)
    assert page.status == 200
    assert TITLE in page.body


def test_http_2_is_spoken(site):
    port = site.env["HTTPS_PORT"]
    done = run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-alpn", "h2", check=False, input="")
    assert "ALPN protocol: h2" in done.stdout


def handshake(site, version):
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{site.env['HTTPS_PORT']}", "-servername",
               site.env["DOMAIN_NAME"], f"-{version}", "-cipher", "ALL:@SECLEVEL=0", check=False, input="")


@pytest.mark.parametrize("version", ["tls1", "tls1_1"])
def test_an_old_tls_version_is_refused_by_the_server(site, version):
    done = handshake(site, version)
    assert done.returncode != 0
    assert "alert protocol version" in done.stderr  # an alert comes from the other side


@pytest.mark.parametrize("version, name", [("tls1_2", "TLSv1.2"), ("tls1_3", "TLSv1.3")])
def test_a_current_tls_version_is_accepted(site, version, name):
    done = handshake(site, version)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"New, {name}, Cipher is (?!\(NONE\))", done.stdout) or f"Protocol  : {name}" in done.stdout


def test_the_certificate_names_the_domain(site):
    done = handshake(site, "tls1_3")
    text = run("openssl", "x509", "-noout", "-ext", "subjectAltName", input=done.stdout).stdout
    assert f"DNS:{site.env['DOMAIN_NAME']}" in text


def test_plain_http_gets_no_page_on_the_tls_port(site):
    page = site.visitor().get(f"http://127.0.0.1:{site.env['HTTPS_PORT']}/")
    assert page.status == 400
    assert TITLE not in page.body


def test_port_80_is_closed(site):
    for network in engine.inspect("nginx")["NetworkSettings"]["Networks"].values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((network["IPAddress"], 80), 3)


def test_only_the_https_port_is_published(site):
    port = site.env["HTTPS_PORT"]
    published = {}
    for name in NAMES:
        ports = engine.inspect(name)["NetworkSettings"]["Ports"]
        published[name] = {inner: {entry["HostPort"] for entry in outer} for inner, outer in ports.items() if outer}
    assert published == {"nginx": {f"{port}/tcp": {port}}, "wordpress": {}, "mariadb": {}}


@pytest.mark.parametrize("path", ["/", "/no-such-page/", "/wp-login.php", "/wp-json/", "/feed/", "/.hidden"])
def test_no_answer_tells_a_version(site, path):
    page = site.visitor().get(path)
    assert page.status in (200, 403, 404)
    assert page.headers["server"] == "nginx"
    assert "x-powered-by" not in page.headers
    assert not re.search(r"nginx/\d|PHP/\d|WordPress \d", page.body)


@pytest.mark.parametrize("path", ["/.htaccess", "/.git/config", "/wp-content/.env", "/wp-config.php",
                                  "/wp-config.php.bak", "/readme.html"])
def test_what_is_nobody_elses_business_is_denied(site, path):
    file = site.data / "wordpress" / "html" / path.lstrip("/")
    is_made = not file.exists()
    if is_made:
        file.parent.mkdir(exist_ok=True)
        file.write_text("<?php echo 'secret ' . 'content';")
    try:
        page = site.visitor().get(path)
        assert page.status in (403, 404)
        assert "secret" not in page.body
    finally:
        if is_made:
            file.unlink()


@pytest.mark.parametrize("name", ["evil.php", "evil.phtml", "evil.php/x", "deep/evil.PHP"])
def test_php_among_the_uploads_does_not_run(site, name):
    uploads = site.data / "wordpress" / "html" / "wp-content" / "uploads"
    file = uploads / name.removesuffix("/x")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("<?php echo 6 * 7000;")
    page = site.visitor().get(f"/wp-content/uploads/{name}")
    assert page.status == 403
    assert "42000" not in page.body
    file.unlink()


def test_an_image_among_the_uploads_is_served(site):
    uploads = site.data / "wordpress" / "html" / "wp-content" / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    (uploads / "note.txt").write_text("a plain file")
    assert site.visitor().get("/wp-content/uploads/note.txt").body == "a plain file"


def test_many_large_bodies_at_once_take_no_memory_that_nginx_needs(site):
    body = site.home / "large"
    body.write_bytes(bytes(63 << 20))
    before = run("docker", "top", "nginx", "-eo", "pid,args").stdout
    with ThreadPoolExecutor() as pool:
        sent = [pool.submit(site.visitor().get, "/", "-X", "POST", "--data-binary", f"@{body}", timeout=30) for _ in range(5)]
        statuses = {one.result().status for one in sent}
    assert 500 in statuses and statuses <= {200, 500}, "what finds no place is refused"
    assert run("docker", "top", "nginx", "-eo", "pid,args").stdout == before, "nobody was killed"
    assert site.visitor().get("/").status == 200


def test_the_owner_logs_in_to_the_desk(site):
    desk = site.owner().get("/wp-admin/index.php")
    assert desk.status == 200
    assert "wp-admin-bar-my-account" in desk.body


def test_a_wrong_password_does_not_log_in(site):
    from stack import Author
    assert not Author(site, site.env["WP_OWNER"], "not the password").is_in


def test_a_post_of_the_owner_and_a_comment_of_the_author_are_seen_by_a_stranger(site):
    post = json.loads(site.owner().publish("Ahoy", "The first words from the captain").body)
    path = "/" + post["link"].split("/", 3)[3]
    stranger = site.visitor()
    assert "The first words from the captain" in stranger.get(path).body
    assert path == "/ahoy/", "the address of a post is its name"
    answer = site.author().post("/wp-comments-post.php",
                                {"comment": "Aye, said the writer", "comment_post_ID": post["id"]})
    assert answer.status == 302, answer.body[:300]
    page = stranger.get(path)
    assert "Aye, said the writer" in page.body
    assert "awaiting moderation" not in page.body


def test_a_comment_of_a_stranger_appears_without_moderation(site):
    post = json.loads(site.owner().publish("Open word", "Say something").body)
    # WordPress lets one address comment every 15 s, and the test before was one.
    site.sql("UPDATE wp_comments SET comment_date_gmt = comment_date_gmt - INTERVAL 1 HOUR")
    answer = site.visitor().post("/wp-comments-post.php", {
        "comment": "Hello from the quay", "comment_post_ID": post["id"], "author": "Passer-by",
        "email": "passer@example.org"})
    assert answer.status == 302, answer.body[:300]
    assert "Hello from the quay" in site.visitor().get("/open-word/").body


def test_the_administrator_is_not_called_so_and_the_second_user_is_an_author(site):
    answer = site.owner().rest("/wp/v2/users?context=edit", {}, method="GET")
    assert answer.status == 200
    roles = {user["username"]: user["roles"] for user in json.loads(answer.body)}
    assert roles == {site.env["WP_OWNER"]: ["administrator"], site.env["WP_AUTHOR"]: ["author"]}
    assert "admin" not in site.env["WP_OWNER"].lower()
    assert "admin" not in site.example["WP_OWNER"].lower()


def test_pages_ask_no_other_host_for_anything(site):
    for path in ("/", "/sample-page/", "/wp-login.php"):
        hosts = set(re.findall(r'(?:src|href)="(?:https?:)?//([^/"]+)/[^"]*\.(?:js|css|png|jpg|svg|woff2)',
                               site.visitor().get(path).body))
        assert hosts <= {site.env["DOMAIN_NAME"]}


def test_the_database_lets_root_in_by_password_only_and_has_no_guests(site):
    users = site.sql("SELECT CONCAT(User, '@', Host) FROM mysql.global_priv "
                     "WHERE User NOT IN ('mariadb.sys', 'PUBLIC')").stdout.split()
    assert sorted(users) == ["root@localhost", f"{site.env['DB_USER']}@%"]
    assert "test" not in site.sql("SHOW DATABASES").stdout.split()
    for password in ("", "wrong"):
        refused = site.sql("SELECT 1", password=password, check=False)
        assert refused.returncode != 0 and "Access denied" in refused.stderr


def test_the_application_sees_its_own_database_only(site):
    seen = site.sql("SHOW DATABASES", user=site.env["DB_USER"], password=site.secrets["db_password"]).stdout.split()
    assert sorted(seen) == sorted(["information_schema", site.env["DB_NAME"]])


def test_make_db_opens_the_client(site):
    done = run("make", "-s", "db", input="SELECT option_value FROM wp_options WHERE option_name = 'blogname'",
               cwd=site.root, env={**site.process_env, **site.env})
    assert TITLE in done.stdout
