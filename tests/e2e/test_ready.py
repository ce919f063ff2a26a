# SPDX-License-Identifier: MIT
"""Service mode: readiness by notification, descriptor and probe, and who may say it."""

import re
import socket

import pytest
from harness import PROMPT, settle

AFTER = 'type = "oneshot"\nrequires = ["web"]\ncommand = ["/bin/echo", "after"]\n'


def ready_pair(lab, text, **kw):
    """'web' with the given readiness, and a service that starts only when web is ready."""
    return lab.service({"web": text, "zafter": AFTER}, **kw)


READY = {
    "none": 'command = ["@BOX@", "sleep", "600"]',
    "notify": 'command = ["@BOX@", "notify", "main", "READY=1", "stay"]\nready = "notify"',
    "fd": 'command = ["/bin/sh", "-c", "echo >&3; exec 3>&-; exec sleep 600"]\nready = "fd:3"',
    "fd5": 'command = ["/bin/sh", "-c", "echo >&5; exec sleep 600"]\nready = "fd:5"',
    "tcp": 'command = ["@BOX@", "listen", "tcp", "7100", "0.3"]\nready = "tcp://127.0.0.1:7100"',
    "unix": 'command = ["@BOX@", "listen", "unix", "@TMP@/s"]\nready = "unix://@TMP@/s"',
    "http": 'command = ["@BOX@", "listen", "http", "7101", "200"]\nready = "http://127.0.0.1:7101/ping"',
    "file": 'command = ["/bin/sh", "-c", "sleep 0.2; touch @TMP@/f; exec sleep 600"]\nready = "file:@TMP@/f"',
    "exec": 'command = ["/bin/sh", "-c", "sleep 0.2; touch @TMP@/f; exec sleep 600"]\n'
            'ready = { exec = ["/usr/bin/test", "-e", "@TMP@/f"] }',
}


@pytest.mark.parametrize("kind", READY)
def test_each_kind_of_readiness_releases_what_waits(lab, kind):
    run = ready_pair(lab, READY[kind], ns=["--net"])
    run.wait_out("^after$")
    assert run.running()
    assert run.stop()[0] == 0


NEVER = {
    "notify": 'command = ["@BOX@", "notify", "main", "STATUS=busy", "stay"]\nready = "notify"',
    "fd": 'command = ["/bin/sh", "-c", "printf x >&3; echo sent; exec sleep 600"]\nready = "fd:3"',
    "tcp": 'command = ["@BOX@", "sleep", "600"]\nready = "tcp://127.0.0.1:7102"',
    "http": 'command = ["@BOX@", "listen", "http", "7103", "503"]\nready = "http://127.0.0.1:7103/"',
    "exec": 'command = ["@BOX@", "sleep", "600"]\nready = { exec = ["/bin/false"] }',
    "spoof": 'command = ["@BOX@", "notify", "child", "READY=1", "stay"]\nready = "notify"',
}


@pytest.mark.parametrize("kind", NEVER)
def test_ready_timeout_fails_the_service(lab, kind):
    run = ready_pair(lab, NEVER[kind] + '\nready-timeout = "500ms"', ns=["--net"])
    assert run.wait() != 0
    assert "after" not in run.stdout
    assert re.search(r"^pidone: .*web.*ready", run.stderr, re.M)
    assert 0.5 <= run.took < PROMPT


def test_the_last_line_after_a_missed_ready_timeout_names_it(lab):
    run = lab.service(NEVER["notify"] + '\nready-timeout = "500ms"')
    assert run.wait() == 70
    assert run.stderr.splitlines()[-1] == "pidone: container exits with 70, because web: was not ready within 500ms"


@pytest.mark.parametrize("kind,reason", [
    ("tcp", "tcp://127.0.0.1:7102: connection refused"),
    ("http", "http://127.0.0.1:7103/: status 503"),
    ("exec", "'/bin/false' exited with status 1")])
def test_a_missed_ready_timeout_is_preceded_by_the_reason(lab, kind, reason):
    run = lab.service(NEVER[kind] + '\nready-timeout = "1500ms"', ns=["--net"])
    assert run.wait() == 70
    lines = run.stderr.splitlines()
    assert lines.count(f"pidone: web: still not ready: {reason}") == 1
    assert re.fullmatch(r"pidone: web: error: not ready after 1\.\ds \(ready-timeout\); stopping it",
                        lines[lines.index(f"pidone: web: still not ready: {reason}") + 1])


def test_a_descriptor_closed_without_a_newline_is_said(lab):
    warning = ('^pidone: web: warn: closed descriptor 3 without the newline that would have made it ready '
               r'\(ready = "fd:3"\)$')
    run = lab.service('command = ["/bin/sh", "-c", "printf x >&3; exec 3>&-; exec sleep 600"]\nready = "fd:3"')
    run.wait_err(warning)
    assert run.stop()[0] == 0
    run = lab.service(READY["fd"])
    run.wait_err("ready after")
    assert run.stop()[0] == 0 and not re.search(warning, run.stderr, re.M)


def test_the_end_of_a_wait_for_says_what_the_tries_before_it_found(lab):
    """One port of a namespace without others: first nobody listens, then a server that is not content."""
    wait = 'wait-for = [{ url = "http://127.0.0.1:7104/", timeout = "1s" }]'
    run = lab.service(f'command = ["/bin/true"]\n{wait}', ns=["--net"])
    run.wait_err(r"^pidone: web: error: 'wait-for' http://127.0.0.1:7104/ did not answer within 1s: connection refused$")
    server = 'command = ["@BOX@", "listen", "http", "7104", "503"]\nready = "tcp://127.0.0.1:7104"'
    run = lab.service({"web": server, "zafter": AFTER + wait}, ns=["--net"])
    run.wait_err(r"^pidone: zafter: error: 'wait-for' http://127.0.0.1:7104/ did not answer within 1s: status 503$")


