# SPDX-License-Identifier: MIT
"""`pidone probe`: every kind of URL, names, and deadlines."""

import contextlib
import http.server
import re
import select
import socket
import subprocess
import threading
import time

import pytest
from harness import PROMPT, SLOW, switches, wait_until


@pytest.fixture
def listener():
    made = socket.create_server(("127.0.0.1", 0))
    yield made
    made.close()


@pytest.fixture
def web():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = int(self.path.strip("/") or 200)
            self.send_response(code)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(b"x" * 100_000)

        def log_message(self, *args):
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def probe(lab, *args):
    begin = time.monotonic()
    done = lab.local("probe", *args)
    return done, time.monotonic() - begin


def test_tcp(lab, listener):
    done, took = probe(lab, f"tcp://127.0.0.1:{listener.getsockname()[1]}")
    assert done.returncode == 0 and took < PROMPT * SLOW and done.stdout == ""


def test_tcp_by_name(lab, listener):
    assert probe(lab, f"tcp://localhost:{listener.getsockname()[1]}", "--timeout", "2s")[0].returncode == 0


def test_tcp_ipv6(lab):
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 loopback")
    assert probe(lab, f"tcp://[::1]:{listener.getsockname()[1]}", "--timeout", "2s")[0].returncode == 0
    listener.close()


@pytest.mark.parametrize("code,ready", [(200, True), (204, True), (302, True), (404, False), (503, False)])
def test_http(lab, web, code, ready):
    done, _ = probe(lab, f"{web}/{code}", "--timeout", "1s")
    assert (done.returncode == 0) is ready
    if not ready:
        assert str(code) in done.stderr


def test_unix_and_file(lab):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(lab.tmp / "s"))
        assert probe(lab, f"unix://{lab.tmp}/s", "--timeout", "200ms")[0].returncode != 0
        sock.listen()
        assert probe(lab, f"unix://{lab.tmp}/s", f"file:{lab.tmp}/s")[0].returncode == 0


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:PORT", "unix:///nonexistent/socket", "http://127.0.0.1:PORT/",
                                 "file:/nonexistent/file", "tcp://no-such-host.invalid:1"])
def test_timeout_names_what_did_not_answer(lab, url):
    url = url.replace("PORT", str(closed_port()))
    done, took = probe(lab, url, "--timeout", "400ms")
    assert done.returncode == 1
    assert 0.4 <= took < PROMPT * SLOW
    assert url in done.stderr and done.stdout == ""


@pytest.mark.parametrize("path,reason", [("404", "status 404"), ("503", "status 503")])
def test_a_timeout_says_what_the_tries_before_it_found(lab, web, path, reason):
    done, _ = probe(lab, f"{web}/{path}", "--timeout", "1s")
    assert done.stderr == f"pidone: probe: {web}/{path} did not answer within 1s: {reason}\n"


def test_a_timeout_says_that_a_name_does_not_resolve(lab):
    run = lab.start([lab.pidone, "probe", "tcp://no-such-host.invalid:80", "--timeout", "600ms"], ns=["--net"])
    assert run.wait() == 1
    assert re.fullmatch("pidone: probe: tcp://no-such-host.invalid:80 did not answer within 600ms: (no name server "
                        "answered for 'no-such-host.invalid'|name 'no-such-host.invalid' not found)\n", run.stderr)


def test_an_endpoint_without_its_turn_says_so(lab, listener):
    silent = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    done, _ = probe(lab, silent, silent, "--timeout", "300ms")
    begin = f"pidone: probe: {silent} did not answer within 300ms: "
    assert re.fullmatch(f"{re.escape(begin)}timed out after (300|[12]\\d\\d)ms\n"
                        f"{re.escape(begin)}no time was left to try it\n", done.stderr)


def test_all_must_answer(lab, listener):
    good = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    bad = f"tcp://127.0.0.1:{closed_port()}"
    done, _ = probe(lab, good, bad, "--timeout", "300ms")
    assert done.returncode == 1 and bad in done.stderr and good not in done.stderr


