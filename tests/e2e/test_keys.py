# SPDX-License-Identifier: MIT
"""Service mode: each key of a service file does, for a real process, what it says."""

import os
import pwd
import re
import signal

import pytest
from harness import PROMPT, read_proc, status_field, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'


def groups_file(lab):
    """An /etc/group in which 'daemon' has supplementary groups, for a bind mount."""
    path = lab.tmp / "group"
    path.write_text("root:x:0:\ndaemon:x:1:\nbin:x:2:daemon\naudio:x:29:root,daemon\nnogroup:x:65534:\n")
    return ["--bind", f"{path}:/etc/group"]


def test_user_sets_groups_and_the_usual_variables(lab):
    run = lab.oneshot("id -u; id -g; id -G; echo $HOME $USER $LOGNAME", 'user = "daemon"', ns=groups_file(lab))
    assert run.code == 0, run.stderr
    home = pwd.getpwnam("daemon").pw_dir
    uid, gid, groups, variables = run.stdout.splitlines()
    assert (uid, gid, variables) == ("1", "1", f"{home} daemon daemon")
    assert sorted(map(int, groups.split())) == [1, 2, 29]


@pytest.mark.parametrize("user,uid,gid", [("1", "1", "1"), ("daemon:audio", "1", "29"), ("7777:8888", "7777", "8888"),
                                          ("daemon:2", "1", "2")])
def test_user_forms(lab, user, uid, gid):
    run = lab.oneshot("id -u; id -g", f'user = "{user}"', ns=groups_file(lab))
    assert run.code == 0, run.stderr
    assert run.stdout.split() == [uid, gid]


def test_a_numeric_user_needs_no_passwd_entry(lab):
    empty = lab.tmp / "empty"
    empty.write_text("")
    run = lab.oneshot("exec 2>&1; umask; cat /proc/self/status | grep -E ^[UG]", 'user = "4242:4343"',
                      ns=["--bind", f"{empty}:/etc/passwd", "--bind", f"{empty}:/etc/group"])
    assert run.code == 0, run.stderr
    assert re.search(r"Uid:\s+4242\s+4242\s+4242\s+4242", run.stdout)
    assert re.search(r"Gid:\s+4343\s+4343\s+4343\s+4343", run.stdout)
    assert re.search(r"Groups:\s*(4343)?\s*$", run.stdout, re.M)


def test_umask_and_working_directory(lab):
    run = lab.oneshot("umask; pwd", 'umask = "0027"\nworking-directory = "/usr/lib"')
    assert run.code == 0 and run.stdout.split() == ["0027", "/usr/lib"]


def test_environment_is_added_to_the_inherited(lab):
    run = lab.oneshot("echo $INHERITED $TZ $EXPANDED", 'environment = { TZ = "UTC", EXPANDED = "a${INHERITED}b" }',
                      env={"INHERITED": "yes"})
    assert run.stdout.split() == ["yes", "UTC", "ayesb"]


def test_expansion_forms(lab):
    keys = 'environment = { A = "${NONE:-fallback}", B = "$${HOME}", C = "${SET:?must be set}", D = "$uri" }'
    run = lab.oneshot('echo "$A" "$B" "$C" "$D"', keys, env={"SET": "here"})
    assert run.stdout.strip() == "fallback ${HOME} here $uri"


def test_clear_environment_starts_empty(lab):
    run = lab.service('type = "oneshot"\ncommand = ["/usr/bin/env"]\nclear-environment = true\n'
                      'environment = { ONLY = "this" }', env={"SECRET": "leak"})
    assert run.wait() == 0
    assert "SECRET" not in run.stdout and "ONLY=this" in run.stdout


def test_environment_file(lab):
    (lab.tmp / "app.env").write_text("# comment\nONE=1\n\nTWO=two words\nQUOTED=\"x y\"\n")
    run = lab.oneshot("echo \"$ONE|$TWO|$QUOTED\"", f'environment-file = ["{lab.tmp}/app.env", "-/nonexistent.env"]')
    assert run.code == 0, run.stderr
    assert run.stdout.strip() == "1|two words|x y"


