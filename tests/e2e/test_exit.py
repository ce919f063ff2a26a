# SPDX-License-Identifier: MIT
"""Command mode: the exit code tells what happened, and usage errors say what to do."""

import os
import re
import signal

import pytest

FATAL = [n for n in range(1, 65) if n not in (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH,
                                              signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)]


def test_every_exit_code_is_handed_on(lab, mode):
    runs = {}
    wrong = {}
    for code in range(256):
        runs[code] = lab.command([lab.box, "exit", code], mode=mode)
        if len(runs) >= 8:
            first = min(runs)
            got = runs.pop(first).wait()
            if got != first:
                wrong[first] = got
    wrong.update({code: got for code, run in runs.items() if (got := run.wait()) != code})
    assert wrong == {}


def test_death_by_signal_n_is_128_plus_n(lab, mode):
    runs = {n: lab.command([lab.box, "die", n], mode=mode) for n in FATAL}
    got = {n: run.wait() for n, run in runs.items()}
    assert got == {n: 128 + n for n in FATAL}


@pytest.mark.parametrize("program", ["/nonexistent/program", "no-such-program-in-path"])
def test_program_not_found_is_127(lab, mode, program):
    run = lab.command([program, "x"], mode=mode)
    assert run.wait() == 127
    assert program in run.stderr and "o such file" in run.stderr


def test_program_not_executable_is_126(lab, mode):
    plain = lab.tmp / "not-executable"
    plain.write_text("#!/bin/sh\n")
    plain.chmod(0o644)
    run = lab.command([plain], mode=mode)
    assert run.wait() == 126
    assert "ermission denied" in run.stderr


def test_program_that_is_a_directory_is_126(lab):
    assert lab.command([lab.tmp]).wait() == 126


def test_program_is_found_in_path_past_an_unusable_file(lab):
    first, second = lab.tmp / "a", lab.tmp / "b"
    for place, bits in ((first, 0o644), (second, 0o755)):
        place.mkdir()
        (place / "prog").write_text("#!/bin/sh\nexit 9\n")
        (place / "prog").chmod(bits)
    run = lab.command(["prog"], env={"PATH": f"{first}:{second}:/bin"})
    assert run.wait() == 9


USAGE = [
    ["--frobnicate", "--", "true"],
    ["--"],
    ["--stop-timeout", "banana", "--", "true"],
    ["--stop-timeout", "10", "--", "true"],
    ["--kill-grace", "-1s", "--", "true"],
    ["-r", "TERM:NOPE", "--", "true"],
    ["-r", "TERM", "--", "true"],
    ["-r", "0:2", "--", "true"],
    ["-p", "NOPE", "--", "true"],
    ["-e", "300", "--", "true"],
    ["-e", "1:900", "--", "true"],
    ["-e", "x", "--", "true"],
    ["-r"],
    ["run", "--nope"],
]


@pytest.mark.parametrize("args", USAGE, ids=" ".join)
def test_usage_errors_are_64_and_say_why_on_stderr(lab, args):
    done = lab.local(*args)
    assert done.returncode == 64
    assert done.stdout == ""
    assert done.stderr.startswith("pidone: ")


@pytest.mark.parametrize("word,hint", [("bash", None), ("statsu", "status"), ("chek", "check")])
def test_an_unknown_subcommand_offers_the_double_dash(lab, word, hint):
    done = lab.local(word, "-c", "true")
    assert done.returncode == 64
    assert f"'{word}'" in done.stderr and " -- " in done.stderr
    if hint:
        assert f"'{hint}'" in done.stderr


@pytest.mark.parametrize("head", [["run"], []], ids=["run", "bare"])
def test_a_configuration_with_a_program_is_a_usage_error(lab, head):
    done = lab.local(*head, "-c", lab.tmp, "--", "true")
    assert done.returncode == 64
    assert "-c" in done.stderr


def test_run_with_a_program_is_command_mode(lab, mode):
    assert lab.start([lab.pidone, "run", "--", lab.box, "exit", "7"], mode=mode).wait() == 7


def test_options_of_the_program_are_not_ours(lab):
    run = lab.command(["/bin/echo", "--stop-timeout", "-g", "--", "-c"])
    assert run.wait() == 0
    assert run.stdout == "--stop-timeout -g -- -c\n"


@pytest.mark.parametrize("code,expected", [("-e 3", 0), ("-e 3:7", 7), ("--remap-exit 3:7", 7), ("-e 4 -e 3:9", 9),
                                           ("--remap-exit=3:5", 5), ("-e 4", 3)])
def test_remap_exit(lab, code, expected):
    assert lab.command([lab.box, "exit", "3"], *code.split()).wait() == expected


def test_remap_exit_sees_death_by_signal(lab, mode):
    run = lab.command([lab.box, "sleep", 30], "-e", "143", mode=mode)
    run.wait_out("ready")
    assert run.stop()[0] == 0


def test_every_code_can_be_remapped(lab):
    runs = {code: lab.command([lab.box, "exit", code], "-e", f"{code}:{255 - code}") for code in (0, 1, 127, 254, 255)}
    assert {code: run.wait() for code, run in runs.items()} == {code: 255 - code for code in runs}


def test_nothing_of_ours_goes_to_stdout(lab, mode):
    for options in ([], ["-v"], ["-v", "-w"]):
        run = lab.command(["/bin/sh", "-c", "(sleep 0.05 &) ; exec 1>&-; exit 3"], *options, mode=mode)
        assert run.wait() == 3
        assert run.stdout == ""


def test_a_clean_run_is_silent_and_verbose_is_not(lab, mode):
    quiet = lab.command(["true"], mode=mode)
    assert quiet.wait() == 0 and quiet.stderr == ""
    loud = lab.command(["true"], "-v", mode=mode)
    assert loud.wait() == 0 and re.search(r"^pidone: ", loud.stderr, re.M)


def test_quiet_hides_warnings(lab):
    script = f"{lab.box} family double stubborn 0"
    loud = lab.command(["/bin/sh", "-c", script], "--kill-grace", "200ms")
    assert loud.wait() == 0 and loud.stderr != ""
    quiet = lab.command(["/bin/sh", "-c", script], "-q", "--kill-grace", "200ms")
    assert quiet.wait() == 0 and quiet.stderr == ""


def test_version_and_help(lab):
    version = lab.local("version")
    assert version.returncode == 0 and re.match(r"pidone \d+\.\d+", version.stdout)
    assert lab.local("--version").stdout == version.stdout
    for args in (["help"], ["--help"], ["help", "probe"], ["help", "run"]):
        done = lab.local(*args)
        assert done.returncode == 0 and "pidone" in done.stdout and done.stderr == ""
    assert lab.local("help", "nonsense").returncode == 64


def test_relative_program_and_working_directory(lab):
    script = lab.tmp / "here"
    script.write_text("#!/bin/sh\npwd\n")
    script.chmod(0o755)
    run = lab.command(["./here"], ns=["--chdir", lab.tmp])
    assert run.wait() == 0
    assert os.path.realpath(run.stdout.strip()) == os.path.realpath(lab.tmp)
