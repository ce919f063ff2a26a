# SPDX-License-Identifier: MIT
"""`pidone check`, and a start that refuses: every error at once, with its place, and nothing is started."""

import fcntl
import json
import os
import re
import socket
import subprocess

import pytest
from harness import Stream, full_pipe

GOOD = 'command = ["/bin/true"]\n'


def check(lab, services, settings="", *options, **files):
    conf = lab.config(services, settings, **files)
    return lab.local("check", *options, conf)


def test_a_good_configuration_is_0_and_silent_on_stderr(lab):
    done = check(lab, {"web": GOOD, "db": GOOD + 'after = ["web"]'}, 'shutdown-timeout = "5s"')
    assert done.returncode == 0 and done.stderr == ""


def test_every_error_of_every_file_at_once(lab):
    done = check(lab, {"web": 'comand = ["/bin/true"]\n', "db": GOOD + 'type = "oneshoot"\numask = 27\nstop-timeout = "soon"',
                       "app": GOOD + 'requires = ["wbe"]'}, 'shutdown-timeut = "1s"')
    assert done.returncode == 78
    for place in (r"web\.toml:1:1: error: .*'comand'.*", r"db\.toml:2:8: error: .*oneshoot.*", r"db\.toml:3:9: error: ",
                  r"db\.toml:4:16: error: ", r"app\.toml:2:13: error: .*'wbe'", r"pidone\.toml:1:1: error: .*'shutdown-timeut'"):
        assert re.search(place, done.stderr + done.stdout), place
    for hint in ("'command'", "'oneshot'", "'web'", "'shutdown-timeout'"):
        assert re.search(rf"did you mean {hint}", done.stderr + done.stdout), hint
    assert re.search(r"[67] errors", done.stderr + done.stdout)


def test_the_source_line_and_a_caret(lab):
    done = check(lab, {"web": GOOD + 'restrat = "no"\n'})
    text = done.stderr + done.stdout
    assert re.search(r"^ +2 \| restrat = \"no\"\n +\| \^~~~~~~", text, re.M), text