def test_a_missing_environment_file_ends_the_start(lab):
    run = lab.oneshot("echo ran", 'environment-file = ["/nonexistent.env"]')
    assert run.code != 0 and run.stdout == ""
    assert "/nonexistent.env" in run.stderr and "environment-file" in run.stderr


def test_secrets_are_for_their_service_alone(lab):
    (lab.tmp / "password").write_text("s3cret\n")
    (lab.tmp / "password").chmod(0o400)
    tell = 'type = "oneshot"\nuser = "daemon"\ncommand = ["/bin/sh", "-c", "echo $0=[$DB_PASSWORD]", "NAME"]\n'
    run = lab.service({"with": tell.replace("NAME", "with") + 'secrets = { DB_PASSWORD = "@TMP@/password" }',
                       "without": tell.replace("NAME", "without")})
    assert run.wait() == 0, run.stderr
    assert "with=[s3cret]" in run.stdout and "without=[]" in run.stdout
    assert "s3cret" not in run.stderr


@pytest.mark.unsanitized
def test_secrets_are_never_in_pid_1(lab):
    (lab.tmp / "password").write_text("s3cret-canary\n")
    run = lab.service('command = ["/bin/sh", "-c", "echo got $P; exec sleep 600"]\nsecrets = { P = "@TMP@/password" }')
    run.wait_out("got s3cret-canary")
    found = []
    with open(f"/proc/{run.pid}/maps") as maps, open(f"/proc/{run.pid}/mem", "rb") as memory:
        for line in maps:
            begin, end = (int(n, 16) for n in line.split()[0].split("-"))
            if "rw" in line.split()[1]:
                memory.seek(begin)
                found.append(b"s3cret-canary" in memory.read(end - begin))
    assert found and not any(found)


def test_secrets_from_env(lab):
    (lab.tmp / "password").write_text("from-file\n")
    run = lab.oneshot("echo $DB_PASSWORD", 'secrets-from-env = ["DB_PASSWORD"]',
                      env={"DB_PASSWORD_FILE": str(lab.tmp / "password")})
    assert run.code == 0 and run.stdout.strip() == "from-file"


@pytest.mark.parametrize("content,problem", [(None, "o such file"), (b"", "empty"), (b"\n", "empty"),
                                             (b"a\0b\n", "NUL|zero byte")])
def test_a_bad_secret_ends_the_start_and_is_named(lab, content, problem):
    if content is not None:
        (lab.tmp / "password").write_bytes(content)
    run = lab.oneshot("echo ran", f'secrets = {{ DB_PASSWORD = "{lab.tmp}/password" }}')
    assert run.code != 0 and run.stdout == ""
    assert re.search(problem, run.stderr) and f"{lab.tmp}/password" in run.stderr


def test_only_the_trailing_newline_of_a_secret_is_stripped(lab):
    (lab.tmp / "password").write_text("  two\nlines \n")
    run = lab.oneshot('printf "[%s]" "$P"', f'secrets = {{ P = "{lab.tmp}/password" }}')
    assert run.stdout == "[  two\nlines ]"


def test_directories(lab):
    keys = f'directories = [{{ path = "{lab.tmp}/a/b", mode = "0750", owner = "daemon" }}, {{ path = "{lab.tmp}/c" }}]'
    run = lab.oneshot(f"stat -c '%a %u %g' {lab.tmp}/a/b {lab.tmp}/c", keys)
    assert run.code == 0, run.stderr
    assert run.stdout.splitlines() == ["750 1 1", "755 0 0"]


def test_an_existing_directory_is_put_right(lab):
    (lab.tmp / "a").mkdir(mode=0o700)
    run = lab.oneshot(f"stat -c '%a %u' {lab.tmp}/a", f'directories = [{{ path = "{lab.tmp}/a", mode = "0751", owner = "1" }}]')
    assert run.stdout.split() == ["751", "1"]


def test_a_directory_that_is_a_file_ends_the_start(lab):
    (lab.tmp / "a").write_text("file")
    run = lab.oneshot("echo ran", f'directories = [{{ path = "{lab.tmp}/a" }}]')
    assert run.code != 0 and run.stdout == ""
    assert f"{lab.tmp}/a" in run.stderr and "directory" in run.stderr.lower()


