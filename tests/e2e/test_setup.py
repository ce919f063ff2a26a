# SPDX-License-Identifier: MIT
"""Service mode, before the program runs: templates, wait-for and setup steps, in this order."""

import os
import re
import signal
import socket
import threading
from json import loads

import pytest
from harness import PROMPT, wait_until

ONESHOT = 'type = "oneshot"\n'


def rendered(lab, source, keys="", env=None):
    conf = lab.config({"web": ONESHOT + 'command = ["/bin/cat", "@TMP@/out"]\n' + keys +
                       '\n[[template]]\nsource = "my.in"\ntarget = "@TMP@/out"\nmode = "0640"\nowner = "daemon"\n'},
                      my__in=source)
    run = lab.start([lab.pidone, "run", "-c", conf], env=env)
    run.code = run.wait()
    return run


def test_template_filters(lab):
    value = """it's "a" \\ $x\ty"""
    run = rendered(lab, "${V}|'${V|sql}'|'${V|php}'|\"${V|json}\"|${V|shell}|$${V}|$uri", env={"V": value})
    assert run.code == 0, run.stderr
    plain, sql, php, json, shell, literal, uri = run.stdout.split("|")
    assert plain == value
    assert sql == "'it''s \"a\" \\\\ $x\ty'"
    assert php == "'it\\'s \"a\" \\\\ $x\ty'"
    assert loads(json) == value
    assert shell == "'it'\\''s \"a\" \\ $x\ty'"
    assert (literal, uri) == ("${V}", "$uri")


def test_template_mode_and_owner(lab):
    assert rendered(lab, "x").code == 0
    seen = (lab.tmp / "out").stat()
    assert (seen.st_mode & 0o7777, seen.st_uid) == (0o640, 1)


def test_template_sees_secrets_and_environment(lab):
    (lab.tmp / "pw").write_text("hush\n")
    run = rendered(lab, "${P} ${E}\n", f'secrets = {{ P = "{lab.tmp}/pw" }}\nenvironment = {{ E = "env" }}')
    assert run.stdout == "hush env\n"


def test_template_with_an_undefined_name(lab):
    run = rendered(lab, "line one\nhost = ${DB_HOTS}\n", 'environment = { DB_HOST = "x" }')
    assert run.code != 0
    assert re.search(r"my\.in:2:\d+", run.stderr) and "DB_HOTS" in run.stderr
    assert not (lab.tmp / "out").exists()


@pytest.mark.parametrize("source,word", [("${V|sq}", "sql"), ("${V", r"\}"), ("${}", "name"), ("${V|}", "filter")])
def test_broken_templates_say_where(lab, source, word):
    run = rendered(lab, source, env={"V": "x"})
    assert run.code != 0
    assert re.search(r"my\.in:1:\d+", run.stderr) and re.search(word, run.stderr, re.I)


def test_setup_steps_run_in_order_before_the_program(lab):
    (lab.tmp / "input").write_text("two\n")
    run = lab.service(ONESHOT + 'command = ["/bin/echo", "main"]\nuser = "daemon"\nenvironment = { A = "env" }\n'
                      '[[setup]]\nname = "one"\ncommand = ["/bin/sh", "-c", "sleep 0.1; echo one $A $(id -u)"]\n'
                      '[[setup]]\nname = "two"\ncommand = ["/bin/cat"]\nstdin = "@TMP@/input"\n')
    assert run.wait() == 0, run.stderr
    assert run.stdout == "one env 1\ntwo\nmain\n"


def test_a_setup_step_that_fails_ends_the_start_and_is_named(lab):
    run = lab.service(ONESHOT + 'command = ["/bin/echo", "main"]\n'
                      '[[setup]]\nname = "system tables"\ncommand = ["/bin/sh", "-c", "echo why >&2; exit 5"]\n'
                      '[[setup]]\nname = "never"\ncommand = ["/bin/echo", "never"]\n')
    assert run.wait() not in (0, None)
    assert run.stdout == ""
    assert "system tables" in run.stderr and "why" in run.stderr and "5" in run.stderr


