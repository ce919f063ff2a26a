# SPDX-License-Identifier: MIT
"""Fail closed where it costs safety, with the key and the remedy; degrade where it costs only comfort."""

import os
import re

import pytest
from harness import PROMPT, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\n'
ECHO = 'type = "oneshot"\ncommand = ["/bin/echo", "ran"]\n'
USER = ["--uid", 12345, "--gid", 12345]


def refused(lab, keys, ns, *words):
    run = lab.service(ECHO + keys, ns=ns)
    assert run.wait() not in (0,)
    assert run.stdout == ""
    line = run.stderr
    for word in words:
        assert re.search(word, line, re.I), f"{word!r} not in {line!r}"
    return run


@pytest.mark.parametrize("ns", [USER, ["--no-caps"], ["--no-caps", *USER]], ids=["uid", "no caps", "both"])
def test_user_without_privilege(lab, ns):
    refused(lab, 'user = "daemon"', ns, r"'?user'?", "SETUID|SETGID", "cap_add")


def test_groups_that_cannot_be_set(lab):
    refused(lab, 'user = "daemon"', ["--groups", "4", "--deny", "setgroups:1"], "user", "SETGID|setgroups|supplementary")


def test_an_unknown_user_at_the_start(lab):
    refused(lab, 'user = "nosuchuser"', [], "nosuchuser")


def test_capabilities_that_are_not_there(lab):
    refused(lab, '[security]\ncapabilities = ["net_admin"]', ["--no-caps"], "capabilities", "NET_ADMIN", "cap_add")


def test_capabilities_without_privilege(lab):
    refused(lab, '[security]\ncapabilities = ["net_bind_service"]', USER, "capabilities", "NET_BIND_SERVICE", "cap_add")


@pytest.mark.parametrize("held", ["0", "1", "0,1", "0,1,4"])
def test_a_changed_user_keeps_no_group_of_root(lab, held):
    run = lab.oneshot("id -G", 'user = "daemon"', ns=["--groups", held])
    assert run.wait() == 0, run.stderr
    assert run.stdout == "1\n"


def test_capabilities_that_a_set_uid_program_could_take_back(lab):
    def behind_setpriv(keys, *options):
        conf = lab.config({"web": f'{ECHO}user = "daemon"\n[security]\ncapabilities = []\n{keys}'})
        run = lab.start(["/usr/bin/setpriv", "--bounding-set=-setpcap", *options, lab.pidone, "run", "-c", conf])
        return run.wait(), run.stdout, run.stderr
    code, out, said = behind_setpriv("")
    assert code == 71 and out == ""
    assert "'capabilities'" in said and "SETPCAP" in said and "no-new-privileges" in said
    assert behind_setpriv("no-new-privileges = true")[0] == 0
    assert behind_setpriv("", "--no-new-privs")[0] == 0


def test_a_limit_above_the_hard_limit(lab):
    refused(lab, "[limits]\nnofile = 100000", ["--rlimit", "nofile=1000:2000", "--no-caps"], "nofile", "SYS_RESOURCE",
            "ulimits|cap_add")


@pytest.mark.parametrize("key,value", [("nice", -5), ("oom-score-adj", -500)])
def test_comfort_that_cannot_be_had_is_a_warning_with_the_key(lab, key, value):
    run = lab.service(ECHO + f"[security]\n{key} = {value}", ns=["--no-caps"])
    assert run.wait() == 0
    assert run.stdout == "ran\n"
    assert re.search(rf"warn: .*{key}", run.stderr), run.stderr


def test_an_owner_that_cannot_be_had(lab):
    refused(lab, f'directories = [{{ path = "{lab.tmp}/d", owner = "daemon" }}]', USER, "owner", "CHOWN", "cap_add")


def test_a_template_owner_that_cannot_be_had(lab):
    conf = lab.config({"web": ECHO + f'[[template]]\nsource = "t.in"\ntarget = "{lab.tmp}/t"\nowner = "daemon"'}, t__in="x")
    run = lab.start([lab.pidone, "run", "-c", conf], ns=USER)
    assert run.wait() != 0 and run.stdout == ""
    assert re.search("owner", run.stderr) and re.search("CHOWN", run.stderr, re.I)


