# SPDX-License-Identifier: MIT
"""Changed settings: each port in .env, each secret, and a value that the database refuses."""

import json
import re

import pytest

import engine
from engine import docker, run, state, wait_until
from stack import NAMES, Author

HARD = "it's \"quoted\" \\ `back` $HOME %s {x} #1; ä"


@pytest.mark.parametrize("key, port", [("HTTPS_PORT", 18443), ("DB_PORT", 13306), ("FPM_PORT", 19000),
                                       ("EXPORTER_PORT", 20191)])
def test_a_changed_port_works_everywhere(site, key, port):
    site.owner().publish(f"Before {key}", "written at the old port")
    site.write_env(**{key: port})
    try:
        site.up()
        site.wait_whole()
        path = f"/before-{key.lower()}/"
        page = site.visitor().get(path)
        assert "written at the old port" in page.body
        canonical = re.search(r'<link rel="canonical" href="([^"]+)"', page.body)[1]
        assert canonical == site.address + path
        assert (f":{port}" in site.address) == (key == "HTTPS_PORT")
        site.owner().publish(f"At {key}", "written at the new port")
        published = {entry["HostPort"] for outer in engine.inspect("nginx")["NetworkSettings"]["Ports"].values()
                     for entry in outer or []}
        assert published == {site.env["HTTPS_PORT"]}
        assert run("docker", "exec", "nginx", "/usr/bin/pidone", "probe", f"tcp://wordpress.frontend:{site.env['FPM_PORT']}",
                   "--timeout", "2s").returncode == 0
        assert run("docker", "exec", "wordpress", "/usr/bin/pidone", "probe", f"tcp://mariadb.backend:{site.env['DB_PORT']}",
                   "--timeout", "2s").returncode == 0
        assert run("docker", "exec", "nginx", "/usr/bin/pidone", "probe", "--timeout", "2s",
                   f"tcp://mariadb.monitoring:{site.env['EXPORTER_PORT']}").returncode == 0
    finally:
        site.write_env(**site.example)
    site.up()
    site.wait_whole()


def test_each_port_of_the_stack_is_a_key_of_env(site):
    ports = sorted(key for key in site.example if key.endswith("_PORT"))
    assert {"DB_PORT", "EXPORTER_PORT", "FPM_PORT", "HTTPS_PORT"} <= set(ports)
    compose = (site.root / "docker-compose.yml").read_text()
    assert not re.search(r"^\s*-\s*[\"']?\d+:", compose, re.M)
    for key in ports:
        assert "${" + key in compose


def test_changed_secrets_take_effect_at_a_restart_and_an_unchanged_one_overrides_nothing(site):
    old = dict(site.secrets)
    author = site.author()
    assert author.rest("/wp/v2/users/me", {"password": "set by the writer"}).status == 200
    assert not Author(site, site.env["WP_AUTHOR"], old["wp_author_password"]).is_in
    site.set_secret("db_password", HARD)
    site.set_secret("db_root_password", "root " + HARD)
    site.set_secret("wp_owner_password", "captain " + HARD)
    site.set_secret("wp_salts", "other salts log everybody out and change no password")
    try:
        site.compose("restart")
        site.wait_whole()
        # The database: the new passwords, and nothing else.
        user = site.env["DB_USER"]
        assert site.sql("SELECT 1", user, site.secrets["db_password"]).stdout.strip() == "1"
        assert "Access denied" in site.sql("SELECT 1", user, old["db_password"], check=False).stderr
        assert site.sql("SELECT 1").stdout.strip() == "1"
        assert "Access denied" in site.sql("SELECT 1", "root", old["db_root_password"], check=False).stderr
        # The site: the owner's secret was changed, the author's was not.
        assert site.owner().is_in
        assert not Author(site, site.env["WP_OWNER"], old["wp_owner_password"]).is_in
        assert Author(site, site.env["WP_AUTHOR"], "set by the writer").is_in
        assert not Author(site, site.env["WP_AUTHOR"], old["wp_author_password"]).is_in
        # A secret changed later wins over what was set in wp-admin.
        site.set_secret("wp_author_password", "author " + HARD)
        site.compose("restart", "wordpress")
        site.wait_whole()
        assert site.author().is_in
        assert not Author(site, site.env["WP_AUTHOR"], "set by the writer").is_in
    finally:
        for name, text in old.items():
            site.set_secret(name, text)
        site.compose("restart")
        site.wait_whole()
    assert site.owner().is_in and site.author().is_in


