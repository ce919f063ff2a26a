# SPDX-License-Identifier: MIT
"""The site's files over FTP: with TLS or not at all, and nothing but the site."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

import engine
from engine import run, wait_until
from stack import main_process

DENIED = (9, 21, 78)  # curl's codes for a CWD, a command and a RETR that the server refuses
REFUSED = 67          # and for a log-in


class Client:
    """curl, logged in with what is in a file of its own: no password on its command line."""

    def __init__(self, stack, password=None):
        self.stack = stack
        self.login = stack.home / f"ftp-{secrets.token_hex(4)}"
        password = password if password is not None else stack.secrets["ftp_password"]
        self.login.write_text(f'user = "{stack.env["FTP_USER"]}:{password}"\n')

    def __call__(self, path, *options, tls=("--ssl-reqd", "-k")):
        return run("curl", "-sS", "--noproxy", "*", "--max-time", 15 * engine.SLOW, "-K", self.login, *tls, *options,
                   f"ftp://127.0.0.1:{self.stack.env['FTP_PORT']}/{path}", check=False)

    def put(self, text, path, *options, **more):
        file = self.stack.home / f"sent-{secrets.token_hex(4)}"
        file.write_text(text)
        return self(path, "-T", file, *options, **more)


@pytest.fixture
def ftp(bonus):
    return Client(bonus)


def test_an_upload_is_on_the_site_and_belongs_to_wordpress(bonus, ftp):
    name, text = f"wp-content/uploads/{secrets.token_hex(4)}.txt", secrets.token_hex(2000)
    assert ftp.put(text, name, "--ftp-create-dirs").returncode == 0
    assert bonus.visitor().get(f"/{name}").body == text
    assert ftp(name).stdout == text
    assert name.rpartition("/")[2] in ftp("wp-content/uploads/").stdout
    file = bonus.data / "wordpress" / "html" / name
    assert (file.stat().st_uid, file.stat().st_gid, oct(file.stat().st_mode & 0o777)) == (33, 33, "0o644")
    assert ftp("", "-Q", f"DELE {name}").returncode == 0
    assert not file.exists()


def test_each_passive_port_in_the_range_is_used_and_no_other(bonus, ftp):
    low, high = int(bonus.env["FTP_PASSIVE_MIN_PORT"]), int(bonus.env["FTP_PASSIVE_MAX_PORT"])
    for mode in ("--ftp-pasv", "--disable-epsv"):
        listed = ftp("", "-v", mode)
        assert listed.returncode == 0 and "wp-config.php" in listed.stdout, listed.stderr
        # "Connecting to 127.0.0.1 (127.0.0.1) port 30004": the address too is the one of FTP_ADDRESS.
        line = next(line for line in listed.stderr.splitlines() if "Connecting to" in line)
        assert "127.0.0.1" in line and low <= int(line.split()[-1]) <= high


def test_plain_ftp_is_refused_before_any_password_and_for_data(ftp):
    plain = ftp("", "-v", tls=())
    assert plain.returncode == REFUSED and "SSL/TLS required" in plain.stderr and "> PASS" not in plain.stderr
    clear = ftp("", "--max-time", "5", tls=("-k", "--ftp-ssl-control"))
    assert clear.returncode != 0 and clear.stdout == ""


@pytest.mark.parametrize("options, is_taken", [
    (("--tlsv1.2", "--tls-max", "1.2"), True), (("--tlsv1.3",), True),
    (("--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"), False)])
def test_it_speaks_tls_1_2_and_1_3_alone(ftp, options, is_taken):
    done = ftp("", *options)
    assert (done.returncode == 0) == is_taken, done.stderr
    assert is_taken or "alert protocol version" in done.stderr


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_is_refused(bonus, password):
    assert Client(bonus, password)("").returncode == REFUSED


@pytest.mark.parametrize("path", ["/etc/passwd", "/", "/run/secrets/ftp_password", "/run/pidone/users", "/var/www/opcache/",
                                  "../opcache/", "../../../etc/passwd", "wp-content/../../opcache/", "/proc/self/environ"])
def test_paths_outside_are_refused(ftp, path):
    read = ftp(path.replace("/", "%2F", 1) if path.startswith("/") else path, "--path-as-is")
    assert read.returncode in DENIED and read.stdout == "", (read.stdout, read.stderr)


def test_nothing_is_written_or_moved_outside(bonus, ftp):
    outside = bonus.data / "wordpress" / "opcache"
    before = sorted(outside.iterdir())
    assert ftp.put("outside", "%2Fvar%2Fwww%2Fopcache%2Fout.txt").returncode in (*DENIED, 25)
    assert ftp("", "-Q", "MKD /var/www/opcache/out").returncode in DENIED
    assert ftp("", "-Q", "RNFR readme.html", "-Q", "RNTO ../opcache/readme.html").returncode in DENIED
    assert ftp("", "-Q", "DELE ../opcache/nothing").returncode in DENIED
    assert sorted(outside.iterdir()) == before
    assert (bonus.data / "wordpress" / "html" / "readme.html").exists()


def test_a_link_that_leads_out_is_not_followed(bonus, ftp):
    site = bonus.data / "wordpress" / "html"
    links = {"link-to-file": "/run/pidone/users", "link-to-directory": "/run/secrets"}
    try:
        for name, target in links.items():
            os.symlink(target, site / name)
        for path in ("link-to-file", "link-to-directory/", "link-to-directory/ftp_password"):
            read = ftp(path)
            assert read.returncode in DENIED and read.stdout == "", (path, read.stdout)
        assert ftp.put("x", "link-to-directory/x").returncode != 0
    finally:
        for name in links:
            (site / name).unlink()


def test_a_file_is_on_the_site_only_when_it_is_complete(bonus, ftp):
    name, text = f"{secrets.token_hex(4)}.txt", secrets.token_hex(500_000)
    site = bonus.data / "wordpress" / "html"
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(ftp.put, text, name, "--limit-rate", "500k")
        wait_until(lambda: list(site.glob(f".in.{name}.*")), 10, "the upload is under way")
        assert bonus.visitor().get(f"/{name}").status == 404
        assert sent.result().returncode == 0
    assert bonus.visitor().get(f"/{name}").body == text
    assert not list(site.glob(".in.*"))


def test_a_killed_server_comes_back(bonus, ftp):
    before = engine.state("ftp")["Pid"]
    bonus.crash(main_process("ftp"))
    wait_until(lambda: engine.state("ftp")["Pid"] not in (0, before), 30, "ftp is started again")
    bonus.wait_whole()
    assert ftp("").returncode == 0


def test_it_is_started_again_inside_its_container(bonus, ftp):
    before = main_process("ftp")
    assert run("docker", "exec", "ftp", "/usr/bin/pidone", "restart", "ftp").returncode == 0
    assert main_process("ftp") != before and ftp("").returncode == 0


def test_a_new_password_counts_after_a_restart_whatever_is_in_it(bonus):
    old = bonus.secrets["ftp_password"]
    try:
        bonus.set_secret("ftp_password", "it's $HOME: %s `x` {y} #1")
        bonus.compose("restart", "ftp")
        bonus.wait_whole()
        assert Client(bonus)("").returncode == 0
        assert Client(bonus, old)("").returncode == REFUSED
    finally:
        bonus.set_secret("ftp_password", old)
        bonus.compose("restart", "ftp")
        bonus.wait_whole()


def test_no_command_line_and_no_log_has_the_password(bonus, ftp):
    assert ftp("").returncode == 0
    password = bonus.secrets["ftp_password"]
    assert password not in run("docker", "top", "ftp", "-eo", "pid,args").stdout
    assert password not in engine.logs("ftp", "all") + run("docker", "inspect", "ftp").stdout