SILENT = {
    "same uid": ('user = "12345:12345"', USER),
    "same uid alone": ('user = "12345"', USER),
    "same uid without setgroups": ('user = "12345:12345"', [*USER, "--deny", "setgroups:1"]),
    "root as root without capabilities": ('user = "0:0"', ["--no-caps"]),
    "no capabilities wanted and none there": ("[security]\ncapabilities = []", ["--no-caps", *USER]),
    "a limit below": ("[limits]\nnofile = 500", ["--rlimit", "nofile=1000:1000", "--no-caps", *USER]),
    "the limit it has": ("[limits]\nnofile = 1000", ["--rlimit", "nofile=1000:1000", "--no-caps"]),
    "no-new-privileges": ("[security]\nno-new-privileges = true", ["--no-caps", *USER]),
}


@pytest.mark.parametrize("kind", SILENT)
def test_what_already_holds_is_a_silent_success(lab, kind):
    keys, ns = SILENT[kind]
    run = lab.service(ECHO + keys, ns=ns)
    assert run.wait() == 0, run.stderr
    assert run.stdout == "ran\n"
    assert not re.search("warn|error", run.stderr), run.stderr


def test_an_owner_that_already_holds(lab):
    (lab.tmp / "d").mkdir()
    lab.tmp.chmod(0o755)
    os.chown(lab.tmp / "d", 12345, 12345)
    run = lab.service(ECHO + f'directories = [{{ path = "{lab.tmp}/d", owner = "12345:12345" }}]', ns=USER)
    assert run.wait() == 0, run.stderr


DENIALS = ["pidfd_open:38", "pidfd_open:1", "clone3:38", "clone3:1", "close_range:38", "close_range:1",
           "pidfd_send_signal:1", "tee:1"]


@pytest.mark.parametrize("rule", DENIALS)
def test_service_mode_without_a_system_call(lab, mode, rule):
    run = lab.service({"a": SLEEPER, "b": 'requires = ["a"]\n' + SLEEPER}, mode=mode, ns=["--deny", rule])
    wait_until(lambda: run.stdout.count("ready") == 2)
    code, took = run.stop()
    assert code == 0 and took < PROMPT


@pytest.mark.parametrize("hide", [["--no-proc"], ["--ro-root"], ["--ro", "/run"], ["--ro-root", "--ro", "/run", "--no-proc"],
                                  ["--no-caps"], ["--no-caps", *USER], ["--close", "0,1,2"]], ids=lambda h: " ".join(map(str, h)))
def test_service_mode_in_a_poor_place(lab, mode, hide):
    pid_file = lab.tmp / "up"
    bind = ["--bind", f"{lab.tmp}:{lab.tmp}"] if "--ro-root" in hide else []
    run = lab.service(f'command = ["/bin/sh", "-c", "touch {pid_file}; exec sleep 600"]', mode=mode, ns=[*bind, *hide])
    wait_until(pid_file.exists)
    code, took = run.stop()
    assert code == 0 and took < PROMPT


@pytest.mark.unsanitized
def test_without_proc_the_group_alone_counts_and_that_is_said(lab):
    run = lab.service('command = ["@BOX@", "family", "child", "stubborn"]\nstop-timeout = "300ms"', ns=["--no-proc"])
    run.wait_out("descendant")
    run.wait_out("ready")
    _, took = run.stop()
    assert took < PROMPT
    assert "/proc" in run.stderr


def test_service_mode_raises_its_descriptor_limit(lab):
    services = {f"s{i}": SLEEPER + 'ready = "notify"' for i in range(40)}
    run = lab.service(services, ns=["--rlimit", "nofile=20:4096"])
    wait_until(lambda: run.stdout.count("ready") == 40, 10)
    assert run.stop()[0] == 0


def test_too_few_descriptors_says_how_many(lab):
    run = lab.service({f"s{i}": SLEEPER for i in range(40)}, ns=["--rlimit", "nofile=12:12"])
    assert run.wait() == 71
    assert re.search(r"nofile|descriptors", run.stderr) and re.search(r"\b\d\d+\b", run.stderr)
    assert run.stdout == ""


def test_the_raised_limit_is_not_inherited(lab):
    run = lab.service('type = "oneshot"\ncommand = ["/bin/sh", "-c", "ulimit -Sn"]', ns=["--rlimit", "nofile=20:4096"])
    assert run.wait() == 0
    assert run.stdout == "20\n"


def test_failure_before_exec_names_stage_and_error(lab):
    for keys, words in (('working-directory = "/nonexistent"', ["working-directory", "/nonexistent", "o such file"]),):
        refused(lab, keys, [], *words)
    run = lab.service('command = ["/nonexistent/program"]')
    assert run.wait() == 127
    assert "/nonexistent/program" in run.stderr and "o such file" in run.stderr
    run = lab.service('command = ["/etc/passwd"]')
    assert run.wait() == 126