def test_a_symlink_does_not_lead_a_directory_astray(lab):
    (lab.tmp / "elsewhere").mkdir(mode=0o700)
    os.chown(lab.tmp / "elsewhere", 2, 2)
    (lab.tmp / "a").symlink_to(lab.tmp / "elsewhere")
    run = lab.service(f'command = ["@BOX@", "exit", "0"]\ntype = "oneshot"\n'
                      f'directories = [{{ path = "{lab.tmp}/a", mode = "0777", owner = "daemon" }}]')
    run.wait()
    assert (lab.tmp / "elsewhere").stat().st_uid == 2


def test_success_codes(lab):
    assert lab.oneshot("exit 3", "success-codes = [0, 3]").code == 0
    assert lab.oneshot("exit 3").code == 3
    assert lab.oneshot("exit 0", "success-codes = [3]").code != 0


def test_an_essential_service_that_ends_with_0_unasked(lab):
    for keys, code in (("", 70), ("unexpected-exit-code = 33", 33)):
        run = lab.service(f'command = ["@BOX@", "exit", "0"]\n{keys}')
        assert run.wait() == code
        assert f"container exits with {code}" in run.stderr


def test_the_exit_code_of_an_essential_service_is_the_containers(lab, mode):
    run = lab.service({"a": 'command = ["@BOX@", "exit", "17"]', "b": SLEEPER}, mode=mode)
    assert run.wait() == 17
    assert re.search(r"^pidone: a: .*17.*container exits with 17", run.stderr, re.M)


def test_a_service_that_is_not_essential_may_end(lab):
    run = lab.service({"a": 'command = ["@BOX@", "exit", "17"]\nessential = false', "b": SLEEPER})
    run.wait_out("ready")
    run.wait_err(r"^pidone: a: .*17")
    assert run.running()
    assert run.stop()[0] == 0


def test_an_essential_oneshot_that_fails_ends_the_container(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "9"]', "b": 'requires = ["a"]\n' + SLEEPER})
    assert run.wait() == 9
    assert "ready" not in run.stdout


def test_enabled_false_is_not_started(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["/bin/echo", "a"]',
                       "b": 'type = "oneshot"\ncommand = ["/bin/echo", "b"]\nenabled = false'})
    assert run.wait() == 0
    assert run.stdout == "a\n"


@pytest.mark.parametrize("name,number", [("QUIT", 3), ("SIGINT", 2), ("RTMIN+2", 36), ("USR1", 10)])
def test_stop_signal(lab, name, number):
    run = lab.service(f'command = ["@BOX@", "siglog", "{number}"]\nstop-signal = "{name}"')
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 0 and took < PROMPT
    assert f"sig {number} " in run.stdout and "sig 15 " not in run.stdout


def test_the_stop_signal_is_followed_by_cont(lab):
    run = lab.service('command = ["@BOX@", "siglog", "15"]')
    run.wait_out("ready")
    child = run.children()[0]
    os.kill(child, signal.SIGSTOP)
    code, took = run.stop()
    assert code == 0 and took < PROMPT


def test_before_readiness_the_stop_signal_is_term(lab):
    run = lab.service('command = ["@BOX@", "siglog", "15", "3"]\nstop-signal = "QUIT"\nready = "notify"')
    run.wait_out("ready")
    assert run.stop()[0] is not None
    assert "sig 15 " in run.stdout and "sig 3 " not in run.stdout


def test_stop_timeout_then_kill(lab):
    run = lab.service('command = ["@BOX@", "stubborn", "15"]\nstop-timeout = "300ms"')
    run.wait_out("ready")
    _, took = run.stop()
    assert 0.3 <= took < PROMPT
    assert re.search(r"web.*(SIGKILL|kill)", run.stderr)


