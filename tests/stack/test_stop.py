# SPDX-License-Identifier: MIT
"""Stops: quick, clean, final, and nothing that was asked for is cut off."""

import contextlib
import hashlib
import os
import secrets
import socket
import ssl
import threading
import time

import pytest

import engine
from engine import docker, state, wait_until
from stack import NAMES, PROJECT

MEGABYTES = 12


@pytest.mark.parametrize("name", NAMES)
def test_a_stop_takes_less_than_two_seconds_and_is_final(site, name):
    begun = time.monotonic()
    docker("stop", name)
    took = time.monotonic() - begun
    found = state(name)
    assert (found["Status"], found["ExitCode"], found["OOMKilled"]) == ("exited", 0, False), engine.logs(name)
    assert took < 2.0
    # Docker would restart within 100 ms what it does not count as stopped by a person.
    with pytest.raises(AssertionError, match="not within"):
        wait_until(lambda: state(name)["Status"] != "exited", 0.5, "it comes back")
    site.start(name)
    site.wait_whole()


@pytest.mark.parametrize("name", NAMES)
def test_a_container_killed_by_a_person_stays_down(site, name):
    docker("kill", name)
    wait_until(lambda: state(name)["Status"] == "exited", 5, "it is down")
    assert state(name)["ExitCode"] == 137
    with pytest.raises(AssertionError, match="not within"):
        wait_until(lambda: state(name)["Status"] != "exited", 0.5, "it comes back")
    site.start(name)
    site.wait_whole()


def test_the_whole_stack_goes_down_cleanly(site):
    begun = time.monotonic()
    docker("stop", *NAMES)
    took = time.monotonic() - begun
    assert {name: state(name)["ExitCode"] for name in NAMES} == dict.fromkeys(NAMES, 0)
    assert took < 2.0 * len(NAMES)
    site.start()
    site.wait_whole()


class SlowReader:
    """Reads a file over TLS at 8 MB/s, far below what the server could send."""

    RATE = 8e6

    def __init__(self, address, port, path):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection((address, port), 10)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self.sock = context.wrap_socket(raw)
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        self.head = b""
        self.body = bytearray()
        self.error = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        received = bytearray()
        begun = time.monotonic()
        try:
            for block in iter(lambda: self.sock.recv(64 * 1024), b""):
                received += block
                if not self.head and b"\r\n\r\n" in received:
                    self.head, _, received = received.partition(b"\r\n\r\n")
                self.body = received
                ahead = len(received) / self.RATE - (time.monotonic() - begun)
                if ahead > 0.01:
                    time.sleep(ahead)
        except OSError as error:
            self.error = str(error)
        finally:
            self.sock.close()  # as every client does after the last byte

    def wait(self):
        self._thread.join(30 * engine.SLOW)
        assert not self._thread.is_alive(), "the reader does not come to an end"


def container_address():
    return engine.inspect("nginx")["NetworkSettings"]["Networks"][f"{PROJECT}_frontend"]["IPAddress"]


@pytest.mark.parametrize("way", ["the container's address", "the published port"])
def test_a_slow_reader_gets_every_byte_of_an_answer_under_way(site, way):
    content = secrets.token_bytes(MEGABYTES << 20)
    uploads = site.data / "wordpress" / "html" / "wp-content" / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    (uploads / "big.bin").write_bytes(content)
    try:
        address = container_address() if way.startswith("the container") else "127.0.0.1"
        reader = SlowReader(address, int(site.env["HTTPS_PORT"]), "/wp-content/uploads/big.bin")
        wait_until(lambda: len(reader.body) > 1 << 20, 10, "the transfer is under way")
        begun = time.monotonic()
        docker("stop", "nginx")
        took = time.monotonic() - begun
        reader.wait()
        assert reader.error == ""
        missing = len(content) - len(reader.body)
        assert missing == 0, f"{missing} of {len(content)} bytes were lost"
        assert hashlib.sha256(reader.body).digest() == hashlib.sha256(content).digest()
        assert state("nginx")["ExitCode"] == 0 and took < 10
    finally:
        (uploads / "big.bin").unlink()
        site.start("nginx")
    site.wait_whole()


def test_a_request_under_way_in_php_is_answered_before_wordpress_stops(site):
    script = site.data / "wordpress" / "html" / "slow.php"
    gate = script.with_suffix(".gate")
    script.write_text("<?php file_get_contents('slow.gate'); echo 'answered ' . 'in full';")
    os.mkfifo(gate)
    gate.chmod(0o644)

    def opened():
        """The gate opens for a writer only while the script waits at it."""
        with contextlib.suppress(OSError):
            return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
        return None

    def farewells():
        return engine.logs("wordpress", "all").count("Finishing ...")

    answers = []
    before = farewells()
    asking = threading.Thread(target=lambda: answers.append(site.visitor().get("/slow.php")))
    stopping = threading.Thread(target=docker, args=("stop", "wordpress"))
    try:
        asking.start()
        held = wait_until(opened, 10, "the script runs")
        stopping.start()
        wait_until(lambda: farewells() > before, 10, "php-fpm has been asked to end")
        assert asking.is_alive() and not answers
        os.close(held)
        stopping.join(15 * engine.SLOW)
        asking.join(15 * engine.SLOW)
        assert [page.body for page in answers] == ["answered in full"]
        assert state("wordpress")["ExitCode"] == 0
    finally:
        script.unlink()
        gate.unlink()
        site.start("wordpress")
    site.wait_whole()


def test_the_visitor_is_told_while_wordpress_is_away(site):
    docker("stop", "wordpress")
    page = wait_until(lambda: site.visitor().get("/"), 10, "an answer")
    assert page.status == 503
    assert "retry-after" in page.headers
    site.start("wordpress")
    site.wait_whole()


def test_posts_are_there_after_a_restart_of_everything(site):
    site.owner().publish("Kept", "through a restart")
    site.compose("restart")
    site.wait_whole()
    assert site.shows("through a restart", "/kept/")


def test_posts_are_there_after_down_and_up(site):
    site.owner().publish("Kept again", "through down and up")
    site.down()
    assert [name for name in NAMES if engine.inspect(name)] == []
    site.up()
    site.wait_whole()
    assert site.shows("through down and up", "/kept-again/")
    assert {engine.inspect(name)["RestartCount"] for name in NAMES} == {0}