@pytest.mark.parametrize("command,word", [("/nonexistent", "o such file"), ("@TMP@", "ermission denied|irectory")])
def test_a_setup_program_that_cannot_run(lab, command, word):
    run = lab.service(ONESHOT + f'command = ["/bin/echo", "x"]\n[[setup]]\nname = "step"\ncommand = ["{command}"]\n')
    assert run.wait() != 0
    assert re.search(word, run.stderr) and "step" in run.stderr


CREATES = (ONESHOT + 'command = ["/bin/cat", "@TMP@/data/file"]\n[[setup]]\nname = "fill"\n'
           'command = ["/bin/sh", "-c", "echo ran >> @TMP@/log; ls -A $0 | wc -l >> @TMP@/log; SCRIPT", "${STAGING}"]\n'
           'creates = "@TMP@/data"\n')


def test_creates_runs_once_into_a_staging_sibling(lab):
    for _ in range(2):
        run = lab.service(CREATES.replace("SCRIPT", "echo made > $0/file; echo $0 >> @TMP@/log"))
        assert run.wait() == 0, run.stderr
        assert run.stdout == "made\n"
    ran, entries, staging = (lab.tmp / "log").read_text().split("\n")[:3]
    assert (ran, entries) == ("ran", "0")
    assert os.path.dirname(staging) == str(lab.tmp) and staging != str(lab.tmp / "data")
    assert (lab.tmp / "log").read_text().count("ran") == 1
    assert not os.path.exists(staging)


def test_creates_leaves_no_target_when_the_step_fails(lab):
    run = lab.service(CREATES.replace("SCRIPT", "echo half > $0/file; exit 3"))
    assert run.wait() != 0
    assert not (lab.tmp / "data").exists()
    run = lab.service(CREATES.replace("SCRIPT", "echo whole > $0/file"))
    assert run.wait() == 0, run.stderr
    assert run.stdout == "whole\n"
    assert (lab.tmp / "log").read_text().split() == ["ran", "0", "ran", "0"]
    assert [p for p in os.listdir(lab.tmp) if "data" in p] == ["data"]


def test_creates_survives_kill_9_in_the_middle(lab):
    run = lab.service(CREATES.replace("SCRIPT", "echo half > $0/file; echo waiting; sleep 600"))
    run.wait_out("waiting")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not (lab.tmp / "data").exists()
    run = lab.service(CREATES.replace("SCRIPT", "echo whole > $0/file"))
    assert run.wait() == 0 and run.stdout == "whole\n"


def test_once_writes_its_stamp_after_success_alone(lab):
    text = (ONESHOT + 'command = ["/bin/true"]\n[[setup]]\nname = "first run"\nonce = "@TMP@/stamp"\n'
            'command = ["/bin/sh", "-c", "echo ran; exit CODE"]\n')
    run = lab.service(text.replace("CODE", "1"))
    assert run.wait() != 0 and not (lab.tmp / "stamp").exists()
    run = lab.service(text.replace("CODE", "0"))
    assert run.wait() == 0 and run.stdout == "ran\n" and (lab.tmp / "stamp").exists()
    run = lab.service(text.replace("CODE", "0"))
    assert run.wait() == 0 and run.stdout == ""


PLANTED = {
    "directory": 'directories = [{ path = "@TMP@/app/link/x", mode = "0777", owner = "daemon" }]\n',
    "template target": '[[template]]\nsource = "my.in"\ntarget = "@TMP@/app/link/x"\n',
    "stamp": '[[setup]]\nname = "s"\ncommand = ["/bin/true"]\nonce = "@TMP@/app/link/x"\n',
    "staging directory": '[[setup]]\nname = "s"\ncommand = ["/bin/true", "${STAGING}"]\ncreates = "@TMP@/app/link/x"\n',
}


@pytest.mark.parametrize("what", PLANTED)
def test_root_does_not_follow_a_symlink_that_a_service_user_planted(lab, what):
    app, secret, link = lab.tmp / "app", lab.tmp / "secret", lab.tmp / "app" / "link"
    app.mkdir()
    os.chown(app, 1, 1)
    secret.mkdir(mode=0o700)
    link.symlink_to(secret)
    os.chown(link, 1, 1, follow_symlinks=False)
    conf = lab.config({"web": ONESHOT + 'command = ["/bin/echo", "main"]\nuser = "daemon"\n' + PLANTED[what]}, my__in="x")
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() != 0 and run.stdout == ""
    path = f"{link}/.x.pidone-staging" if what == "staging directory" else f"{link}/x"
    assert (f"{what} '{path}' cannot be made: '{link}' is a symbolic link that belongs to somebody else than root, "
            "or its directory does: refused\n") in run.stderr
    assert os.listdir(secret) == []


