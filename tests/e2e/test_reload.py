# SPDX-License-Identifier: MIT
"""`pidone reload` and HUP: only what differs is touched, what is wrong changes nothing, and nothing is lost or leaked."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from harness import SANITIZED, descriptors, read_proc, settle, status_field, wait_until

REST = 'command = ["/bin/sh", "-c", "exec sleep 600 {}"]\n'
# A stop of it takes until @TMP@/go is there.
GATE = """before-stop.command = ["/bin/sh", "-c", "until test -e @TMP@/go; do sleep 0.02; done"]\n"""
LOUD = "command = ['/bin/sh', '-c', '''i=0; while [ $i -lt {n} ]; do i=$((i+1)); echo line $i; done; exec sleep 600''']\n"


def up(lab, services, settings="", *options, **kw):
    """A run whose services are up."""
    run = lab.service({name: lab.fill(text) for name, text in services.items()}, settings, *options, **kw)
    wait_until(lambda: healthy(lab, run), 10, "the start")
    return run


def healthy(lab, run):
    return lab.cli(run, "healthcheck").returncode == 0


def pump_of(run):
    return next((pid for pid, name in run.tree().items() if name == "pidone-log"), None)


def pids(lab, run):
    return {name: service["pid"] for name, service in lab.services(run).items()}


def write(lab, name, text):
    (lab.conf / f"{name}.toml").write_text(lab.fill(text))


def reload(lab, run, *args, code=0):
    done = lab.cli(run, "reload", *args, timeout=20)
    assert done.returncode == code, (done.stdout, done.stderr, run.stderr)
    return done


def test_only_what_differs_is_touched(lab):
    run = up(lab, {"web": REST.format(1), "old": REST.format(2), "db": REST.format(3), "log": REST.format(4)})
    before = pids(lab, run)
    write(lab, "web", REST.format("1 1"))
    write(lab, "cache", REST.format(5))
    (lab.conf / "old.toml").unlink()
    assert reload(lab, run).stdout == "reloaded: web changed, cache new, old gone; 2 unchanged\n"
    wait_until(lambda: healthy(lab, run))
    after = pids(lab, run)
    assert sorted(after) == ["cache", "db", "log", "web"]
    assert after["db"] == before["db"] and after["log"] == before["log"]
    assert after["web"] not in (before["web"], 0, None) and after["cache"]
    assert lab.services(run)["web"]["restarts"] == 1
    run.wait_err(r"^pidone: reloaded: web changed, cache new, old gone; 2 unchanged$")
    run.wait_err(r"^pidone: old: stops, because its file changed or is gone \(reload\)$")
    assert run.stop()[0] == 0


def test_nothing_differs_and_nothing_happens(lab):
    run = up(lab, {"web": REST.format(1), "db": REST.format(2)})
    before = pids(lab, run)
    assert reload(lab, run).stdout == "nothing to reload: nothing changed; 2 unchanged\n"
    assert pids(lab, run) == before
    assert run.stop()[0] == 0


def test_what_requires_a_changed_service_goes_first_and_comes_back_with_it(lab):
    services = {"db": REST.format(1) + 'before-stop.command = ["/bin/sh", "-c", "echo db goes"]\n',
                "php": REST.format(2) + 'requires = ["db"]\nbefore-stop.command = ["/bin/sh", "-c", "echo php goes"]\n',
                "web": REST.format(3) + 'requires = ["php"]\nbefore-stop.command = ["/bin/sh", "-c", "echo web goes"]\n',
                "cron": REST.format(4) + 'after = ["db"]\n'}
    run = up(lab, services)
    before = pids(lab, run)
    write(lab, "db", services["db"].replace("exec sleep 600", "echo db is new; exec sleep 600"))
    assert reload(lab, run).stdout == "reloaded: db changed; 3 unchanged\n"
    run.wait_out("^db is new$")
    wait_until(lambda: healthy(lab, run))
    words = re.findall(r"^\w+ (?:goes|is new)$", run.stdout, re.M)
    assert words == ["web goes", "php goes", "db goes", "db is new"]
    after = pids(lab, run)
    assert after["cron"] == before["cron"]
    assert all(after[name] != before[name] for name in ("db", "php", "web"))
    assert lab.services(run)["web"]["state"] == "up"
    assert run.stop()[0] == 0


@pytest.mark.parametrize("text,reason", [
    ("command = 3\n", r"web\.toml:1:11: error: "),
    ('command = ["x"]\nrequires = ["db"]\n', "cycle|each other"),
    ('command = ["x"]\nrequires = ["nobody"]\n', "no service 'nobody'|'nobody'"),
])
def test_a_wrong_file_changes_nothing_and_says_why(lab, text, reason):
    run = up(lab, {"web": REST.format(1), "db": REST.format(2) + 'requires = ["web"]\n'})
    before = pids(lab, run)
    write(lab, "web", text)
    done = reload(lab, run, code=1)
    assert done.stderr.startswith("pidone: nothing was reloaded:\n")
    assert re.search(reason, done.stderr), done.stderr
    assert "pidone: 1 error, nothing was changed" in done.stderr
    run.wait_err(reason)
    run.wait_err("^pidone: error: nothing was reloaded: ")
    assert pids(lab, run) == before
    write(lab, "web", REST.format(1))
    assert reload(lab, run).stdout.startswith("nothing to reload")
    assert run.stop()[0] == 0


@pytest.mark.parametrize("text,reason", [
    ('command = ["/usr/bin/slepp"]\n', r"web\.toml:1:11: error: program '/usr/bin/slepp' does not exist\n"),
    ('type = "oneshot"\nschedule = "0 3 * * *"\ntimezone = "Mars/X"\n' + REST.format(1),
     r"web\.toml:3:12: error: timezone 'Mars/X': /usr/share/zoneinfo/Mars/X: no such file or directory "
     r"\(Debian's package tzdata brings the time zones\)\n"),
    (REST.format(1) + 'user = "nouser"\n', r"web\.toml:2:8: error: no user 'nouser' in /etc/passwd\n"),
])
@pytest.mark.parametrize("by_hup", [False, True])
def test_what_check_would_refuse_changes_nothing(lab, text, reason, by_hup):
    run = up(lab, {"web": REST.format(1), "db": REST.format(2)}, "reload-on-hup = true\n")
    before = pids(lab, run)
    write(lab, "web", text)
    if by_hup:
        run.send(signal.SIGHUP)
    else:
        assert re.search(reason, reload(lab, run, code=1).stderr)
    run.wait_err("^pidone: error: nothing was reloaded: ")
    assert re.search(reason, run.stderr) and "pidone: 1 error, nothing was changed\n" in run.stderr
    assert pids(lab, run) == before
    assert run.stop()[0] == 0


def test_a_service_that_stays_is_not_looked_at(lab):
    shutil.copy("/bin/sleep", lab.tmp / "program")
    run = up(lab, {"web": 'command = ["@TMP@/program", "600"]\n'})
    before = pids(lab, run)
    (lab.tmp / "program").unlink()
    write(lab, "cache", REST.format(2))
    assert reload(lab, run).stdout == "reloaded: cache new; 1 unchanged\n"
    assert pids(lab, run)["web"] == before["web"]
    assert run.stop()[0] == 0


def test_a_directory_that_is_gone_changes_nothing(lab):
    run = up(lab, {"web": REST.format(1)})
    before = pids(lab, run)
    shutil.rmtree(lab.conf)
    assert "no such file or directory" in reload(lab, run, code=1).stderr
    assert pids(lab, run) == before
    assert run.stop()[0] == 0


def test_too_few_descriptors_change_nothing(lab):
    run = up(lab, {"web": REST.format(1)})
    subprocess.run(["prlimit", "--pid", str(run.pid), "--nofile=64:64"], check=True)
    before = pids(lab, run)
    for number in range(20):
        write(lab, f"more{number}", REST.format(number))
    assert "descriptors" in reload(lab, run, code=1).stderr
    assert pids(lab, run) == before
    assert run.stop()[0] == 0


def test_settings_of_the_container_apply_and_the_socket_stays(lab):
    run = up(lab, {"web": REST.format(1)})
    before = pids(lab, run)
    write(lab, "pidone", 'log-format = "json"\nlinger = "100ms"\ncontrol = "/run/elsewhere"\n')
    assert reload(lab, run).stdout == "reloaded: linger, log-format set; 1 unchanged\n"
    assert pids(lab, run) == before
    run.wait_err("'control' of pidone.toml counts from the next start on")
    event = json.loads(run.wait_err(r'^\{.*"event":"reloaded".*$').group(0))
    assert event["settings"] == "linger, log-format" and event["unchanged"] == 1 and event["changed"] == ""
    assert run.stop()[0] == 0


@pytest.mark.parametrize("on", [True, False])
def test_hup_reloads_when_it_is_asked_to(lab, on):
    run = up(lab, {"web": REST.format(1)}, f"reload-on-hup = {'true' if on else 'false'}\n")
    write(lab, "cache", REST.format(2))
    run.send(signal.SIGHUP)
    if on:
        run.wait_err("^pidone: reloaded: cache new; 1 unchanged$")
    else:
        run.wait_err("SIGHUP dropped")
        assert list(pids(lab, run)) == ["web"]
    assert run.stop()[0] == 0


def test_a_hup_during_a_reload_is_remembered(lab):
    run = up(lab, {"web": REST.format(1) + GATE}, "reload-on-hup = true\n")
    write(lab, "web", REST.format("1 1"))
    run.send(signal.SIGHUP)
    run.wait_err("web: stops, because its file changed")
    write(lab, "late", REST.format(2))
    run.send(signal.SIGHUP)
    settle(run.pid)
    (lab.tmp / "go").touch()
    run.wait_err("^pidone: reloaded: web changed; 0 unchanged$")
    run.wait_err("^pidone: reloaded: late new; 1 unchanged$")
    assert run.stop()[0] == 0


def test_two_reloads_at_once_are_one_and_a_reason(lab):
    run = up(lab, {"web": REST.format(1) + GATE})
    write(lab, "web", REST.format("1 1"))
    assert reload(lab, run, "--no-wait").stdout == ""
    run.wait_err("web: stops, because its file changed")
    assert "another reload is under way" in reload(lab, run, code=1).stderr
    refused = lab.cli(run, "restart", "web")
    assert refused.returncode == 1 and "a reload is under way" in refused.stderr
    (lab.tmp / "go").touch()
    run.wait_err("^pidone: reloaded: web changed; 0 unchanged$")
    assert run.stop()[0] == 0


def test_a_wait_that_is_over_leaves_the_reload_on_its_way(lab):
    run = up(lab, {"web": REST.format(1) + GATE})
    write(lab, "web", REST.format("1 1"))
    assert "goes on" in reload(lab, run, "--timeout", "50ms", code=1).stderr
    (lab.tmp / "go").touch()
    run.wait_err("^pidone: reloaded: web changed; 0 unchanged$")
    assert run.stop()[0] == 0


def test_another_user_may_not(lab):
    run = up(lab, {"web": REST.format(1)})
    write(lab, "web", REST.format("1 1"))
    done = lab.cli(run, "reload", uid=65534)
    assert done.returncode == 1 and "only root" in done.stderr
    assert "reloaded" not in run.stderr
    assert run.stop()[0] == 0


def test_a_stop_meanwhile_goes_first(lab):
    run = up(lab, {"web": REST.format(1) + GATE, "db": REST.format(2)})
    write(lab, "web", REST.format("1 1"))
    answer = []
    client = threading.Thread(target=lambda: answer.append(lab.cli(run, "reload", timeout=20)))
    client.start()
    run.wait_err("web: stops, because its file changed")
    run.send(signal.SIGTERM)
    client.join()
    (lab.tmp / "go").touch()
    assert run.wait() == 0
    assert answer[0].returncode == 1 and "the container stops" in answer[0].stderr
    assert "reloaded: web" not in run.stderr


def test_a_reload_that_ends_the_container_tells_why(lab):
    held = "trap '' TERM; until test -e @TMP@/go; do sleep 0.02; done"  # until then the client may read its answer
    run = lab.service({"db": 'command = ["@BOX@", "exit", "3"]\nessential = false\n',
                       "log": f'command = ["/bin/sh", "-c", "{held}"]\n'})
    wait_until(lambda: lab.services(run)["db"]["state"] == "failed")
    write(lab, "web", REST.format(1) + 'requires = ["db"]\n')
    assert reload(lab, run).stdout == "reloaded: web new; 2 unchanged\n"
    (lab.tmp / "go").touch()
    assert run.wait() == 3
    assert "web: error: cannot run, because 'db', which it requires, failed" in run.stderr


def test_the_end_of_the_container_goes_before_a_reload_that_reads(lab):
    run = up(lab, {"web": "command = ['/bin/sh', '-c', 'while [ ! -e @TMP@/go ]; do sleep 0.05; done']\n"
                          "essential = false\n"})
    for number in range(1000):
        write(lab, f"more{number}", "command = 3\n" + 1000 * "# so that it takes its time\n")
    assert reload(lab, run, "--no-wait").stdout == ""
    loader = wait_until(lambda: [pid for pid, name in run.tree().items() if name == "pidone-reload"])[0]
    os.kill(loader, signal.SIGSTOP)
    (lab.tmp / "go").touch()
    assert run.wait() == 0
    assert "nothing was reloaded: the container stops" in run.stderr


def test_a_reload_in_the_middle_of_a_start(lab):
    slow = REST.format(1) + 'ready = "file:@TMP@/ready"\n'
    run = lab.service({"db": slow, "web": REST.format(2) + 'requires = ["db"]\n'})
    db = wait_until(lambda: pids(lab, run)["db"])
    write(lab, "web", REST.format("2 2") + 'requires = ["db"]\n')
    write(lab, "cache", REST.format(3))
    assert reload(lab, run).stdout == "reloaded: web changed, cache new; 1 unchanged\n"
    assert pids(lab, run)["db"] == db and lab.services(run)["web"]["state"] == "waiting"
    (lab.tmp / "ready").touch()
    wait_until(lambda: healthy(lab, run))
    assert run.stop()[0] == 0


def test_what_somebody_stopped_stays_stopped(lab):
    run = up(lab, {"web": REST.format(1), "db": REST.format(2)})
    assert lab.cli(run, "stop", "db").returncode == 0
    write(lab, "web", REST.format("1 1"))
    reload(lab, run)
    assert lab.services(run)["db"]["state"] == "stopped"
    write(lab, "db", REST.format("2 2"))
    reload(lab, run)
    assert lab.services(run)["db"]["state"] == "stopped"
    assert lab.cli(run, "start", "db").returncode == 0
    assert run.stop()[0] == 0


def test_a_failed_service_and_what_it_took_along_get_another_chance(lab):
    run = lab.service({"db": 'command = ["@BOX@", "exit", "3"]\nessential = false\n',
                       "web": REST.format(1) + 'requires = ["db"]\nessential = false\n', "log": REST.format(2)})
    wait_until(lambda: lab.services(run)["web"]["state"] == "failed")
    write(lab, "db", REST.format(3))
    reload(lab, run)
    wait_until(lambda: healthy(lab, run))
    assert lab.services(run)["web"]["state"] == "up"
    assert run.stop()[0] == 0


def test_notification_sockets_and_watchdogs_survive(lab):
    script = ("command = ['/bin/sh', '-c', '''exec @BOX@ notify main READY=1 stay''']\n"
              'ready = "notify"\n')
    run = lab.service({"a": REST.format(1), "web": lab.fill(script)})
    run.wait_err("^pidone: web: ready after")
    before = pids(lab, run)
    (lab.conf / "a.toml").unlink()
    write(lab, "more", script)
    assert reload(lab, run).stdout == "reloaded: more new, a gone; 1 unchanged\n"
    run.wait_err("^pidone: more: ready after")
    assert pids(lab, run)["web"] == before["web"]
    assert run.stop()[0] == 0


def test_a_socket_is_kept_so_that_no_connection_is_refused(lab):
    text = 'command = ["@BOX@", "answer"]\nlisten = ["unix://@TMP@/web"]\n'
    run = up(lab, {"web": text, "gone": text.replace("/web", "/gone")})
    inode = os.stat(lab.tmp / "web").st_ino
    stop, refused, answers = threading.Event(), [], []

    def ask():
        while not stop.is_set():
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(10)
                    client.connect(str(lab.tmp / "web"))
                    if line := client.makefile().readline():
                        answers.append(int(line))
            except ConnectionResetError:
                continue  # its service was killed with it in hand
            except OSError as error:
                refused.append(error)

    asker = threading.Thread(target=ask)
    asker.start()
    wait_until(lambda: answers, what="an answer of the first run")
    write(lab, "web", text + 'stop-timeout = "6s"\n')
    write(lab, "new", text.replace("/web", "/new"))
    (lab.conf / "gone.toml").unlink()
    reload(lab, run)
    wait_until(lambda: len(set(answers)) > 1, what="an answer of the next run")
    stop.set()
    asker.join()
    assert not refused
    assert os.stat(lab.tmp / "web").st_ino == inode
    assert (lab.tmp / "new").exists() and not (lab.tmp / "gone").exists()
    assert run.stop()[0] == 0
    assert not (lab.tmp / "web").exists() and not (lab.tmp / "new").exists()


def test_a_socket_that_cannot_be_had_changes_nothing(lab):
    run = up(lab, {"web": REST.format(1)})
    before = pids(lab, run)
    write(lab, "web", REST.format("1 1"))
    (lab.tmp / "taken").mkdir()
    write(lab, "other", REST.format(2) + 'listen = ["unix://@TMP@/fine", "unix://@TMP@/taken"]\n')
    reason = lab.fill("nothing was reloaded: other: 'listen' unix://@TMP@/taken: somebody listens there already, or what is "
                      "there is no socket; remove it, or take another path\n")
    assert reload(lab, run, code=1).stderr == "pidone: " + reason
    run.wait_err("^pidone: error: " + re.escape(reason))
    assert pids(lab, run) == before and not (lab.tmp / "fine").exists()
    assert run.stop()[0] == 0


def test_a_port_that_somebody_has_is_named_with_the_remedy(lab):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = up(lab, {"web": REST.format(1)})
        write(lab, "other", REST.format(2) + f'listen = ["tcp://127.0.0.1:{taken.getsockname()[1]}"]\n')
        error = reload(lab, run, code=1).stderr
        assert re.fullmatch(r"pidone: nothing was reloaded: other: 'listen' tcp://127\.0\.0\.1:\d+: address already in use; "
                            r"another service, or another program of this network namespace, listens there\n", error)
    assert run.stop()[0] == 0


def test_no_line_is_lost(lab):
    log = '[log]\nmode = "prefix"\nkeep = "64KiB"\n'
    run = lab.service({"web": LOUD.format(n=20000) + log, "old": LOUD.format(n=20000) + log, "plain": REST.format(1)})
    wait_until(lambda: "web | line 10\n" in run.stdout and lab.services(run))
    write(lab, "new", LOUD.format(n=2000) + log)
    assert reload(lab, run).stdout == "reloaded: new new; 3 unchanged\n"
    for name, count in (("web", 20000), ("old", 20000), ("new", 2000)):
        run.wait_out(rf"^{name} \| line {count}$", 20)
        seen = {int(n) for n in re.findall(rf"^{name} \| line (\d+)$", run.stdout, re.M)}
        assert seen == set(range(1, count + 1))
    assert lab.cli(run, "logs", "-n", "1", "web").stdout.endswith("line 20000\n")
    (lab.conf / "old.toml").unlink()
    write(lab, "web", "command = ['/bin/sh', '-c', 'echo again; exec sleep 600']\n" + log)
    reload(lab, run)
    run.wait_out(r"^web +\| again$")
    kept = lab.cli(run, "logs", "-n", "2", "web").stdout
    assert "line 20000" in kept and "again" in kept
    assert "log pump" not in run.stderr
    assert run.stop()[0] == 0


def test_the_last_lines_of_a_service_that_goes_come_out(lab):
    text = ("command = ['/bin/sh', '-c', '''trap \"printf last; exit 0\" TERM; echo first; sleep 600 & wait''']\n"
            '[log]\nmode = "prefix"\n')
    run = lab.service({"web": REST.format(1), "old": text})
    run.wait_out(r"^old \| first$")
    (lab.conf / "old.toml").unlink()
    reload(lab, run)
    run.wait_out(r"^old \| last$")
    wait_until(lambda: "pidone-log" not in run.tree().values(), what="the end of the pump")
    assert run.stop()[0] == 0 and "log pump" not in run.stderr


NUMBERS = """command = ['/usr/bin/python3', '-c', '''
import sys
for block in range({blocks}):
    sys.stdout.write(''.join(f'%09d {{"x" * 88}}\\n' % (block * 1000 + i) for i in range(1000)))
sys.stdout.flush()
''']
type = "oneshot"
[log]
mode = "prefix"
"""


def test_reloads_in_the_middle_of_much_output_neither_cut_nor_repeat_a_line(lab):
    text = NUMBERS.format(blocks=1000) + 'file = "@TMP@/log"\n'
    run = lab.service({"web": text, "end": REST.format(1) + '[log]\nmode = "prefix"\n'})
    wait_until(lambda: len(run.out.data) > 100_000 and lab.services(run))
    reloads = 0
    while run.stdout.count("\n") < 900_000 and reloads < 8:
        if reloads % 2:
            (lab.conf / "new.toml").unlink()
        else:
            write(lab, "new", REST.format(2) + '[log]\nmode = "prefix"\n')
        reload(lab, run)
        reloads += 1
    wait_until(lambda: run.out.data.count(b"\n") >= 1_000_000, 60, "all lines")
    assert reloads > 2
    is_whole = bytes(run.out.data) == b"".join(b"web | %09d %s\n" % (i, b"x" * 88) for i in range(1_000_000))
    assert is_whole and len((lab.tmp / "log").read_bytes()) == 99_000_000
    assert "log pump" not in run.stderr
    assert run.stop()[0] == 0


def test_what_was_dropped_before_a_reload_is_said_behind_it(lab):
    read_end, write_end = os.pipe()
    run = lab.service({"web": NUMBERS.format(blocks=30) + 'overflow = "drop"\n',
                       "end": REST.format(1) + '[log]\nmode = "prefix"\n'}, stdout=write_end)
    os.close(write_end)
    run.wait_err(r"web: exited with status 0")
    pump = pump_of(run)
    settle(pump)
    assert "dropped" not in run.stderr
    write(lab, "new", REST.format(2) + '[log]\nmode = "prefix"\n')
    reload(lab, run)
    wait_until(lambda: pump_of(run) not in (None, pump), what="another pump")
    data = bytearray()

    def read():
        while chunk := os.read(read_end, 65536):
            data.extend(chunk)
        os.close(read_end)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    said = int(run.wait_err(r"web: (?:warn: )?(\d+) lines of its output were dropped").group(1))
    assert run.stop()[0] == 0
    reader.join(5)
    came = re.findall(rb"^web \| (\d{9}) x{88}$", bytes(data), re.M)
    assert len(set(came)) == len(came) == 30000 - said


def test_schedules_come_and_go(lab):
    job = "type = \"oneshot\"\ncommand = ['/bin/sh', '-c', 'echo tick']\nschedule = \"every 1s\"\n"
    run = up(lab, {"web": REST.format(1)})
    write(lab, "job", job)
    write(lab, "monthly", job.replace("every 1s", "0 0 1 * *"))
    reload(lab, run)
    run.wait_out("^tick\ntick$")
    found = lab.services(run)["monthly"]
    assert found["state"] == "scheduled"
    (lab.conf / "job.toml").unlink()
    (lab.conf / "monthly.toml").unlink()
    reload(lab, run)
    assert list(lab.services(run)) == ["web"]
    assert not any("timerfd" in target for target in descriptors(run.pid).values())
    assert run.stop()[0] == 0


def test_instances_come_and_go_one_by_one(lab):
    run = up(lab, {"web": REST.format("${INSTANCE}") + "instances = 2\n"})
    before = pids(lab, run)
    write(lab, "web", REST.format("${INSTANCE}") + "instances = 3\n")
    assert reload(lab, run).stdout == "reloaded: web@3 new; 2 unchanged\n"
    write(lab, "web", REST.format("${INSTANCE}") + "instances = 1\n")
    assert reload(lab, run).stdout == "reloaded: web@2, web@3 gone; 1 unchanged\n"
    assert pids(lab, run) == {"web@1": before["web@1"]}
    assert run.stop()[0] == 0


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps memory of its own")
def test_a_hundred_reloads_leak_nothing(lab):
    log = '[log]\nmode = "prefix"\nkeep = "16KiB"\n'
    extra = 'listen = ["unix://@TMP@/{0}"]\nwatchdog = "1h"\n'
    run = up(lab, {"web": REST.format(1), "db": REST.format(2) + log})
    before = pids(lab, run)

    def turn(number):
        write(lab, "some" if number % 2 else "other", REST.format(number) + extra.format("a" if number % 2 else "b") + log)
        (lab.conf / ("other.toml" if number % 2 else "some.toml")).unlink(missing_ok=True)
        reload(lab, run)
        return status_field(run.pid, "VmRSS"), len(descriptors(run.pid))

    def size(text):
        return int(text.split()[0])

    for number in range(10):
        first = turn(number)
    maps = len(read_proc(run.pid, "maps").splitlines())
    for number in range(10, 110):
        last = turn(number)
    assert wait_until(lambda: len(descriptors(run.pid)) <= first[1] + 2), (first, last)
    assert size(last[0]) - size(first[0]) < 200, (first, last)
    assert len(read_proc(run.pid, "maps").splitlines()) <= maps + 2
    after = pids(lab, run)
    assert after["web"] == before["web"] and after["db"] == before["db"]
    assert run.stop(timeout=20)[0] == 0
