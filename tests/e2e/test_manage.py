# SPDX-License-Identifier: MIT
"""Services by hand: start, stop, restart, reload, signal and wait, who may use them, and what they say."""

import os
import re
import signal
import subprocess
import time

import pytest
from harness import PROMPT, SLOW, descriptors, settle, state_of, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
NO_JITTER = "[restart-policy]\njitter = 0\n"
CHAIN = {"db": SLEEPER, "web": SLEEPER + 'requires = ["db"]\n', "front": SLEEPER + 'requires = ["web"]\n',
         "other": SLEEPER}
NOTIFYING = ('command = ["/bin/sh", "-c", "while ! test -e @TMP@/go; do sleep 0.02; done; '
             '@BOX@ notify main READY=1; exec @BOX@ sleep 600"]\nready = "notify"\nnotify-access = "all"\n')


def states(lab, run):
    return {name: service["state"] for name, service in lab.services(run).items()}


def comes_up(lab, run):
    wait_until(lambda: lab.cli(run, "healthcheck").returncode == 0, 5, "health")


def started(lab, texts, settings=""):
    run = lab.service(texts, settings)
    comes_up(lab, run)
    return run


def says(done, text, code=0):
    assert (done.returncode, done.stdout, done.stderr) == (code, text, "")


def complains(done, text, out="", code=1):
    assert (done.returncode, done.stdout, done.stderr) == (code, out, text)