@pytest.mark.parametrize("kill_mode,copies", [("mixed", 1), ("group", 2)])
def test_kill_mode_says_who_gets_the_stop_signal(lab, kill_mode, copies):
    run = lab.service(f'command = ["@BOX@", "siglog", "-f"]\nkill-mode = "{kill_mode}"\nstop-timeout = "1500ms"')
    wait_until(lambda: run.stdout.count("ready") == 2)
    assert run.stop()[0] == 137
    assert run.stdout.count("sig 15 ") == copies


def test_before_stop_delay_and_command(lab):
    run = lab.service('command = ["@BOX@", "siglog", "15"]\n'
                      'before-stop = { delay = "400ms", command = ["/bin/sh", "-c", "echo draining"] }')
    run.wait_out("ready")
    code, took = run.stop()
    assert code == 0 and 0.4 <= took < PROMPT
    assert run.stdout.index("draining") < run.stdout.index("sig 15 ")


def test_before_stop_is_inside_the_budget(lab):
    run = lab.service({"web": 'command = ["@BOX@", "sleep", "600"]\n'
                              'before-stop = { command = ["/bin/sleep", "600"] }'}, 'shutdown-timeout = "700ms"')
    run.wait_out("ready")
    _, took = run.stop()
    assert took < PROMPT


def test_signals_are_routed_by_name(lab):
    run = lab.service('command = ["@BOX@", "siglog"]\nsignals = { USR1 = "USR1", USR2 = "WINCH", HUP = "" }')
    run.wait_out("ready")
    for sig in (signal.SIGHUP, signal.SIGWINCH, signal.SIGUSR2, signal.SIGUSR1):
        run.send(sig)
        if sig in (signal.SIGUSR1, signal.SIGUSR2):
            run.wait_out(r"sig 28 " if sig == signal.SIGUSR2 else r"sig 10 ")
    assert re.findall(r" sig (\d+)", run.stdout) == ["28", "10"]


def test_a_signal_nobody_wants_is_said_once(lab):
    run = lab.service(SLEEPER)
    run.wait_out("ready")
    for _ in range(5):
        run.send(signal.SIGUSR1)
        run.send(signal.SIGALRM)
    run.wait_err("SIGALRM")
    run.wait_err("SIGUSR1")
    assert run.stop()[0] == 0
    assert run.stderr.count("SIGUSR1") == 1 and run.stderr.count("SIGALRM") == 1


@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT", "PWR", "RTMIN+3"])
def test_stop_signals_of_images(lab, mode, name):
    number = 37 if name == "RTMIN+3" else getattr(signal, f"SIG{name}")
    run = lab.service('command = ["@BOX@", "siglog", "15"]', mode=mode)
    run.wait_out("ready")
    assert run.stop(number)[0] == 0
    assert "sig 15 " in run.stdout


def test_limits(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["/bin/bash", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c"]\n'
                            '[limits]\nnofile = { soft = 321, hard = 654 }\ncore = 0\n'})
    assert run.wait() == 0, run.stderr
    assert run.stdout.split() == ["321", "654", "0"]


def test_limit_max_is_the_hard_limit_or_infinity(lab):
    run = lab.service({"a": 'type = "oneshot"\ncommand = ["/bin/bash", "-c", "ulimit -Ss; ulimit -Hs"]\n'
                            '[limits]\nstack = "max"\n'})
    assert run.wait() == 0, run.stderr
    assert run.stdout.split() == ["unlimited", "unlimited"]


def test_security_keys(lab):
    keys = ('user = "daemon"\n[security]\nno-new-privileges = true\ncapabilities = ["net_bind_service"]\n'
            'oom-score-adj = 123\nnice = 5\n')
    run = lab.oneshot("grep -E \"^(Cap|NoNew)\" /proc/self/status; cat /proc/self/oom_score_adj; nice", keys)
    assert run.code == 0, run.stderr
    seen = dict(re.findall(r"^(\w+):\s*(\w+)", run.stdout, re.M))
    assert int(seen["CapEff"], 16) == int(seen["CapPrm"], 16) == int(seen["CapAmb"], 16) == 1 << 10
    assert int(seen["CapBnd"], 16) == 1 << 10
    assert seen["NoNewPrivs"] == "1"
    assert run.stdout.split()[-2:] == ["123", "5"]


