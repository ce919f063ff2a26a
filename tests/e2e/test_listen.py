# SPDX-License-Identifier: MIT
"""Sockets that PID 1 opens: what a service finds, who gets them, what a restart leaves of them, and what can go wrong."""

import concurrent.futures
import contextlib
import os
import re
import signal
import socket
import stat
import threading

import pytest
from harness import descriptors, read_proc, wait_until

ANSWER = 'command = ["@BOX@", "answer"]\n'
BACK = 'restart = "on-failure"\n[restart-policy]\ndelay = "50ms"\nmax-delay = "50ms"\njitter = 0\nmax-attempts = 0\n'


def ask(path, timeout=10):
    """The pid (inside) of who answers at a unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        client.connect(str(path))
        return int(client.makefile().readline() or "0")


def main_of(run, verb="answer"):
    """The service's process, as seen from outside."""
    return wait_until(lambda: [pid for pid in run.tree() if f"\0{verb}\0" in read_proc(pid, "cmdline")],
                      what=f"box {verb}")[0]


def test_a_service_finds_its_sockets_as_sd_listen_fds_says(lab):
    run = lab.service(ANSWER + 'listen = ["unix://@TMP@/a", { url = "unix://@TMP@/b", name = "second" }]\n')
    found = run.wait_out(r"^answering \d+ fds (\d) mine (\d) names (.*) blocking (\S+) (\S+)$")
    assert found.groups() == ("2", "1", f"{lab.tmp}/a:second", "1", "1")
    assert ask(lab.tmp / "a") > 0
    wait_until(lambda: set(descriptors(main_of(run))) == {0, 1, 2, 3, 4}, what="its three and two sockets alone")
    assert run.stop()[0] == 0


def test_a_tcp_socket_is_there_before_the_service_and_needs_no_rights_of_it(lab):
    """A low port, opened by root, served by nobody: the service connects to itself from a set-up step's view."""
    run = lab.service({"web": ANSWER + 'user = "nobody"\nlisten = ["tcp://127.0.0.1:80"]\n'
                              'ready = "tcp://127.0.0.1:80"\n'}, ns=["--net"])
    assert run.wait_out(r"names (\S+)").group(1) == "127.0.0.1-80"
    run.wait_err("^pidone: web: ready after")
    assert run.stop()[0] == 0


def test_ipv6_takes_ipv4_as_well_unless_that_is_named_too(lab):
    both = ('command = ["/bin/sh", "-c", "cat /proc/net/tcp /proc/net/tcp6; exec @BOX@ sleep 9"]\n'
            'listen = ["tcp://[::]:7300", "tcp://0.0.0.0:7300"]\n')
    run = lab.service(both, ns=["--net"])
    run.wait_out("^ready")
    assert len(re.findall(r":1C84 ", run.stdout)) == 2
    run.stop()
    run = lab.service({"web": ANSWER + 'listen = ["tcp://[::]:7301"]\n',
                       "probe": 'type = "oneshot"\nrequires = ["web"]\ncommand = ["@PIDONE@", "probe", '
                                '"tcp://127.0.0.1:7301", "--timeout", "2s"]\n'.replace("@PIDONE@", str(lab.pidone))},
                      ns=["--net"])
    run.wait_err("^pidone: probe: exited with status 0")
    run.stop()


def test_two_hundred_clients_and_ten_kills_and_not_one_connection_is_refused(lab):
    run = lab.service(ANSWER + 'listen = ["unix://@TMP@/s"]\n' + BACK)
    run.wait_out("^answering")
    stopped = threading.Event()
    failures, answers = [], []

    def client(_):
        asked = 0
        while asked < 5 or not stopped.is_set():
            asked += 1
            try:
                answers.append(ask(lab.tmp / "s"))
            except OSError as error:
                failures.append(error)

    def killer():
        try:
            for kills in range(10):
                wait_until(lambda: len({pid for pid in answers if pid}) > kills, what="an answer of the next run")
                with contextlib.suppress(ProcessLookupError):
                    os.kill(main_of(run), signal.SIGKILL)
        finally:
            stopped.set()

    thread = threading.Thread(target=killer)
    thread.start()
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        list(pool.map(client, range(200)))
    thread.join()
    assert failures == [] and len(answers) >= 1000
    # A connection that was accepted by a process that is then killed gets an end of file: no answer, and no refusal.
    assert answers.count(0) <= 10 and len({pid for pid in answers if pid}) >= 10
    assert run.stop()[0] == 0


def test_connections_wait_while_nobody_runs(lab):
    run = lab.service(ANSWER + 'listen = ["unix://@TMP@/s"]\n' + BACK.replace("50ms", "400ms"))
    run.wait_out("^answering")
    first = ask(lab.tmp / "s")
    os.kill(main_of(run), signal.SIGKILL)
    run.wait_err("restarts in 400ms")
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(ask, [lab.tmp / "s"] * 200))
    assert len(set(answers)) == 1 and answers[0] not in (0, first)
    assert run.stop()[0] == 0


def test_a_new_run_gets_a_blocking_socket_whatever_the_last_one_made_of_it(lab):
    run = lab.service('command = ["@BOX@", "answer", "nonblock"]\nlisten = ["unix://@TMP@/s"]\n' + BACK)
    run.wait_out("^answering")
    ask(lab.tmp / "s")
    os.kill(main_of(run), signal.SIGKILL)
    wait_until(lambda: len(re.findall(r"blocking 1", run.stdout)) == 2, what="the second run")
    run.stop()