def test_an_sql_error_while_accounts_are_set_is_fatal_and_said(site):
    """A user name that is too long for MariaDB; the container is one of its own, with data of its own."""
    docker("run", "-d", "--name", "pidone-tests-sql", "--read-only", "--user", "100:101",
           "--tmpfs", "/run/pidone:uid=100,gid=101,mode=0750", "--tmpfs", "/run/mysqld:uid=100,gid=101",
           "--tmpfs", "/tmp:uid=100,gid=101", "--tmpfs", "/var/lib/mysql:uid=100,gid=101",
           "-v", f"{site.home}/secrets/db_password:/run/secrets/db_password:ro",
           "-v", f"{site.home}/secrets/db_root_password:/run/secrets/db_root_password:ro",
           "-v", f"{site.home}/secrets/db_backup_password:/run/secrets/db_backup_password:ro",
           "-e", "DB_USER=" + "x" * 129, site.image("mariadb"))
    try:
        wait_until(lambda: state("pidone-tests-sql")["Status"] == "exited", 30, "it ends")
        said = engine.logs("pidone-tests-sql", "all")
        assert state("pidone-tests-sql")["ExitCode"] not in (0, 137)
        assert "ERROR" in said and "too long" in said
        assert re.search(r"pidone: .*accounts.*", said)
    finally:
        docker("rm", "-f", "pidone-tests-sql")


def test_an_owner_called_admin_is_refused_and_said(site):
    site.write_env(WP_OWNER="theAdministrator")
    try:
        site.up()
        wait_until(lambda: "must not contain 'admin'" in engine.logs("wordpress", 40), 30, site.explain)
    finally:
        site.write_env(**site.example)
    site.up()
    site.wait_whole()


def test_an_owner_of_another_name_needs_another_address_and_is_an_administrator_then(site):
    site.write_env(WP_OWNER="commodore")
    try:
        site.up()
        wait_until(lambda: "WP_OWNER_EMAIL" in engine.logs("wordpress", 40), 30, site.explain)
        assert "belongs to 'captain'" in engine.logs("wordpress", 40)
        site.write_env(WP_OWNER_EMAIL="commodore@example.net")
        site.up()
        site.wait_whole(60)
        assert site.owner().is_in
        # Somebody who is there already becomes what .env says.
        site.write_env(WP_OWNER=site.example["WP_AUTHOR"], WP_OWNER_EMAIL=site.example["WP_AUTHOR_EMAIL"],
                       WP_AUTHOR="scribe", WP_AUTHOR_EMAIL="scribe@example.net")
        site.up()
        site.wait_whole(60)
        assert "administrator" in site.sql("SELECT meta_value FROM wp_usermeta JOIN wp_users ON user_id = wp_users.ID WHERE "
                                           f"meta_key = 'wp_capabilities' AND user_login = '{site.env['WP_OWNER']}'").stdout
    finally:
        site.write_env(**site.example)
    site.begin()


def test_a_certificate_of_ones_own_is_used_and_only_then_hsts(site):
    assert "strict-transport-security" not in site.visitor().get("/").headers
    place = site.home / "own"
    place.mkdir(exist_ok=True)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=own.example", "-keyout", place / "key", "-out", place / "certificate")
    site.set_secret("tls_certificate", (place / "certificate").read_text())
    site.set_secret("tls_key", (place / "key").read_text())
    site.write_env(TLS_SOURCE="secret")
    try:
        site.up()
        site.wait_whole()
        assert "max-age" in site.visitor().get("/").headers["strict-transport-security"]
        shown = run("openssl", "s_client", "-connect", f"127.0.0.1:{site.env['HTTPS_PORT']}", input="").stdout
        assert "CN = own.example" in shown
    finally:
        site.set_secret("tls_certificate", "")
        site.set_secret("tls_key", "")
        site.write_env(**site.example)
    site.up()
    site.wait_whole()


def test_status_names_each_service(site):
    for name in NAMES:
        told = json.loads(docker("exec", name, "/usr/bin/pidone", "status", "--json"))
        assert name in json.dumps(told)