def test_a_setup_step_cannot_redirect_its_own_result(lab):
    """The step runs as the service's user, who owns the directory around."""
    app, secret = lab.tmp / "app", lab.tmp / "secret"
    secret.mkdir(mode=0o700)
    run = lab.service(ONESHOT + 'command = ["/bin/echo", "main"]\nuser = "daemon"\n'
                      'directories = [{ path = "@TMP@/app" }, { path = "@TMP@/app/in" }]\n[[setup]]\nname = "s"\n'
                      'command = ["/bin/sh", "-c", "cd @TMP@/app; mv in was; ln -s ../secret in", "${STAGING}"]\n'
                      'creates = "@TMP@/app/in/x"\n')
    assert run.wait() != 0 and run.stdout == ""
    assert f"'{app}/in/x' cannot be made: '{app}/in' is a symbolic link" in run.stderr
    assert os.listdir(secret) == []


def test_a_symlink_that_root_made_is_followed(lab):
    (lab.tmp / "run").mkdir()
    os.chmod(lab.tmp, 0o755)
    (lab.tmp / "var").symlink_to("run")
    run = lab.service(ONESHOT + 'command = ["/bin/echo", "main"]\nuser = "daemon"\n'
                      'directories = [{ path = "@TMP@/var/app/deep" }]\n')
    assert run.wait() == 0, run.stderr
    assert (lab.tmp / "run/app/deep").stat().st_uid == 1


def test_wait_for_holds_the_start(lab):
    path = lab.tmp / "ready"
    run = lab.service(f'type = "oneshot"\ncommand = ["/bin/echo", "main"]\nwait-for = ["file:{path}"]')
    wait_until(lambda: run.running() and run.children())
    assert run.stdout == ""
    path.touch()
    assert run.wait() == 0 and run.stdout == "main\n"


def test_wait_for_tcp_and_unix(lab):
    sock = lab.tmp / "sock"
    run = lab.service(f'type = "oneshot"\ncommand = ["/bin/echo", "main"]\n'
                      f'wait-for = ["tcp://127.0.0.1:7001", "unix://{sock}"]', ns=["--net"])
    for kind, where in (("tcp", "7001"), ("unix", str(sock))):
        assert run.running() and run.stdout == ""
        lab.start_inside(run, [lab.box, "listen", kind, where])
    assert run.wait() == 0 and run.stdout == "main\n"


def test_wait_for_timeout_fails_the_start_and_names_the_url(lab):
    run = lab.service('type = "oneshot"\ncommand = ["/bin/echo", "main"]\n'
                      'wait-for = [{ url = "tcp://127.0.0.1:9", timeout = "300ms", interval = "20ms" }]')
    assert run.wait() != 0
    assert run.stdout == "" and 0.3 <= run.took < PROMPT
    assert "tcp://127.0.0.1:9" in run.stderr


def test_order_of_the_phases(lab):
    """Directories, templates, wait-for, setup, exec: each one sees what the one before it made."""
    conf = lab.config({"web": ONESHOT + 'command = ["/bin/cat", "@TMP@/d/from-setup"]\n'
                       'directories = [{ path = "@TMP@/d" }]\nwait-for = ["file:@TMP@/d/rendered"]\n'
                       '[[template]]\nsource = "t.in"\ntarget = "@TMP@/d/rendered"\n'
                       '[[setup]]\nname = "s"\ncommand = ["/bin/cp", "@TMP@/d/rendered", "@TMP@/d/from-setup"]\n'},
                      t__in="through all phases\n")
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() == 0, run.stderr
    assert run.stdout == "through all phases\n"


def test_a_server_that_accepts_and_says_nothing_is_not_http_ready(lab):
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []
    thread = threading.Thread(target=lambda: kept.append(listener.accept()), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    run = lab.service(f'type = "oneshot"\ncommand = ["/bin/echo", "main"]\nwait-for = [{{ url = "{url}", timeout = "500ms" }}]')
    assert run.wait() != 0 and run.stdout == ""
    listener.close()