def client(lab, run, *args):
    """A client left running."""
    return lab.start_inside(run, [lab.pidone, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def inside(lab, run, script, *args, uid=None):
    """A Python script in the namespaces of a run, which ends by itself."""
    who = [] if uid is None else ["-S", str(uid), "-G", str(uid)]
    return subprocess.run(["nsenter", "-t", str(run.pid), "-p", "-m", "-n", *who, "--", "/usr/bin/python3", "-c", script, *args],
                          capture_output=True, text=True, timeout=20 * SLOW)


def test_a_restart_takes_what_requires_it_along_in_order(lab):
    run = started(lab, CHAIN)
    before = lab.services(run)
    done = lab.cli(run, "restart", "db")
    says(done, "restarting db also restarts front and web, which require it\ndb restarted, ready after "
         + re.search(r"after (\S+)\n", done.stdout).group(1) + "\n")
    comes_up(lab, run)
    after = lab.services(run)
    assert after["other"]["pid"] == before["other"]["pid"]
    assert all(after[name]["pid"] != before[name]["pid"] for name in ("db", "web", "front"))
    assert after["db"]["spawned"] <= after["web"]["spawned"] <= after["front"]["spawned"]
    ends = [line.split()[1] for line in run.stderr.splitlines() if "killed by SIGTERM" in line]
    assert ends == ["front:", "web:", "db:"]


def test_a_stopped_service_stays_stopped_and_what_requires_it_comes_back_with_it(lab):
    run = started(lab, CHAIN)
    done = lab.cli(run, "stop", "web")
    says(done, "stopping web also stops front, which requires it\nweb stopped\n")
    assert states(lab, run) == {"db": "up", "web": "stopped", "front": "waiting", "other": "up"}
    assert lab.cli(run, "healthcheck").returncode == 1
    done = lab.cli(run, "start", "web")
    assert done.returncode == 0 and done.stdout.startswith("web started, ready after ")
    comes_up(lab, run)
    assert set(states(lab, run).values()) == {"up"}


def test_starting_what_requires_a_stopped_service_starts_that_too(lab):
    run = started(lab, CHAIN)
    assert lab.cli(run, "stop", "db", "front").returncode == 0
    done = lab.cli(run, "start", "front")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "starting front also starts db, which it requires"
    comes_up(lab, run)


def test_a_container_whose_services_are_all_stopped_by_hand_lives_on(lab):
    run = started(lab, {"web": SLEEPER, "job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]\n'})
    says(lab.cli(run, "stop", "web"), "web stopped\n")
    settle(run.pid)
    assert run.running() and states(lab, run) == {"web": "stopped", "job": "done"}
    assert lab.cli(run, "start", "web").returncode == 0
    assert run.stop()[0] == 0


def test_stop_tells_the_end_when_it_took_a_kill(lab):
    run = started(lab, 'command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "100ms"\n')
    run.wait_out("ready")
    says(lab.cli(run, "stop", "web"), "web stopped (killed by SIGKILL)\n")


def test_stop_tells_the_end_when_it_was_no_success(lab):
    run = started(lab, 'command = ["/bin/sh", "-c", "trap \'exit 5\' TERM; echo in; sleep 600 & wait"]\n')
    run.wait_out("in")
    says(lab.cli(run, "stop", "web"), "web stopped (exited with status 5)\n")


def test_what_is_as_wished_already_is_said_and_left_alone(lab):
    run = started(lab, CHAIN)
    before = lab.services(run)["web"]["pid"]
    says(lab.cli(run, "start", "web"), "web is already up\n")
    assert lab.services(run)["web"]["pid"] == before
    lab.cli(run, "stop", "front")
    says(lab.cli(run, "stop", "front"), "front is already stopped\n")


def test_starting_what_requires_a_failed_service_starts_that_too_and_says_so(lab):
    run = lab.service({"db": 'command = ["/bin/sh", "-c", "test -e @TMP@/good || exit 3; exec @BOX@ sleep 600"]\n'
                             "essential = false\n",
                       "front": SLEEPER + 'requires = ["db"]\nessential = false\n', "other": SLEEPER})
    wait_until(lambda: states(lab, run)["front"] == "failed")
    (lab.tmp / "good").touch()
    done = lab.cli(run, "start", "front")
    assert done.stdout.splitlines()[0] == "starting front also starts db, which it requires"
    assert states(lab, run)["front"] == "up"
    assert run.stop()[0] == 0


def test_start_after_giving_up_counts_anew(lab):
    run = lab.service({"web": 'command = ["/bin/sh", "-c", "test -e @TMP@/good || exit 3; exec @BOX@ sleep 600"]\n'
                              'restart = "on-failure"\n' + NO_JITTER + 'delay = "1ms"\nmax-attempts = 2\ngive-up = "stop"\n',
                       "other": SLEEPER})
    wait_until(lambda: states(lab, run)["web"] == "failed")
    done = lab.cli(run, "start", "web")
    assert done.returncode == 1 and done.stdout == ""
    assert re.fullmatch(r"pidone: web did not start: exited with status 3 after \S+ \(gave up after 2 restarts\)\n", done.stderr)
    (lab.tmp / "good").touch()
    assert lab.cli(run, "start", "web").returncode == 0
    assert lab.services(run)["web"]["attempt"] == 0 and states(lab, run)["web"] == "up"


@pytest.mark.parametrize("command", ["start", "restart"])
def test_a_service_without_readiness_that_dies_at_once_has_not_started(lab, command):
    run = started(lab, {"web": 'command = ["/bin/sh", "-c", "test -e @TMP@/bad && exit 7; exec @BOX@ sleep 600"]\n'
                               'essential = false\n', "other": SLEEPER})
    if command == "start":
        lab.cli(run, "stop", "web")
    (lab.tmp / "bad").touch()
    done = lab.cli(run, command, "web")
    assert done.returncode == 1 and done.stdout == ""
    assert re.fullmatch(rf"pidone: web did not {command}: exited with status 7 after \S+\n", done.stderr)


def test_no_wait_returns_before_the_outcome(lab):
    run = lab.service({"slow": NOTIFYING, "stubborn": 'command = ["@BOX@", "stubborn", "15"]\n'})
    run.wait_out("ready")
    wait_until(lambda: states(lab, run)["stubborn"] == "up")
    says(lab.cli(run, "stop", "--no-wait", "stubborn"), "")
    assert states(lab, run)["stubborn"] == "stopping"
    says(lab.cli(run, "restart", "--no-wait", "slow"), "")


def test_timeout_says_what_it_still_waits_for(lab):
    run = lab.service({"slow": NOTIFYING + 'ready-timeout = "30s"\n', "other": SLEEPER})
    wait_until(lambda: states(lab, run)["slow"] == "starting")
    began = time.monotonic()
    done = lab.cli(run, "restart", "--timeout", "1500ms", "slow")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"pidone: slow did not restart: it is still starting; it has not said that it is ready "
                        r"\(ready-timeout in \S+\) \(--timeout 1\.5s is over\)\n", done.stderr)
    assert 1.5 <= time.monotonic() - began < PROMPT


def test_a_timeout_shorter_than_the_look_at_a_started_service_is_no_failure(lab):
    run = started(lab, {"web": SLEEPER, "other": SLEEPER})
    for command in ("start", "restart"):
        def succeeds(command=command):
            """On a busy machine it may not be up by then, which is another story."""
            lab.cli(run, "stop" if command == "start" else "start", "web")
            done = lab.cli(run, command, "--timeout", "150ms", "web")
            assert done.returncode == 0 or "still up" not in done.stderr, done.stderr
            return done.stdout.startswith(f"web {command}ed, ready after")
        wait_until(succeeds, what=f"a {command} within 150 ms")


def test_several_services_at_once_each_tell_their_outcome(lab):
    run = started(lab, {"one": SLEEPER, "two": SLEEPER, "three": SLEEPER})
    done = lab.cli(run, "stop", "one", "two")
    assert done.returncode == 0 and sorted(done.stdout.splitlines()) == ["one stopped", "two stopped"]
    done = lab.cli(run, "stop", "one", "three")
    says(done, "one is already stopped\nthree stopped\n")


def test_an_unknown_service_changes_nothing_and_a_close_one_is_suggested(lab):
    run = started(lab, CHAIN)
    complains(lab.cli(run, "stop", "web", "frnt"), "pidone: no service 'frnt' in this container; did you mean 'front'?\n")
    assert set(states(lab, run).values()) == {"up"}


def test_a_stopping_container_starts_nothing(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]\n')
    run.wait_out("ready")
    comes_up(lab, run)
    run.send(signal.SIGTERM)
    run.wait_err("stop")
    complains(lab.cli(run, "restart", "web"), "pidone: the container is stopping; nothing can be started any more\n")


INSTANCES = 'command = ["@BOX@", "siglog"]\ninstances = ["a", "b"]\nstop-timeout = "50ms"\n'


def test_a_name_means_all_instances_and_one_of_them_is_named_with_at(lab):
    run = started(lab, {"worker": INSTANCES, "other": SLEEPER})
    done = lab.cli(run, "stop", "worker@a")
    assert done.stdout.startswith("worker@a stopped") and states(lab, run)["worker@b"] == "up"
    done = lab.cli(run, "stop", "worker")
    assert [line.split(" (")[0] for line in done.stdout.splitlines()] == ["worker@a is already stopped", "worker@b stopped"]
    assert lab.cli(run, "start", "worker").returncode == 0
    assert list(lab.services(run, "worker")) == ["worker@a", "worker@b"]
    assert list(lab.services(run, "worker@b")) == ["worker@b"]


def test_signal_reaches_the_process_of_each_named_service(lab):
    run = started(lab, {"worker": INSTANCES, "other": 'command = ["@BOX@", "siglog"]\n'})
    wait_until(lambda: run.stdout.count("ready") == 3)
    pids = {name: service["pid"] for name, service in lab.services(run).items()}
    for count, word in enumerate(("USR1", "SIGUSR1", "10"), 1):
        says(lab.cli(run, "signal", word, "worker"), "")
        for pid in (pids["worker@a"], pids["worker@b"]):
            wait_until(lambda count=count, pid=pid: len(re.findall(rf"pid {pid} sig 10 ", run.stdout)) == count)
    says(lab.cli(run, "signal", "RTMIN+1", "worker@b"), "")
    run.wait_out(rf"pid {pids['worker@b']} sig 35 ")
    assert f"pid {pids['other']} sig" not in run.stdout and f"pid {pids['worker@a']} sig 35" not in run.stdout


def test_reload_sends_the_reload_signal_and_hup_without_one(lab):
    run = started(lab, {"web": 'command = ["@BOX@", "siglog"]\nreload-signal = "USR2"\n', "db": 'command = ["@BOX@", "siglog"]\n'})
    wait_until(lambda: run.stdout.count("ready") == 2)
    pids = {name: service["pid"] for name, service in lab.services(run).items()}
    says(lab.cli(run, "reload", "web", "db"), "")
    run.wait_out(rf"pid {pids['web']} sig 12 ")
    run.wait_out(rf"pid {pids['db']} sig 1 ")


def test_a_signal_to_what_is_not_running_goes_to_nobody(lab):
    run = started(lab, {"web": 'command = ["@BOX@", "siglog"]\n', "other": SLEEPER})
    run.wait_out("pid|ready")
    lab.cli(run, "stop", "other")
    for words in (["signal", "USR1", "web", "other"], ["reload", "web", "other"]):
        complains(lab.cli(run, *words), "pidone: 'other' is not running\n")
    says(lab.cli(run, "signal", "USR2", "web"), "")
    run.wait_out("sig 12 ")
    assert "sig 10 " not in run.stdout and "sig 1 " not in run.stdout


def test_another_user_may_read_and_not_change(lab):
    run = started(lab, CHAIN)
    for words in (["status"], ["healthcheck"], ["why", "web"], ["analyze"], ["wait", "--for", "ready", "web"]):
        assert lab.cli(run, *words, uid=65534).returncode == 0, words
    refusal = "pidone: only root and the user of pid 1 may change a service; use 'docker exec -u 0'\n"
    for words in (["stop", "web"], ["start", "web"], ["restart", "web"], ["reload", "web"], ["signal", "KILL", "web"]):
        complains(lab.cli(run, *words, uid=65534), refusal)
    assert set(states(lab, run).values()) == {"up"}


def test_the_user_of_pid_1_may_change(lab):
    run = lab.service(CHAIN, ns=["--uid", 12345, "--gid", 12345])
    wait_until(lambda: lab.cli(run, "healthcheck", uid=12345).returncode == 0)
    assert lab.cli(run, "stop", "front", uid=12345).returncode == 0
    assert lab.cli(run, "start", "front", uid=0).returncode == 0
    assert lab.cli(run, "stop", "front", uid=65534).returncode == 1


def test_wait_for_each_goal(lab):
    run = lab.service({"slow": NOTIFYING, "job": 'type = "oneshot"\ncommand = ["/bin/sh", "-c", "while ! test -e @TMP@/end; do '
                       'sleep 0.02; done"]\n', "other": SLEEPER})
    wait_until(lambda: states(lab, run) == {"slow": "starting", "job": "starting", "other": "up"})
    settle(run.pid)
    before = len(descriptors(run.pid))
    waiters = {goal: client(lab, run, "wait", "--for", goal, name)
               for goal, name in (("ready", "slow"), ("done", "job"), ("stopped", "other"))}
    wait_until(lambda: len(descriptors(run.pid)) == before + 3, what="three clients that wait")
    complains(lab.cli(run, "wait", "--for", "done", "--timeout", "100ms", "job"),
              "pidone: job did not succeed: it is still starting; it is not over (--timeout 100ms is over)\n")
    assert all(waiter.poll() is None for waiter in waiters.values())
    (lab.tmp / "go").touch()
    (lab.tmp / "end").touch()
    lab.cli(run, "stop", "other")
    heard = {goal: waiter.communicate(timeout=10 * SLOW)[0] for goal, waiter in waiters.items()}
    assert heard["ready"].startswith("slow is ready after ")
    assert heard["done"].startswith("job is done: exited with status 0 after ")
    assert heard["stopped"] == "other stopped\n"
    assert all(waiter.returncode == 0 for waiter in waiters.values())


def test_wait_ends_when_the_goal_cannot_be_reached(lab):
    run = started(lab, CHAIN)
    lab.cli(run, "stop", "web")
    complains(lab.cli(run, "wait", "--for", "ready", "web"),
              "pidone: web did not become ready: stopped by hand; 'pidone start web' starts it\n")


@pytest.mark.parametrize("args", [["stop"], ["signal", "NOPE", "web"], ["signal", "USR1"], ["wait", "web"], ["why"],
                                  ["wait", "--for", "lunch", "web"], ["start", "--timeout", "soon", "web"],
                                  ["analyze", "web"], ["graph", "--format", "png"]], ids=" ".join)
def test_usage_errors(lab, args):
    done = lab.local(*args)
    assert done.returncode == 64 and done.stdout == "" and done.stderr.startswith(f"pidone: {args[0]}: ")


def test_a_thousand_connections_leave_pid_1_as_it_was(lab):
    run = started(lab, CHAIN)
    settle(run.pid)
    before = len(descriptors(run.pid))
    script = ("import socket\nheld=[]\nfor n in range(1000):\n"
              " s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\n s.connect('/run/pidone/control')\n held.append(s)\nprint('all in')\n")
    done = inside(lab, run, script)
    assert done.stdout == "all in\n", done.stderr
    wait_until(lambda: len(descriptors(run.pid)) == before, what="the descriptors of before")
    assert lab.cli(run, "status").returncode == 0


def test_idle_connections_keep_nobody_out(lab):
    run = started(lab, CHAIN)
    script = ("import signal,socket\nheld=[]\nfor n in range(64):\n s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\n"
              " s.connect('/run/pidone/control')\n held.append(s)\nsignal.pause()\n")
    settle(run.pid)
    before = len(descriptors(run.pid))
    lab.start_inside(run, ["/usr/bin/python3", "-c", script])
    wait_until(lambda: len(descriptors(run.pid)) == before + 16, what="sixteen taken places")
    assert lab.cli(run, "stop", "front").returncode == 0
    assert states(lab, run)["front"] == "stopped"


def test_half_a_packet_is_a_bad_request(lab):
    run = started(lab, CHAIN)
    script = ("import socket,struct\nfull=struct.pack('=IHHHHIqIHHQ',0x314e4450,2,1,3,0,0,0,1,2,0,0)+b'web'.ljust(1024,b'\\0')\n"
              "for size in (0,1,7,8,40,100,1063,1065):\n"
              " s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\n s.connect('/run/pidone/control')\n"
              " s.send((full+b'x')[:size])\n reply=s.recv(2000)\n"
              " print(size,len(reply),struct.unpack_from('=H',reply,8)[0] if reply else None)\n"
              "s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.connect('/run/pidone/control')\n"
              "s.send(full)\nreply=s.recv(2000)\nprint(len(full),len(reply),struct.unpack_from('=H',reply,6)[0])\n")
    done = inside(lab, run, script)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["0 0 None"] + [f"{size} 74 3" for size in (1, 7, 8, 40, 100, 1063, 1065)] + ["1064 1040 20"]
    wait_until(lambda: states(lab, run)["web"] == "stopped")


def test_a_client_that_asks_on_and_on_and_never_reads_is_dropped(lab):
    run = started(lab, CHAIN)
    script = ("import socket,struct\nask=struct.pack('=IHHHHIqIHHQ',0x314e4450,2,1,2,0,0,0,0,0,0,0)+bytes(1024)\n"
              "s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.connect('/run/pidone/control')\n"
              "s.settimeout(5)\ntry:\n for n in range(100000): s.send(ask)\nexcept OSError as error: print(error.errno)\n")
    done = inside(lab, run, script)
    assert done.stdout in ("32\n", "104\n"), (done.stdout, done.stderr)
    assert lab.cli(run, "status").returncode == 0


def test_a_process_of_another_pid_namespace_cannot_change_anything(lab):
    run = lab.service(CHAIN, ns=["--ro", "/run"])
    comes_up(lab, run)
    name = "@pidone-" + "-".join(str(os.stat(f"/proc/{run.pid}/ns/{kind}").st_ino) for kind in ("mnt", "pid"))
    script = ("import socket,struct,sys\nfull=struct.pack('=IHHHHIqIHHQ',0x314e4450,2,1,3,0,0,0,1,2,0,0)+b'web'.ljust(1024,b'\\0')\n"
              "s=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.connect('\\0'+sys.argv[1][1:])\n"
              "try: s.send(full)\nexcept OSError: pass\n"
              "try: reply=s.recv(2000)\nexcept ConnectionResetError: reply=s.recv(2000)\n"
              "print(len(reply),struct.unpack_from('=HH',reply,6))\n")
    done = subprocess.run(["nsenter", "-t", str(run.pid), "-n", "--", "/usr/bin/python3", "-c", script, name],
                          capture_output=True, text=True, timeout=20 * SLOW)
    assert done.stdout == "74 (16, 5)\n", done.stderr
    assert set(states(lab, run).values()) == {"up"}


def test_a_client_that_is_killed_while_it_waits_leaves_nothing_behind(lab):
    run = lab.service({"slow": NOTIFYING, "other": SLEEPER})
    wait_until(lambda: states(lab, run)["slow"] == "starting")
    settle(run.pid)
    before = len(descriptors(run.pid))
    waiter = client(lab, run, "start", "slow")
    wait_until(lambda: len(descriptors(run.pid)) == before + 1)
    os.killpg(waiter.pid, signal.SIGKILL)
    wait_until(lambda: len(descriptors(run.pid)) == before)
    wait_until(lambda: state_of(run.pid) == "S", what="rest")


def test_a_stop_of_what_is_down_already_touches_nothing(lab):
    run = started(lab, {"fast": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]\n', "dep": SLEEPER + 'requires = ["fast"]\n'})
    says(lab.cli(run, "stop", "fast"), "fast is already done\n")
    assert states(lab, run) == {"fast": "done", "dep": "up"}


def test_a_service_named_twice_is_said_once(lab):
    run = started(lab, CHAIN)
    assert lab.cli(run, "restart", "web", "web").stdout.splitlines()[0] == "restarting web also restarts front, which requires it"


def test_what_the_end_of_the_container_stops_is_not_done(lab):
    slow = 'command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "60s"\n'
    run = started(lab, {"db": slow, "web": SLEEPER + 'requires = ["db"]\n',
                        "job": 'type = "oneshot"\ncommand = ["@BOX@", "sleep", "600"]\nschedule = "every 1h"\nrequires = ["db"]\n'})
    assert lab.cli(run, "start", "--no-wait", "job").returncode == 0
    wait_until(lambda: states(lab, run)["job"] == "starting", what="the job")
    waiter = client(lab, run, "wait", "--for", "done", "web")
    os.kill(run.pid, signal.SIGTERM)
    wait_until(lambda: states(lab, run)["job"] == "stopped", what="the end of the job")
    assert states(lab, run)["web"] == "stopped"
    assert waiter.communicate(timeout=5)[1] == "pidone: web did not succeed: it was stopped\n" and waiter.returncode == 1