def test_set_up_steps_probes_and_hooks_get_no_socket(lab):
    seen = '"/bin/sh", "-c", "ls -l /proc/self/fd >> @TMP@/seen; env >> @TMP@/seen"'
    run = lab.service(ANSWER + f'listen = ["unix://@TMP@/s"]\nready = {{ exec = [{seen}] }}\n'
                      f'before-stop = {{ command = [{seen}] }}\n[health]\nprobe = {{ exec = [{seen}] }}\n'
                      f'interval = "20ms"\n[[setup]]\nname = "look"\ncommand = [{seen}]\n')
    run.wait_err("ready after")
    wait_until(lambda: (lab.tmp / "seen").read_text().count("PATH=") >= 4, what="a health probe")
    assert run.stop()[0] == 0
    text = (lab.tmp / "seen").read_text()
    assert "LISTEN_" not in text and "socket:" not in text


def test_a_unix_socket_has_its_mode_and_owner_and_is_gone_at_the_end(lab):
    run = lab.service(ANSWER + 'listen = [{ url = "unix://@TMP@/new/s", mode = "0660", owner = "nobody:1234" }]\n')
    run.wait_out("^answering")
    info = (lab.tmp / "new" / "s").stat()
    assert stat.S_IMODE(info.st_mode) == 0o660 and (info.st_uid, info.st_gid) == (65534, 1234)
    assert run.stop()[0] == 0
    assert not (lab.tmp / "new" / "s").exists()


def test_a_socket_that_a_dead_container_left_is_replaced(lab):
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(lab.tmp / "s"))
        old.listen()
    run = lab.service(ANSWER + 'listen = ["unix://@TMP@/s"]\n')
    run.wait_out("^answering")
    assert ask(lab.tmp / "s") > 0
    assert run.stop()[0] == 0


def test_what_the_service_closes_at_its_stop_is_refused_from_then_on(lab):
    """PID 1 keeps no copy once the container stops: nobody waits in a queue that is never served."""
    run = lab.service('command = ["/bin/sh", "-c", "trap \'exec 3<&-; echo closed\' TERM; echo up; '
                      'until test -e @TMP@/asked; do :; done"]\nlisten = ["unix://@TMP@/s"]\n')
    run.wait_out("^up$")
    run.send(signal.SIGTERM)
    run.wait_out("^closed$")
    with pytest.raises(ConnectionRefusedError):
        ask(lab.tmp / "s")
    (lab.tmp / "asked").touch()
    run.wait()
    assert not (lab.tmp / "s").exists()


def test_the_readiness_descriptor_and_the_sockets_do_not_get_in_each_others_way(lab):
    for number in (4, 5, 9):
        run = lab.service(f'command = ["/bin/sh", "-c", "echo >&{number}; exec @BOX@ answer"]\nready = "fd:{number}"\n'
                          'listen = ["unix://@TMP@/s"]\n')
        run.wait_err("ready after")
        assert ask(lab.tmp / "s") > 0
        assert run.stop()[0] == 0
    conf = lab.config({"web": 'command = ["/bin/true"]\nready = "fd:3"\nlisten = ["unix:/run/s"]\n'})
    reply = lab.local("check", conf)
    assert reply.returncode == 78
    assert "the sockets of 'listen' are 3 and up" in reply.stderr + reply.stdout


REFUSED = {
    "in use": ('listen = ["tcp://127.0.0.1:@PORT@"]', "tcp://127.0.0.1:@PORT@: address already in use; another service, or"
               " another program of this network namespace, listens there"),
    "no such address": ('listen = ["tcp://192.0.2.1:7311"]', "tcp://192.0.2.1:7311: cannot assign requested address; no"
                        " interface here has this address, 0.0.0.0 and [::] mean all of them"),
    "a file is there": ('listen = ["unix://@TMP@/file"]', "unix://@TMP@/file: somebody listens there already, or what is"
                        " there is no socket; remove it, or take another path"),
    "below a file": ('listen = ["unix://@TMP@/file/s"]', "unix://@TMP@/file/s: socket '@TMP@/file/s' cannot be made because"
                     " something in its path is a file: not a directory"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_socket_that_cannot_be_had_ends_the_start_with_its_remedy(lab, case):
    (lab.tmp / "file").write_text("precious")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        keys, words = (lab.fill(text).replace("@PORT@", str(taken.getsockname()[1])) for text in REFUSED[case])
        run = lab.service(ANSWER + keys + "\n")
        assert run.wait() == 71
    assert f"pidone: web: error: 'listen' {words}\n" in run.stderr
    assert run.stdout == ""
    assert (lab.tmp / "file").read_text() == "precious"


def test_a_low_port_without_its_capability_says_which(lab):
    run = lab.service(ANSWER + 'listen = ["tcp://127.0.0.1:81"]\n', mode="plain", ns=["--net", "--uid", "65534"])
    assert run.wait() == 71
    assert ("'listen' tcp://127.0.0.1:81: permission denied; a port below 1024 needs CAP_NET_BIND_SERVICE: add 'cap_add: "
            "[NET_BIND_SERVICE]' to the compose file, or take a higher port") in run.stderr
