# SPDX-License-Identifier: MIT
"""The control socket: status, healthcheck and --wait from a second process, and who may talk to whom."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from harness import PROMPT, SLOW, descriptors, settle, status_field, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
GATED = ('command = ["/bin/sh", "-c", "echo up; while ! test -e @TMP@/go; do sleep 0.02; done; '
         '@BOX@ notify main READY=1; exec sleep 600"]\nready = "notify"\nnotify-access = "all"\n')
DYING = 'command = ["/bin/sh", "-c", "echo up; while ! test -e @TMP@/die; do sleep 0.02; done; exit 9"]\n'


def healthy(lab, run):
    wait_until(lambda: lab.cli(run, "healthcheck").returncode == 0, 5, "health")


def gated(lab):
    """A run whose service is there and not ready; the socket is opened behind its first fork."""
    run = lab.service(GATED)
    run.wait_out("up")
    lab.services(run)
    return run


def background(lab, run, *args):
    """A client left running; returns the process and when it was started."""
    process = lab.start_inside(run, [lab.pidone, *args])
    process.began = time.monotonic()
    return process


def waiting(lab, run, *args):
    """A client that PID 1 has let in and not answered: the descriptor is all there is to be seen of it."""
    settle(run.pid)
    before = len(descriptors(run.pid))
    process = background(lab, run, *args)
    wait_until(lambda: len(descriptors(run.pid)) == before + 1, 5, "the client's descriptor in PID 1")
    return process


def finish(process, timeout=10):
    code = process.wait(timeout * SLOW)
    return code, time.monotonic() - process.began


def test_status_shows_each_service(lab):
    run = lab.service({"web": SLEEPER, "db": SLEEPER})
    run.wait_out("ready")
    healthy(lab, run)
    done = lab.cli(run, "status")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("healthy")
    assert re.search(r"^web\s+\S+\s+\d+\s", done.stdout, re.M) and re.search(r"^db\s+\S+\s+\d+\s", done.stdout, re.M)


def test_status_json(lab):
    run = lab.service({"web": SLEEPER, "job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]'})
    healthy(lab, run)
    wait_until(lambda: lab.services(run)["job"]["last_exit"])
    seen = status(lab, run)
    services = {s["name"]: s for s in seen["services"]}
    assert (seen["mode"], seen["health"]) == ("service", "healthy")
    assert seen["uptime"] > 0 and re.match(r"\d+\.\d+", seen["version"])
    assert services["job"]["last_exit"] == {"code": 0} and services["job"]["pid"] is None
    assert services["web"]["pid"] == int(status_field(run.children()[0], "NSpid").split()[-1])


def status(lab, run, **kw):
    return json.loads(lab.cli(run, "status", "--json", **kw).stdout)


def test_status_text_of_a_service_is_shown_and_tamed(lab):
    run = lab.service('command = ["@BOX@", "notify", "main", "READY=1\\nSTATUS=a\\u001b[31mb", "stay"]\nready = "notify"')
    run.wait_out("sent")
    wait_until(lambda: "a?[31mb" in lab.cli(run, "status").stdout)
    assert status(lab, run)["services"][0]["status_text"] == "a\x1b[31mb"


def test_health_goes_from_starting_to_healthy(lab):
    run = gated(lab)
    done = lab.cli(run, "healthcheck")
    assert done.returncode == 1 and "starting" in done.stdout + done.stderr
    (lab.tmp / "go").touch()
    healthy(lab, run)


def test_health_of_one_service(lab):
    run = lab.service({"web": GATED, "db": SLEEPER})
    run.wait_out("up")
    wait_until(lambda: lab.cli(run, "healthcheck", "db").returncode == 0)
    assert lab.cli(run, "healthcheck", "web").returncode == 1
    unknown = lab.cli(run, "healthcheck", "wbe")
    assert unknown.returncode not in (0,) and "'wbe'" in unknown.stderr


def test_health_is_unhealthy_after_a_failure_that_does_not_end_the_container(lab):
    run = lab.service({"web": DYING + "essential = false", "db": SLEEPER})
    healthy(lab, run)
    (lab.tmp / "die").touch()
    wait_until(lambda: lab.cli(run, "healthcheck").returncode == 1)
    assert "unhealthy" in lab.cli(run, "healthcheck").stdout


def test_health_is_stopping_during_a_stop(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]')
    run.wait_out("ready")
    healthy(lab, run)
    run.send(signal.SIGTERM)
    run.wait_err("stop")
    done = lab.cli(run, "healthcheck")
    assert done.returncode == 1 and "stopping" in done.stdout + done.stderr


def test_wait_while_starting_ends_with_readiness(lab):
    run = gated(lab)
    first = waiting(lab, run, "healthcheck", "--wait", "60s")
    (lab.tmp / "go").touch()
    code, took = finish(first)
    assert code == 0 and took < PROMPT


def test_wait_while_starting_gives_1_at_its_end(lab):
    run = gated(lab)
    code, took = finish(background(lab, run, "healthcheck", "--wait", "400ms"))
    assert code == 1 and 0.4 <= took < PROMPT


def test_wait_answers_at_once_first_and_then_waits_for_a_change(lab):
    run = lab.service({"web": DYING + "essential = false", "db": SLEEPER})
    healthy(lab, run)
    code, took = finish(background(lab, run, "healthcheck", "--wait", "60s"))
    assert code == 0 and took < PROMPT
    code, took = finish(background(lab, run, "healthcheck", "--wait", "500ms"))
    assert code == 0 and 0.5 <= took < PROMPT
    third = waiting(lab, run, "healthcheck", "--wait", "60s")
    (lab.tmp / "die").touch()
    code, took = finish(third)
    assert code == 1 and took < PROMPT
    code, took = finish(background(lab, run, "healthcheck", "--wait", "60s"))
    assert code == 1 and took < PROMPT


def test_wait_answers_at_once_after_a_pause(lab):
    """Docker calls a container that it pauses unhealthy, and asks anew when it goes on."""
    run = lab.service(SLEEPER)
    healthy(lab, run)
    code, took = finish(background(lab, run, "healthcheck", "--wait", "60s"))
    assert code == 0 and took < PROMPT
    waiting(lab, run, "healthcheck", "--wait", "60s")
    os.kill(run.pid, signal.SIGSTOP)
    settle(run.pid)
    os.kill(run.pid, signal.SIGCONT)
    code, took = finish(background(lab, run, "healthcheck", "--wait", "60s"))
    assert code == 0 and took < PROMPT


def test_a_waiting_client_does_not_hold_the_stop(lab):
    run = lab.service(SLEEPER)
    healthy(lab, run)
    lab.cli(run, "healthcheck", "--wait", "1s")
    waiting(lab, run, "healthcheck", "--wait", "60s")
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def test_a_waiting_client_costs_no_descriptor_after_its_end(lab):
    run = gated(lab)
    settle(run.pid)
    before = len(descriptors(run.pid))
    for _ in range(20):
        client = background(lab, run, "healthcheck", "--wait", "60s")
        wait_until(lambda: len(descriptors(run.pid)) == before + 1)
        os.killpg(client.pid, signal.SIGKILL)
        wait_until(lambda: len(descriptors(run.pid)) == before)


def test_the_seventeenth_client_is_told_busy(lab):
    run = gated(lab)
    settle(run.pid)
    base = len(descriptors(run.pid))
    for count in range(16):
        background(lab, run, "healthcheck", "--wait", "60s")
        wait_until(lambda count=count: len(descriptors(run.pid)) == base + count + 1)
    done = lab.cli(run, "status")
    assert done.returncode != 0 and "busy" in done.stderr
    os.killpg(lab.helpers[0].pid, signal.SIGKILL)
    wait_until(lambda: lab.cli(run, "status").returncode == 0)


def test_healthcheck_in_command_mode_is_0(lab):
    run = lab.command([lab.box, "sleep", 600])
    run.wait_out("ready")
    assert lab.cli(run, "healthcheck").returncode == 0
    assert lab.cli(run, "healthcheck", "--wait", "100ms").returncode == 0


def test_what_command_mode_does_not_have_is_said(lab):
    run = lab.command([lab.box, "sleep", 600])
    run.wait_out("ready")
    done = lab.cli(run, "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pidone: status: PID 1 is in command mode and has no control socket\n"
    done = lab.cli(run, "healthcheck", "web")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pidone: healthcheck: PID 1 is in command mode and has no service 'web'\n"


def test_everybody_may_read(lab):
    run = lab.service(SLEEPER)
    healthy(lab, run)
    assert lab.cli(run, "healthcheck", uid=65534).returncode == 0
    assert lab.cli(run, "status", uid=65534).returncode == 0


def test_a_client_without_a_server_says_so(lab):
    done = lab.local("status", "--control", lab.tmp / "none")
    assert done.returncode == 1 or done.returncode == 71
    assert str(lab.tmp / "none") in done.stderr
    assert lab.local("healthcheck", "--control", str(lab.tmp / "none")).returncode == 1


@pytest.mark.parametrize("args", [["status", "--nope"], ["healthcheck", "--wait"], ["healthcheck", "--wait", "soon"]])
def test_client_usage_errors(lab, args):
    done = lab.local(*args)
    assert done.returncode == 64 and done.stdout == ""


def test_control_switched_off(lab):
    run = lab.service({"web": SLEEPER}, 'control = ""')
    run.wait_out("ready")
    assert lab.cli(run, "status").returncode != 0
    assert run.running()


def test_control_at_another_place(lab):
    run = lab.service({"web": SLEEPER}, f'control = "{lab.tmp}/ctl"')
    wait_until(lambda: lab.cli(run, "status", "--control", str(lab.tmp / "ctl")).returncode == 0)
    assert lab.cli(run, "status", env={"PIDONE_CONTROL": str(lab.tmp / "ctl")}).returncode == 0


def test_a_stale_socket_is_replaced(lab):
    for _ in range(2):
        run = lab.service({"web": SLEEPER}, f'control = "{lab.tmp}/ctl"')
        run.wait_out("ready")
        wait_until(lambda run=run: lab.cli(run, "status", "--control", str(lab.tmp / "ctl")).returncode == 0)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()


@pytest.mark.parametrize("hide", [["--ro", "/run"], ["--ro-root", "--ro", "/run"]], ids=" ".join)
def test_without_a_writable_path_the_socket_is_abstract(lab, hide):
    run = lab.service(SLEEPER, ns=hide)
    run.wait_out("ready")
    healthy(lab, run)
    assert "web" in lab.cli(run, "status").stdout


def test_two_containers_in_one_network_namespace_do_not_meet(lab):
    runs = {name: lab.service({name: SLEEPER}, ns=["--ro", "/run"]) for name in ("one", "two")}
    for name, run in runs.items():
        run.wait_out("ready")
        healthy(lab, run)
    for name, run in runs.items():
        assert [s["name"] for s in status(lab, run)["services"]] == [name]


def test_a_client_refuses_a_server_of_another_pid_namespace(lab):
    run = lab.service(SLEEPER)
    healthy(lab, run)
    done = lab.cli(run, "status", namespaces=("-m", "-n"))
    assert done.returncode != 0 and "web" not in done.stdout


def test_any_uid_has_a_control_socket(lab):
    run = lab.service(SLEEPER, ns=["--uid", 12345, "--gid", 12345])
    run.wait_out("ready")
    wait_until(lambda: lab.cli(run, "healthcheck", uid=12345).returncode == 0)


def test_garbage_on_the_control_socket_is_harmless(lab):
    run = lab.service(SLEEPER)
    healthy(lab, run)
    script = ("import socket,os\nfor n in range(200):\n s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\n"
              " s.connect('/run/pidone/control')\n"
              " try: s.send(os.urandom(n*7%4000+1))\n except OSError: pass\n s.close()\n")
    done = subprocess.run(["nsenter", "-t", str(run.pid), "-p", "-m", "--", "/usr/bin/python3", "-c", script],
                          capture_output=True, text=True, timeout=20 * SLOW)
    assert done.returncode == 0, done.stderr
    assert lab.cli(run, "status").returncode == 0


def test_a_client_that_never_reads_does_not_block_pid_1(lab):
    run = lab.service(SLEEPER)
    healthy(lab, run)
    script = ("import signal,socket\ns=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\n"
              "s.connect('/run/pidone/control')\nprint('in',flush=True)\nsignal.pause()\n")
    lab.start_inside(run, ["/usr/bin/python3", "-c", script])
    wait_until(lambda: lab.cli(run, "status").returncode == 0)
    code, took = run.stop()
    assert code == 0 and took < PROMPT
