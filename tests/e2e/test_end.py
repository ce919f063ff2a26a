# SPDX-License-Identifier: MIT
"""Service mode: the last line says why, the exit code tells it, and bytes already sent arrive."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from harness import PROMPT, fastest, full_pipe, wait_until

MEMORY = Path("/sys/fs/cgroup/memory")
LINE = r"^pidone: web: {} after [\d.hms]+; container exits with {}$"


@pytest.mark.parametrize("what,words,code", [
    (("die", 9), r"killed by SIGKILL", 137), (("die", 11), r"killed by SIGSEGV.*", 139),
    (("die", 15), r"killed by SIGTERM", 143), (("die", 40), r"killed by SIGRTMIN\+6", 168),
    (("exit", 3), r"exited with (status |code )?3", 3), (("exit", 0), r"exited with (status |code )?0.*", 70)])
def test_the_death_line(lab, mode, what, words, code):
    run = lab.service(f'command = ["@BOX@", "{what[0]}", "{what[1]}"]', mode=mode)
    assert run.wait() == code
    assert re.search(LINE.format(words, code), run.stderr, re.M), run.stderr
    assert re.fullmatch(rf"pidone: container exits with {code}, because web: {words}", run.stderr.splitlines()[-1])


@pytest.mark.parametrize("name,code,why", [
    ("fails", 5, ", as SIGTERM asked, because b: exited with status 5"),
    ("obeys", 0, ", as SIGTERM asked")])
def test_the_last_line_of_a_requested_stop_names_who_gave_the_code(lab, name, code, why):
    b = {"fails": "trap 'exit 5' TERM; echo up; while ! test -e @TMP@/never; do sleep 0.02; done",
         "obeys": "echo up; exec sleep 600"}[name]
    run = lab.service({"a": 'command = ["@BOX@", "sleep", "600"]',
                       "b": f'essential = false\ncommand = ["/bin/sh", "-c", "{b}"]'})
    run.wait_out("^up$")
    run.wait_out("ready")
    assert run.stop()[0] == code
    assert run.stderr.splitlines()[-1] == f"pidone: container exits with {code}{why}"


def test_the_last_line_of_a_start_that_failed(lab):
    run = lab.service('command = ["/nonexistent"]')
    assert run.wait() == 127
    assert run.stderr.splitlines()[-1] == "pidone: container exits with 127, because web: did not start"


def test_the_death_line_in_command_mode(lab, mode):
    run = lab.command([lab.box, "die", 9], mode=mode)
    assert run.wait() == 137
    assert re.search(r"killed by SIGKILL", run.stderr)


def test_a_core_dump_is_said(lab):
    run = lab.service('command = ["/bin/sh", "-c", "ulimit -c unlimited; cd @TMP@; kill -SEGV $$"]')
    assert run.wait() == 139
    assert "killed by SIGSEGV" in run.stderr


@pytest.mark.unsanitized
@pytest.mark.skipif(not (MEMORY / "memory.limit_in_bytes").exists(), reason="no cgroup v1 memory controller")
@pytest.mark.parametrize("kind", ["service", "command"])
def test_an_oom_kill_is_named(lab, kind):
    group = MEMORY / f"pidone-e2e-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(24 << 20))
        ns = ["--cgroup", group]
        if kind == "service":
            run = lab.service('command = ["@BOX@", "hog", "64"]', ns=ns)
        else:
            run = lab.command([lab.box, "hog", "64"], ns=ns)
        assert run.wait(20) == 137
        assert re.search(r"killed by SIGKILL \(out of memory: cgroup oom_kill 1\)", run.stderr), run.stderr
    finally:
        run.close()
        wait_until(lambda: not (group / "cgroup.procs").read_text().strip())
        group.rmdir()


@pytest.mark.skipif(not (MEMORY / "memory.limit_in_bytes").exists(), reason="no cgroup v1 memory controller")
def test_a_plain_sigkill_is_not_called_oom(lab):
    run = lab.service('command = ["@BOX@", "die", "9"]')
    assert run.wait() == 137
    assert "memory" not in run.stderr


def test_only_oneshots_end_the_container_with_0(lab, mode):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["/bin/echo", "a"]',
                       "b": 'type = "oneshot"\ncommand = ["/bin/echo", "b"]\nrequires = ["a"]'}, mode=mode)
    assert run.wait() == 0
    assert run.stdout.split() == ["a", "b"]


def test_a_oneshot_beside_a_service_does_not_end_it(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["/bin/echo", "a"]', "b": 'command = ["@BOX@", "sleep", "600"]'})
    run.wait_out("ready")
    run.wait_out("^a$")
    assert run.running()
    assert run.stop()[0] == 0


def test_the_first_failure_gives_the_code(lab):
    run = lab.service({"a": 'command = ["/bin/sh", "-c", "sleep 0.2; exit 11"]',
                       "b": 'command = ["/bin/sh", "-c", "trap \\"exit 12\\" TERM; while test -e /proc; do sleep 0.02; done"]'})
    assert run.wait() == 11


def test_an_asked_stop_is_no_failure(lab, mode):
    run = lab.service('command = ["@BOX@", "sleep", "600"]', mode=mode)
    run.wait_out("ready")
    assert run.stop()[0] == 0


def test_the_same_signal_from_somebody_else_is_a_failure(lab):
    run = lab.service('command = ["@BOX@", "sleep", "600"]')
    run.wait_out("ready")
    os.kill(run.children()[0], signal.SIGTERM)
    assert run.wait() == 143


def test_a_service_that_fails_while_it_is_stopped(lab):
    run = lab.service('command = ["/bin/sh", "-c", "trap \\"exit 9\\" TERM; echo ready; while test -e /proc; do sleep 0.02; done"]')
    run.wait_out("ready")
    assert run.stop()[0] == 9


def test_json_log_format(lab):
    run = lab.service({"web": 'command = ["@BOX@", "die", "9"]'}, 'log-format = "json"')
    assert run.wait() == 137
    lines = [json.loads(line) for line in run.stderr.splitlines()]
    assert lines and any("SIGKILL" in json.dumps(line) for line in lines)


def test_a_full_pipe_on_stderr_never_holds_the_stop(lab):
    read_end, write_end = full_pipe()
    run = lab.service('command = ["@BOX@", "sleep", "600"]', stderr=write_end)
    os.close(write_end)
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 0 and took < PROMPT
    os.close(read_end)


def test_the_death_line_waits_for_a_slow_reader(lab):
    read_end, write_end = full_pipe()
    run = lab.service('command = ["@BOX@", "sleep", "600"]', stderr=write_end)
    os.close(write_end)
    run.wait_out("ready")
    os.kill(run.children()[0], signal.SIGKILL)
    wait_until(lambda: not run.running() or not run.children())
    data = b""
    while chunk := os.read(read_end, 65536):
        data += chunk
    assert run.wait() == 137
    assert b"killed by SIGKILL" in data
    os.close(read_end)


def veth(lab, run, host, inner):
    """A cable between us and the run's network namespace."""
    name = f"e2e{os.getpid() % 10000}"
    subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(run.init)], check=True)
    subprocess.run(["ip", "addr", "add", f"{host}/30", "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    inside = ["nsenter", "-t", str(run.init), "-n", "ip"]
    subprocess.run([*inside, "addr", "add", f"{inner}/30", "dev", "eth0"], check=True)
    subprocess.run([*inside, "link", "set", "eth0", "up"], check=True)
    return name


def connect_when_listening(address):
    def connect():
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        client.settimeout(2)
        try:
            client.connect(address)
        except OSError:
            client.close()
            return None
        return client
    return wait_until(connect, 5, f"a listener at {address}")


def has_veth():
    made = subprocess.run(["ip", "link", "add", "e2eprobe0", "type", "veth", "peer", "name", "e2eprobe1"], capture_output=True)
    subprocess.run(["ip", "link", "del", "e2eprobe0"], capture_output=True)
    return made.returncode == 0


@pytest.fixture
def cable():
    with contextlib.suppress(FileNotFoundError):
        if os.geteuid() == 0 and has_veth():
            yield veth
            return
    pytest.skip("no veth devices can be made here")


SIZE = 5 << 20


@contextlib.contextmanager
def flooding(lab, cable, settings):
    """A oneshot that ends with its output still in the buffers of its socket: the run, a client, and how many bytes."""
    run = lab.service({"web": f'type = "oneshot"\ncommand = ["@BOX@", "flood", "7000", "{SIZE}"]'}, settings, ns=["--net"], gate=True)
    third = os.getpid() % 250  # other suites may run on this machine
    name = cable(lab, run, f"10.231.{third}.1", f"10.231.{third}.2")
    run.open_gate()
    with connect_when_listening((f"10.231.{third}.2", 7000)) as client:
        yield run, client, int(run.wait_out(r"queued (\d+)").group(1))
    assert run.wait() == 0
    subprocess.run(["ip", "link", "del", name], capture_output=True)


def test_bytes_in_socket_buffers_arrive_before_pid_1_ends(lab, cable):
    def lost():
        """PID 1 gives up after 300 ms without progress, which may be this reader's own."""
        with flooding(lab, cable, "") as (_, client, queued):
            assert queued > 1 << 20
            with contextlib.suppress(OSError):
                while chunk := client.recv(65536):
                    queued -= len(chunk)
                    time.sleep(0.002)  # the slow reader
        return queued

    assert fastest(lost, 1) == 0


def test_a_dead_reader_does_not_hold_the_end(lab, cable):
    begin = time.monotonic()
    with flooding(lab, cable, 'linger = "7s"') as (run, _, _):
        assert run.wait() == 0
        assert 0.2 < time.monotonic() - begin < PROMPT


def test_linger_zero_switches_it_off(lab, cable):
    def linger():
        with flooding(lab, cable, 'linger = "0s"') as (run, _, _):
            begin = time.monotonic()
            assert run.wait() == 0
            return time.monotonic() - begin

    assert fastest(linger, 0.3) < 0.3


def test_what_cannot_be_killed_is_not_called_killed(lab):
    helper = lab.tmp / "as-root"
    helper.write_bytes(lab.box.read_bytes())
    helper.chmod(0o4755)
    run = lab.service({"web": 'command = ["@TMP@/as-root", "as-root", "@TMP@/go", "5"]'}, 'shutdown-timeout = "300ms"',
                      ns=["--uid", 65534, "--gid", 65534])
    pid = run.wait_out(r"ready (\d+)").group(1)
    run.stop()
    assert "pidone: web: warn: cannot send SIGTERM: operation not permitted\n" in run.stderr
    straggler = rf"cannot kill process {pid} \(as-root\), .* old, which did not stop: operation not permitted$"
    assert len(re.findall(rf"^pidone: (?:web: )?warn: {straggler}", run.stderr, re.M)) == 2, run.stderr
    assert "killed process" not in run.stderr