def test_without_ready_timeout_it_waits_for_ever(lab):
    run = ready_pair(lab, NEVER["notify"])
    run.wait_out("sent")
    settle(run.pid)
    assert run.running() and "after" not in run.stdout


def test_ready_of_a_descendant_is_refused_and_said(lab):
    run = ready_pair(lab, NEVER["spoof"])
    run.wait_out("sent")
    run.wait_err(r"pidone: .*web.*(notif|READY)")
    settle(run.pid)
    assert "after" not in run.stdout


def test_notify_access_all_accepts_a_descendant(lab):
    run = ready_pair(lab, NEVER["spoof"] + '\nnotify-access = "all"')
    run.wait_out("^after$")


def test_ready_of_another_service_does_not_count(lab):
    """The spoofer finds the socket of 'web' in the environment of its process and sends to that."""
    spoof = ('command = ["/bin/sh", "-c", "while ! grep -zq ^NOTIFY_SOCKET= /proc/$(cat @TMP@/pid)/environ; do sleep 0.05;'
             ' done; export $(tr \'\\\\0\' \'\\\\n\' < /proc/$(cat @TMP@/pid)/environ | grep ^NOTIFY_SOCKET=);'
             ' @BOX@ notify main READY=1; exec sleep 600"]\nafter = []\n')
    run = lab.service({"web": 'command = ["/bin/sh", "-c", "echo $$ > @TMP@/pid; exec sleep 600"]\nready = "notify"\n'
                              'notify-access = "all"', "spoof": spoof, "zafter": AFTER})
    run.wait_out("sent")
    run.wait_err("pidone: .*(notif|READY)")
    settle(run.pid)
    assert "after" not in run.stdout


def test_no_notify_socket_without_ready_notify(lab):
    run = lab.oneshot("echo [$NOTIFY_SOCKET]", env={"NOTIFY_SOCKET": "@upstream"})
    assert run.stdout == "[]\n"


def test_mainpid_outside_the_session_is_refused(lab):
    run = ready_pair(lab, 'command = ["@BOX@", "notify", "main", "MAINPID=1\\nREADY=1", "stay"]\nready = "notify"')
    run.wait_out("^after$")
    run.wait_err(r"refused a notification of process \d+: its MAINPID is no process of this service's session; more")
    assert run.running()


@pytest.mark.parametrize("text,reason", [
    ("EXTEND_TIMEOUT_USEC=1s", "its EXTEND_TIMEOUT_USEC is no number of microseconds"),
    ("MAINPID=me", "its MAINPID is no process id"),
    ("STATUS=" + 5000 * "x", "it is longer than 4096 bytes"),
])
def test_a_message_that_counts_for_nothing_is_told_with_the_reason(lab, text, reason):
    run = lab.service(f'command = ["@BOX@", "notify", "main", "{text}", "stay"]\nready = "notify"')
    run.wait_err(rf"^pidone: web: warn: refused a notification of process \d+: {reason}; more are only counted$")
    assert run.stop()[0] == 0


def test_extend_timeout_lifts_the_ready_timeout(lab):
    script = ('@BOX@ notify main EXTEND_TIMEOUT_USEC=60000000; sleep 1.5; @BOX@ notify main READY=1; exec sleep 600')
    run = ready_pair(lab, f'command = ["/bin/sh", "-c", "{script}"]\nready = "notify"\nnotify-access = "all"\n'
                          'ready-timeout = "1s"')
    run.wait_out("^after$")


def test_garbage_on_the_notify_socket_is_harmless(lab):
    script = "@BOX@ notify main XYZ; @BOX@ notify main READY=0; @BOX@ notify main =; @BOX@ notify main READY=1; exec sleep 9"
    run = ready_pair(lab, f'command = ["/bin/sh", "-c", "{script}"]\nready = "notify"\nnotify-access = "all"')
    run.wait_out("^after$")
    assert run.running()


def test_a_service_that_dies_before_it_is_ready(lab):
    run = ready_pair(lab, 'command = ["@BOX@", "exit", "4"]\nready = "notify"')
    assert run.wait() == 4
    assert "after" not in run.stdout


def test_pidone_tells_its_own_manager(lab):
    """podman --sdnotify=container: READY=1 when all is ready, STOPPING=1 at the stop."""
    path = lab.tmp / "manager"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(path))
    manager.settimeout(5)
    path.chmod(0o666)
    run = lab.service({"web": READY["notify"]}, env={"NOTIFY_SOCKET": str(path)})
    seen = ""
    while "READY=1" not in seen:
        seen += manager.recv(4096).decode() + "\n"
    assert run.stop()[0] == 0
    while "STOPPING=1" not in seen:
        seen += manager.recv(4096).decode() + "\n"
    manager.close()


def test_the_manager_hears_nothing_before_readiness(lab):
    path = lab.tmp / "manager"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(path))
    manager.settimeout(5)
    run = lab.service({"web": NEVER["notify"]}, env={"NOTIFY_SOCKET": str(path)})
    run.wait_out("sent")
    settle(run.pid)
    assert run.running() and run.stop()[0] == 0
    seen = ""
    while "STOPPING=1" not in seen:
        seen += manager.recv(4096).decode() + "\n"
    assert "READY=1" not in seen
    manager.close()