def test_capabilities_empty_drops_all(lab):
    run = lab.oneshot("grep ^Cap /proc/self/status", "[security]\ncapabilities = []\n")
    assert run.code == 0, run.stderr
    assert {int(v, 16) for v in re.findall(r"Cap\w+:\s*(\w+)", run.stdout)} == {0}


def test_a_service_has_its_own_session_clean_signals_and_three_descriptors(lab):
    run = lab.service('type = "oneshot"\ncommand = ["@BOX@", "state"]',
                      ns=["--block", "10,12", "--ignore", "1,13,32"], pass_fds=[pipe := os.pipe()[0]])
    assert run.wait() == 0
    seen = dict(item.split("=", 1) for item in run.stdout.split())
    assert seen["pid"] == seen["sid"] == seen["pgrp"]
    assert (seen["blocked"], seen["ignored"], seen["fds"]) == ("0", "0", "0,1,2")
    os.close(pipe)


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_dev_stdout_can_be_opened_after_a_user_change(lab, kind):
    script = "echo out > /dev/stdout; echo err > /dev/stderr"
    text = f'type = "oneshot"\nuser = "daemon"\ncommand = ["/bin/sh", "-c", "{script}"]'
    if kind == "pipe":
        run = lab.service(text)
        assert run.wait() == 0, run.stderr
        assert run.stdout == "out\n" and "err\n" in run.stderr
        return
    with open(lab.tmp / "out", "ab") as out:
        (lab.tmp / "out").chmod(0o666)
        assert lab.service(text, stdout=out).wait() == 0


def test_override_directory_changes_single_keys(lab):
    conf = lab.config({"web": 'type = "oneshot"\ncommand = ["/bin/sh", "-c", "echo $A $B; umask"]\numask = "0022"\n'
                              'environment = { A = "1", B = "2" }'},
                      **{"web.d/10-a__toml": 'umask = "0077"', "web.d/20-b__toml": 'environment = { B = "3" }'})
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() == 0, run.stderr
    assert run.stdout.split()[-1] == "0077"
    assert run.stdout.split()[-2] == "3"


def test_later_directories_override_earlier(lab):
    first = lab.config({"web": 'type = "oneshot"\ncommand = ["/bin/echo", "first"]',
                        "other": 'type = "oneshot"\ncommand = ["/bin/echo", "other"]'})
    second = lab.config({"web": 'command = ["/bin/echo", "second"]'})
    run = lab.start([lab.pidone, "run", "-c", first, "-c", second])
    assert run.wait() == 0, run.stderr
    assert sorted(run.stdout.split()) == ["other", "second"]


def test_the_description_appears_somewhere(lab):
    conf = lab.config({"web": 'description = "the front door"\n' + SLEEPER})
    assert "the front door" in lab.local("show", "-c", conf, "web").stdout + lab.local("show", "web", "-c", conf).stdout


@pytest.mark.parametrize("name,value,seen", [("PIDONE_SHUTDOWN_TIMEOUT", "3s", "3s for everything"),
                                             ("PIDONE_LOG_FORMAT", "json", '{"'), ("PIDONE_LINGER", "0s", "8s")])
def test_each_setting_of_the_container_has_a_variable(lab, name, value, seen):
    run = lab.service({"web": SLEEPER}, 'shutdown-timeout = "8s"\nlinger = "2s"', env={name: value})
    run.wait_out("ready")
    assert run.stop()[0] == 0
    assert seen in run.stderr


def test_pidone_control_names_the_socket(lab):
    run = lab.service({"web": SLEEPER}, env={"PIDONE_CONTROL": str(lab.tmp / "ctl")})
    run.wait_out("ready")
    wait_until((lab.tmp / "ctl").exists)
    assert run.stop()[0] == 0


def test_the_process_is_the_program_itself(lab):
    run = lab.service(SLEEPER)
    run.wait_out("ready")
    child, = run.children()
    assert read_proc(child, "cmdline").split("\0")[1] == "sleep"
    assert status_field(child, "NSpid").split()[-1] != "1"