BAD_INPUT = {
    "non-utf8": (b'command = ["/bin/\xff\xfe"]\n', "UTF-8"),
    "nul": (b'command = ["/bin/true"]\0\n', "NUL|control character|zero"),
    "nul in a string": (b'command = ["/bin/true", "a\\u0000b"]\n', "NUL|zero"),
    "syntax": (b"command = [\n", r":\d+:\d+: error"),
    "duplicate key": (b'command = ["a"]\ncommand = ["b"]\n', "command"),
    "huge": (b'command = ["/bin/true"]\n' + b"#" * (1 << 20), "1 MiB|too large|too long|bigger"),
    "empty": (b"", "command"),
    "empty command": (b"command = []\n", "command"),
    "empty program": (b'command = [""]\n', "command"),
    "string command": (b'command = "/bin/true"\n', "array"),
    "number in command": (b'command = ["/bin/true", 1]\n', "string"),
    "staging outside creates": (b'command = ["/bin/true", "${STAGING}"]\n', "STAGING"),
    "staging without creates": (b'command = ["/bin/true"]\n[[setup]]\nname = "x"\ncommand = ["${STAGING}"]\n', "STAGING"),
    "undefined variable": (b'command = ["/bin/true", "${NO_SUCH_VAR}"]\n', "NO_SUCH_VAR"),
    "required variable": (b'command = ["/bin/true", "${NO_SUCH_VAR:?set it}"]\n', "set it"),
    "unclosed": (b'command = ["/bin/true", "${HOME"]\n', r"\}"),
    "restart of a oneshot": (b'command = ["/bin/true"]\ntype = "oneshot"\nrestart = "always"\n', "restart"),
    "watchdog is no duration": (b'command = ["/bin/true"]\nwatchdog = 30\n', "watchdog"),
    "health without a probe": (b'command = ["/bin/true"]\n[health]\nretries = 2\n', "probe"),
    "signal": (b'command = ["/bin/true"]\nstop-signal = "TREM"\n', "TERM"),
    "kill as stop signal list": (b'command = ["/bin/true"]\nsignals = { KILL = "TERM" }\n', "KILL"),
    "duration": (b'command = ["/bin/true"]\nready-timeout = 10\n', "duration"),
    "negative duration": (b'command = ["/bin/true"]\nready-timeout = "-1s"\n', "duration"),
    "mode": (b'command = ["/bin/true"]\numask = "0888"\n', "octal"),
    "url": (b'command = ["/bin/true"]\nwait-for = ["tpc://x:1"]\n', "tcp"),
    "port": (b'command = ["/bin/true"]\nwait-for = ["tcp://x:99999"]\n', "port"),
    "capability": (b'command = ["/bin/true"]\n[security]\ncapabilities = ["net_bind_servce"]\n', "net_bind_service"),
    "limit": (b'command = ["/bin/true"]\n[limits]\nnofiles = 1\n', "nofile"),
    "soft above hard": (b'command = ["/bin/true"]\n[limits]\nnofile = { soft = 10, hard = 5 }\n', "hard"),
    "success code": (b'command = ["/bin/true"]\nsuccess-codes = [256]\n', "255"),
    "fd": (b'command = ["/bin/true"]\nready = "fd:1"\n', "fd"),
    "requires itself": (b'command = ["/bin/true"]\nrequires = ["web"]\n', "itself"),
    "oom score": (b'command = ["/bin/true"]\n[security]\noom-score-adj = 2000\n', "1000"),
    "variable name": (b'command = ["/bin/true"]\nenvironment = { "A=B" = "x" }\n', "A=B"),
    "relative path": (b'command = ["/bin/true"]\nworking-directory = "var"\n', "absolute"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_has_its_own_error_and_starts_nothing(lab, kind):
    data, word = BAD_INPUT[kind]
    conf = lab.config({"other": f'command = ["/usr/bin/touch", "{lab.tmp}/started"]\ntype = "oneshot"'})
    (conf / "web.toml").write_bytes(data)
    done = lab.local("check", conf)
    text = done.stderr + done.stdout
    assert done.returncode == 78
    assert re.search(word, text), text
    assert re.search(r"web\.toml(:\d+:\d+)?: error: ", text), text
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() == 78
    assert re.search(word, run.stderr)
    assert not (lab.tmp / "started").exists()


@pytest.mark.parametrize("arguments,code", [(["run", "-c", "/nonexistent"], 78), (["--no-such-option"], 64)])
def test_a_full_pipe_on_stderr_does_not_hold_up_the_refusal(lab, arguments, code):
    read_end, write_end = full_pipe()
    run = lab.start([lab.pidone, *arguments], stderr=write_end)
    os.close(write_end)
    assert run.wait(5) == code
    os.close(read_end)


def test_a_refusal_longer_than_a_pipe_is_written_whole(lab):
    conf = lab.config({"web": GOOD + "".join(f'{"x" * 1500}{n} = 1\n' for n in range(9))})
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    reader = Stream(read_end)
    run = lab.start([lab.pidone, "run", "-c", conf], stderr=write_end)
    os.close(write_end)
    assert run.wait() == 78
    reader.thread.join()
    assert len(reader.text) > 4096 and reader.text == lab.local("check", conf).stderr.rstrip() + ", nothing was started\n"


def test_no_service_at_all(lab):
    for conf in (lab.config({}), lab.config({}, 'shutdown-timeout = "1s"'), lab.config({"a": GOOD + "enabled = false"})):
        done = lab.local("check", conf)
        assert done.returncode == 78 and "no service" in done.stderr + done.stdout
        assert lab.start([lab.pidone, "run", "-c", conf]).wait() == 78


def test_a_directory_that_does_not_exist(lab):
    done = lab.local("check", "/nonexistent/conf")
    assert done.returncode == 78 and "/nonexistent/conf" in done.stderr + done.stdout
    run = lab.start([lab.pidone, "run", "-c", "/nonexistent/conf"])
    assert run.wait() == 78 and "/nonexistent/conf" in run.stderr


def test_the_default_directory_is_etc_pidone(lab):
    empty = lab.tmp / "empty"
    empty.mkdir()
    run = lab.start([lab.pidone, "run"], ns=["--bind", f"{empty}:/etc"])
    assert run.wait() == 78 and "/etc/pidone" in run.stderr


def test_an_unreadable_file(lab):
    conf = lab.config({"web": GOOD})
    (conf / "web.toml").chmod(0)
    run = lab.start([lab.pidone, "run", "-c", conf], ns=["--uid", 12345, "--gid", 12345])
    assert run.wait() == 78
    assert re.search(r"web\.toml.*ermission denied", run.stderr)


@pytest.mark.parametrize("make,message", [(os.mkdir, "is a directory, expected a file"),
                                          (os.mkfifo, "cannot be read: is not a regular file")])
def test_a_toml_that_is_a_directory_or_a_fifo(lab, make, message):
    conf = lab.config({"web": GOOD})
    make(conf / "bad.toml")
    done = lab.local("check", conf)
    assert done.returncode == 78 and f"{conf}/bad.toml: error: {message}\n" in done.stderr
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() == 78 and f"{conf}/bad.toml: error: {message}\n" in run.stderr


NO_FILE = {
    "template": '[[template]]\nsource = "PATH"\ntarget = "@TMP@/out"\n',
    "secret": 'secrets = { A = "PATH" }\n',
    "file": 'environment-file = ["PATH"]\n',
}


@pytest.mark.parametrize("path", ["@TMP@/fifo", "/dev/stdin"])
@pytest.mark.parametrize("what", NO_FILE)
def test_what_is_read_must_be_a_regular_file(lab, what, path):
    os.mkfifo(lab.tmp / "fifo")
    conf = lab.config({"web": GOOD + 'type = "oneshot"\n' + NO_FILE[what].replace("PATH", path)})
    done = lab.local("check", conf)
    assert done.returncode == 78 and re.search(rf"error: {what} .*is not a regular file\n", done.stderr), done.stderr
    run = lab.start([lab.pidone, "run", "-c", conf])
    assert run.wait() == 78 and "is not a regular file\n" in run.stderr


def test_other_files_are_no_services(lab):
    done = check(lab, {"web": GOOD}, README__md="hello", web__toml__bak="x")
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["bad name", "-x", "ä"])
def test_a_service_name_that_is_none(lab, name):
    done = check(lab, {name: GOOD})
    assert done.returncode == 78 and f"{name}.toml" in done.stderr + done.stdout


MISSING = {
    "program": ('command = ["/nonexistent/prog"]\n', "/nonexistent/prog"),
    "user": (GOOD + 'user = "nosuchuser"\n', "nosuchuser"),
    "group": (GOOD + 'user = "daemon:nosuchgroup"\n', "nosuchgroup"),
    "template": (GOOD + '[[template]]\nsource = "none.in"\ntarget = "/tmp/x"\n', "none.in"),
    "secret": (GOOD + 'secrets = { A = "/nonexistent/secret" }\n', "/nonexistent/secret"),
    "directory": (GOOD + 'working-directory = "/nonexistent/dir"\n', "/nonexistent/dir"),
    "owner": (GOOD + 'directories = [{ path = "/tmp/x", owner = "nosuchowner" }]\n', "nosuchowner"),
    "setup program": (GOOD + '[[setup]]\nname = "s"\ncommand = ["/nonexistent/setup"]\n', "/nonexistent/setup"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_does_not_exist_is_an_error_and_with_no_root_a_warning(lab, kind):
    text, name = MISSING[kind]
    done = check(lab, {"web": text})
    shown = done.stderr + done.stdout
    assert done.returncode == 78 and re.search(rf"web\.toml:\d+:\d+: error: .*{name}", shown), shown
    done = check(lab, {"web": text}, "", "--no-root")
    shown = done.stderr + done.stdout
    assert done.returncode == 0 and re.search(rf"web\.toml:\d+:\d+: warning: .*{name}", shown), shown


def test_a_program_is_looked_up_in_path(lab):
    assert check(lab, {"web": 'command = ["true"]'}).returncode == 0
    assert check(lab, {"web": 'command = ["no-such-prog"]'}).returncode == 78


def test_override_files_are_checked_under_their_own_name(lab):
    done = check(lab, {"web": GOOD}, **{"web.d/10-a__toml": "umsak = \"0022\"\n"})
    assert done.returncode == 78
    assert re.search(r"web\.d/10-a\.toml:1:1: error: .*'umsak'", done.stderr + done.stdout)


def test_overrides_without_a_service(lab):
    done = check(lab, {"web": GOOD}, **{"wbe.d/10-a__toml": "umask = \"0022\"\n"})
    assert done.returncode == 78 and "wbe.d" in done.stderr + done.stdout


def test_show_prints_effective_settings_and_redacts_secrets(lab):
    (lab.tmp / "pw").write_text("hush-hush\n")
    conf = lab.config({"web": GOOD + 'secrets = { DB = "@TMP@/pw" }\nstop-signal = "QUIT"\n'
                              'environment = { API_TOKEN = "tok-canary", TZ = "UTC" }'},
                      **{"web.d/1__toml": 'umask = "0077"'})
    done = lab.local("show", "-c", conf, "web")
    assert done.returncode == 0, done.stderr
    assert "QUIT" in done.stdout and "0077" in done.stdout and "/pw" in done.stdout
    assert "hush-hush" not in done.stdout
    unknown = lab.local("show", "-c", conf, "wbe")
    assert (unknown.returncode, unknown.stderr) == (1, "pidone: no service 'wbe' in these files; did you mean 'web'?\n")
    assert lab.local("show", f"-c{conf}", "nope").stderr == "pidone: no service 'nope' in these files; they have web\n"


@pytest.mark.parametrize("command, last", [("check", "1 error"), ("show", "1 error, nothing was shown"),
                                           ("graph", "1 error, nothing was shown")])
def test_a_path_that_is_not_there(lab, command, last):
    done = lab.local(command, "-c/nowhere")
    assert (done.returncode, done.stderr) == (78, "/nowhere: error: no such file or directory; name another one with -c\n"
                                                  f"pidone: {last}\n")


def test_help_takes_one_command(lab):
    done = lab.local("help", "run", "check")
    assert (done.returncode, done.stderr) == (64, "pidone: help takes one command, got 'check' too\n")


def test_show_takes_the_name_of_one_instance_or_of_all(lab):
    conf = lab.config({"web": 'command = ["/bin/true", "${INSTANCE}"]\ninstances = ["a", "b"]\n', "db": GOOD})
    both, one = lab.local("show", "-c", conf, "web"), lab.local("show", "-c", conf, "web@b")
    assert re.findall(r'^(?:# |command = ).*', both.stdout, re.M) == [
        "# web@a.toml", 'command = ["/bin/true", "a"]', "# web@b.toml", 'command = ["/bin/true", "b"]']
    assert 'command = ["/bin/true", "b"]' in one.stdout and "web@a" not in one.stdout


def test_schema_is_json_of_a_service_or_of_the_container(lab):
    service, container = lab.local("schema"), lab.local("schema", "--container")
    assert "restart" in json.loads(service.stdout)["properties"]
    assert list(json.loads(container.stdout)["properties"])[0] == "shutdown-timeout"
    for words in (["--service"], ["--container", "x"]):
        refused = lab.local("schema", *words)
        assert refused.returncode == 64
        assert refused.stderr == f"pidone: unknown option '{words[-1]}'; see 'pidone help schema'\n"


def test_a_bad_pidone_variable_is_a_configuration_error(lab):
    run = lab.service(GOOD, env={"PIDONE_SHUTDOWN_TIMEOUT": "soon"})
    assert run.wait() in (64, 78)
    assert "PIDONE_SHUTDOWN_TIMEOUT" in run.stderr


def test_a_service_named_pidone_is_the_settings_file(lab):
    done = check(lab, {"web": GOOD, "pidone": GOOD})
    assert done.returncode == 78 and "pidone.toml" in done.stderr + done.stdout


def test_check_opens_no_socket_and_starts_nothing(lab):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    url = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    done = check(lab, {"web": f'command = ["/usr/bin/touch", "{lab.tmp}/ran"]\nwait-for = ["{url}"]'})
    assert done.returncode == 0
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert not (lab.tmp / "ran").exists()
    listener.close()


def test_several_paths(lab):
    first, second = lab.config({"web": GOOD}), lab.config({"db": "comand = 1\n"})
    assert lab.local("check", first).returncode == 0
    assert lab.local("check", first, second).returncode == 78


def test_settings_without_a_service_are_checked_all_the_same(lab):
    conf = lab.config({}, 'linger = 5\ncommand = ["/bin/true"]\n')
    done = lab.local("check", conf)
    assert done.returncode == 78
    assert f"{conf}: error: no service; each service is a file NAME.toml there\n" in done.stderr
    assert "pidone.toml:1:10: error: 'linger' must be a duration" in done.stderr
    assert "its name is reserved for the settings; rename it" in done.stderr


def test_the_name_of_a_directory_without_an_enabled_service(lab):
    conf = lab.config({"a": GOOD + "enabled = false"})
    assert f"{conf}: error: no service is enabled; " in lab.local("check", conf).stderr


def test_an_empty_path_is_a_usage_error(lab):
    done = lab.local("check", "")
    assert done.returncode == 64
    assert done.stderr == "pidone: an empty path; name a directory of service files or one such file\n"


@pytest.mark.parametrize("words", [["help"], ["help", "keys"], ["schema"], ["version"], ["check"], ["show"], ["show", "-c", "web"]])
def test_an_answer_that_cannot_be_written_is_a_failure(lab, words):
    conf = lab.config({"web": GOOD})
    words = words + [conf] if words == ["check"] else ["show", "-c", conf, *words[2:]] if words[0] == "show" else words
    with open("/dev/full", "w") as full:
        done = subprocess.run([lab.pidone, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "pidone: cannot write to standard output: no space left on device\n"


@pytest.mark.parametrize("option", ["--interval", "--control", "PIDONE_LINGER", "PIDONE_LOG_FORMAT",
                                    "PIDONE_SHUTDOWN_TIMEOUT", "PIDONE_CONTROL"])
def test_every_option_and_variable_is_in_a_help(lab, option):
    topics = ["run", "check", "show", "probe", "healthcheck", "status"]
    assert any(option in lab.local("help", topic).stdout for topic in topics)


def test_a_template_without_its_variable_is_refused_by_check_and_by_run(lab):
    conf = lab.config({"web": GOOD + '[[template]]\nsource = "x.in"\ntarget = "@TMP@/x"\n'}, x__in="a\n${PIDONE_T} ${A|sq}\n")
    done = lab.local("check", conf)
    assert done.returncode == 78
    assert "x.in:2:1: error: 'PIDONE_T' is not defined\n" in done.stderr
    assert "x.in:2:13: error: unknown filter 'sq'" in done.stderr
    assert lab.start([lab.pidone, "run", "-c", conf]).wait() == 78


def test_a_step_that_creates_must_use_its_staging_directory(lab):
    conf = lab.config({"web": GOOD + '[[setup]]\ncommand = ["/bin/touch", "@TMP@/made"]\ncreates = "@TMP@/made"\n'})
    for run in (lab.local("check", conf), lab.local("run", "-c", conf)):
        assert run.returncode == 78 and "'creates' needs ${STAGING} in 'command'" in run.stderr
    assert not (lab.tmp / "made").exists()