def test_it_waits_until_the_server_comes(lab):
    """It fails while the server is not there: the server comes once a second try has been refused."""
    port = closed_port()
    client = subprocess.Popen([lab.pidone, "probe", f"tcp://127.0.0.1:{port}", "--timeout", "8s"],
                              stderr=subprocess.PIPE, text=True, env=lab.base_env)
    before = switches(client.pid)
    wait_until(lambda: switches(client.pid) > before + 1, 5, "a second try")
    assert client.poll() is None
    with socket.create_server(("127.0.0.1", port)):
        assert client.wait(5 * SLOW) == 0


def test_a_silent_http_server_does_not_hold_the_deadline(lab, listener):
    done, took = probe(lab, f"http://127.0.0.1:{listener.getsockname()[1]}/", "--timeout", "500ms")
    assert done.returncode == 1 and took < PROMPT * SLOW


def test_a_server_that_drips_does_not_hold_the_deadline(lab, listener):
    def drip():
        client, _ = listener.accept()
        with client:
            client.recv(4096)
            # One byte after the other, until the client hangs up.
            with contextlib.suppress(OSError):
                for _ in range(100):
                    client.send(b"H")
                    if select.select([client], [], [], 0.05)[0]:
                        return
    threading.Thread(target=drip, daemon=True).start()
    done, took = probe(lab, f"http://127.0.0.1:{listener.getsockname()[1]}/", "--timeout", "600ms")
    assert done.returncode == 1 and took < PROMPT * SLOW


def test_garbage_is_not_http(lab, listener):
    def garble():
        while listener.fileno() >= 0:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.sendall(b"SSH-2.0-OpenSSH\r\n")
            client.close()
    threading.Thread(target=garble, daemon=True).start()
    assert probe(lab, f"http://127.0.0.1:{listener.getsockname()[1]}/", "--timeout", "300ms")[0].returncode == 1


@pytest.mark.parametrize("args", [[], ["ftp://x:1"], ["tcp://x"], ["tcp://:1"], ["tcp://x:0"], ["tcp://x:65536"],
                                  ["http://"], ["file:relative"], ["tcp://127.0.0.1:1", "--timeout", "soon"],
                                  ["tcp://127.0.0.1:1", "--timeout"], ["--nope", "tcp://127.0.0.1:1"], ["exec"],
                                  ["exec", "--"]], ids=" ".join)
def test_usage_errors(lab, args):
    done, took = probe(lab, *args)
    assert done.returncode == 64 and done.stdout == "" and done.stderr.startswith("pidone: ")
    assert took < PROMPT * SLOW


def test_exec(lab):
    assert probe(lab, "exec", "--", "/bin/true")[0].returncode == 0
    script = f"test -e {lab.tmp}/two || {{ test -e {lab.tmp}/one && touch {lab.tmp}/two; touch {lab.tmp}/one; exit 1; }}"
    done, _ = probe(lab, "exec", "--timeout", "5s", "--", "/bin/sh", "-c", script)
    assert done.returncode == 0


def test_exec_that_never_succeeds_or_never_ends(lab):
    for command in (["/bin/false"], ["/bin/sleep", "600"], ["/nonexistent"]):
        done, took = probe(lab, "exec", "--timeout", "400ms", "--", *command)
        assert done.returncode != 0 and took < PROMPT * SLOW
        assert command[0] in done.stderr


def test_names_come_from_etc_hosts(lab, listener):
    hosts = lab.tmp / "hosts"
    hosts.write_text("127.0.0.1 database.example\n")
    port = listener.getsockname()[1]
    run = lab.start([lab.pidone, "probe", f"tcp://database.example:{port}", "--timeout", "2s"],
                    ns=["--bind", f"{hosts}:/etc/hosts"])
    assert run.wait() == 0, run.stderr
