# SPDX-License-Identifier: MIT
"""The log pump: lines with names, what outlives it, slow readers, files and `pidone logs`."""

import contextlib
import datetime
import fcntl
import json
import os
import pty
import random
import re
import signal
import sys
import termios
import threading
import time

import pytest
from harness import PROMPT, SLOW, descriptors, fastest, read_proc, seconds_of_cpu, settle, switches, wait_until

RESTED = "exec sleep 600"
FLOOD = ("command = ['/usr/bin/python3', '-c', '''\n"
         "import sys\n"
         "for block in range({blocks}):\n"
         "    sys.stdout.write(''.join(f'%09d {{\"x\" * 88}}\\n' % (block * 1000 + i) for i in range(1000)))\n"
         "sys.stdout.flush()\n"
         "''']\ntype = \"oneshot\"\n")
NUMBERED = re.compile(rb"^web \| (\d{9}) x{88}$")


def shell(script, keys='mode = "prefix"'):
    return f"command = ['/bin/sh', '-c', '''{script}''']\n[log]\n{keys}\n"


def pump_of(run):
    """The pump's id as seen from outside."""
    return wait_until(lambda: next((p for p, name in run.tree().items() if name == "pidone-log"), None), 5, "a pump")


def numbers(data):
    """How often each numbered line came whole, and the lines that were no such line."""
    counts, others = {}, []
    for line in data.split(b"\n"):
        match = NUMBERED.match(line)
        if match:
            counts[int(match.group(1))] = counts.get(int(match.group(1)), 0) + 1
        elif line:
            others.append(line)
    return counts, others


def test_prefix_lines_have_the_name_of_their_service(lab, mode):
    run = lab.service({"web": shell("echo out; echo err >&2; " + RESTED), "worker": shell("echo hello; " + RESTED)}, mode=mode)
    run.wait_out(r"^web    \| out$")
    run.wait_out(r"^worker \| hello$")
    run.wait_err(r"^web    \| err$")
    code, took = run.stop()
    assert code == 0 and took < PROMPT
    assert "killed process" not in run.stderr


def test_json_lines_name_everything(lab):
    run = lab.service(shell(r'printf "a\tb\377\042\n" >&2; echo x; ' + RESTED, 'mode = "json"'))
    run.wait_err(r'^\{"time"')
    line = json.loads(run.wait_err(r'^\{"time".*$').group(0))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"service": "web", "stream": "stderr", "message": 'a\tb\ufffd"'}
    run.wait_out(r'"stream":"stdout","message":"x"\}$')


def test_timestamps(lab):
    run = lab.service(shell("echo x; " + RESTED, 'mode = "prefix"\ntimestamps = true'))
    run.wait_out(r"^web \| \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z x$")


def test_a_prompt_without_a_newline_is_seen_and_its_rest_is_marked(lab):
    run = lab.service(shell("printf 'name: '; while ! test -e @TMP@/go; do sleep 0.02; done; echo anna; " + RESTED))
    run.wait_out(r"^web \| name: $")
    (lab.tmp / "go").touch()
    run.wait_out(r"^web \+ anna$")


def test_what_has_no_newline_at_the_end_is_not_lost(lab):
    run = lab.service(shell("printf begin", 'mode = "prefix"') .replace("[log]", 'type = "oneshot"\n[log]'))
    assert run.wait() == 0
    assert run.stdout == "web | begin\n"


@pytest.mark.parametrize("delay", ["0s", "700ms"])
@pytest.mark.parametrize("mode", ["prefix", "json"])
def test_a_last_line_without_a_newline_ends_with_its_run(lab, mode, delay):
    head = ('essential = false\nrestart = "on-failure"\n'
            f'restart-policy = {{ delay = "{delay}", max-delay = "{delay}", jitter = 0, max-attempts = 2 }}\n')
    run = lab.service({"web": head + shell('echo begin; printf "panic: %s" $$; exit 1',
                                           f'mode = "{mode}"\nkeep = "64KiB"\nfile = "@TMP@/log"'),
                       "end": "command = ['/bin/sleep', '600']"})
    run.wait_err("gave up after 2 restarts")
    wait_until(lambda: len(re.findall(r"panic: \d+", run.stdout)) == 3, 5, "the last line")
    kept = lab.cli(run, "logs", "web").stdout
    assert run.stop()[0] == 0
    lines = [line[6:] for line in run.stdout.splitlines()]
    if mode == "json":
        parts = [json.loads(line) for line in run.stdout.splitlines()]
        lines = "".join(part["message"] + ("" if part.get("partial") else "\n") for part in parts).split("\n")
        assert [json.loads(line)["message"] for line in (lab.tmp / "log").read_text().splitlines()] == [
            part["message"] for part in parts]
    else:
        assert (lab.tmp / "log").read_text().splitlines() == lines
    assert kept.splitlines() == lines[:6]
    assert len(lines) == 6 and set(lines[::2]) == {"begin"} and all(re.fullmatch(r"panic: \d+", x) for x in lines[1::2])


def test_a_line_of_a_mebibyte_comes_in_parts(lab):
    script = "import sys; sys.stdout.write('a' * 1048576 + chr(10) + 'end' + chr(10))"
    run = lab.service(f'type = "oneshot"\ncommand = ["/usr/bin/python3", "-c", "{script}"]\n[log]\nmode = "prefix"\n')
    assert run.wait() == 0
    lines = run.stdout.splitlines()
    assert [line[:6] for line in lines] == ["web | "] + ["web + "] * 63 + ["web | "]
    assert "".join(line[6:] for line in lines[:-1]) == "a" * 1048576 and lines[-1] == "web | end"


def test_binary_junk_passes_as_it_is(lab):
    junk = bytes(random.Random(5).randrange(256) for _ in range(300_000)).replace(b"\n", b"N")
    junk = b"\n".join(junk[i:i + 300] for i in range(0, len(junk), 300)) + b"\n"
    (lab.tmp / "junk").write_bytes(junk)
    run = lab.service('type = "oneshot"\ncommand = ["/bin/cat", "@TMP@/junk"]\n[log]\nmode = "prefix"\n')
    assert run.wait() == 0
    assert bytes(run.out.data) == b"".join(b"web | " + line + b"\n" for line in junk.split(b"\n")[:-1])


def test_a_service_gets_only_its_three_descriptors_and_the_same_pipes_in_each_run(lab):
    keys = 'restart = "always"\n[restart-policy]\ndelay = "0s"\n[log]\nmode = "prefix"'
    run = lab.service(shell("ls -l /proc/self/fd | grep -v /proc/; readlink /proc/$$/fd/1 /proc/$$/fd/2; sleep 0.1").replace(
        '[log]\nmode = "prefix"', keys))
    run.wait_out(r"(?s)(pipe:\[\d+\]).*(?:web \| \1.*){3}")
    assert not re.search(r" [3-9] -> ", run.stdout)


def test_dev_stdout_opens_after_a_user_change(lab):
    run = lab.service("user = \"65534:65534\"\n" + shell("echo named > /dev/stdout; echo also > /dev/stderr; " + RESTED))
    run.wait_out(r"^web \| named$")
    run.wait_err(r"^web \| also$")


def test_without_a_service_that_asks_there_is_no_pump(lab):
    run = lab.service('command = ["@BOX@", "sleep", "600"]')
    run.wait_err("ready")
    settle(run.pid)
    assert "pidone-log" not in run.tree().values()
    assert not any("pipe" in target for fd, target in descriptors(run.pid).items() if fd > 3)


def test_an_idle_pump_does_not_wake_up(lab):
    run = lab.service(shell("printf 'no newline'; " + RESTED))
    run.wait_out("no newline")
    pump = pump_of(run)
    settle(pump)
    before = switches(pump)
    assert seconds_of_cpu(pump, 2) == 0 and switches(pump) == before


def flood_with_kills(lab, seeded, most, blocks=1000):
    """100 MB of numbered lines while the pump is killed at random moments; returns how often it was."""
    run = lab.service(FLOOD.format(blocks=blocks) + '[log]\nmode = "prefix"\n')
    kills, killed, seen = 0, None, 0
    deadline = time.monotonic() + 30 * SLOW
    while kills < most and run.running():
        assert time.monotonic() < deadline, f"{kills} kills of {most}; stderr is:\n{run.stderr}"
        pump = next((p for p, name in run.tree().items() if name == "pidone-log"), None)
        # Now and then one that has done nothing yet; were it always so, the next ones would start later and later.
        if pump is None or pump == killed or (len(run.out.data) == seen and seeded.random() < 0.9):
            continue
        time.sleep(seeded.random() * 0.004)  # the random moment
        seen = len(run.out.data)
        if read_proc(pump, "comm") == "pidone-log\n":
            os.kill(pump, signal.SIGKILL)
            kills, killed = kills + 1, pump
    assert run.wait(30) == 0
    counts, torn = numbers(bytes(run.out.data))
    repeats = sum(counts.values()) - len(counts)
    print(f"{kills} kills, {repeats} lines repeated, {len(torn)} cut")
    assert [n for n in range(blocks * 1000) if n not in counts] == []
    # 64 KiB of lines of 105 bytes for each pump that died, and a line that was cut.
    assert repeats <= kills * 700 and len(torn) <= 2 * kills
    return kills


@pytest.mark.unsanitized
def test_a_hundred_kills_lose_no_line(lab):
    seeded, kills = random.Random(11), 0
    while kills < 100:
        done = flood_with_kills(lab, seeded, 100 - kills)
        assert done > 0
        kills += done


def slow_run(lab, service, **kw):
    """A run whose standard output nobody reads until the returned end is."""
    read_end, write_end = os.pipe()
    run = lab.service(service, stdout=write_end, **kw)
    os.close(write_end)
    return run, read_end


def stuck(read_end):
    """Waits until so much lies in a pipe that its writer waits: short writes leave pages half full."""
    def fill():
        return int.from_bytes(fcntl.ioctl(read_end, termios.FIONREAD, bytes(4)), sys.byteorder)

    last, since = None, None

    def rests():
        nonlocal last, since
        now = time.monotonic()
        if (present := fill()) != last:
            last, since = present, now
        return now - since >= 0.3 and present > fcntl.fcntl(read_end, fcntl.F_GETPIPE_SZ) // 2
    wait_until(rests, 15, "a full pipe")


def drained(read_end, done):
    """Reads in a thread until `done`."""
    data = bytearray()

    def read():
        while chunk := os.read(read_end, 65536):
            data.extend(chunk)
        os.close(read_end)
        done.set()
    threading.Thread(target=read, daemon=True).start()
    return data


def test_a_reader_that_stops_blocks_the_service_and_nobody_else(lab):
    run, read_end = slow_run(lab, {"web": FLOOD.format(blocks=20) + '[log]\nmode = "prefix"\n',
                                   "other": shell("echo x >&2; " + RESTED)})
    run.wait_err("other | x".replace("|", r"\|"))
    begin = time.monotonic()
    assert lab.cli(run, "status").returncode == 0
    assert time.monotonic() - begin < PROMPT * SLOW
    stuck(read_end)
    assert lab.cli(run, "status").returncode == 0
    done = threading.Event()
    data = drained(read_end, done)
    wait_until(lambda: data.count(b"\n") == 20000, 10, "all lines")
    assert len(numbers(bytes(data).replace(b"web   |", b"web |"))[0]) == 20000
    assert run.stop()[0] == 0


def test_the_stop_waits_for_a_slow_reader_within_the_budget(lab):
    run, read_end = slow_run(lab, FLOOD.format(blocks=8) + '[log]\nmode = "prefix"\n')
    stuck(read_end)
    assert run.running()
    done = threading.Event()
    data = drained(read_end, done)
    assert run.wait() == 0
    assert done.wait(5) and sorted(numbers(bytes(data))[0]) == list(range(8000))


def test_a_reader_that_never_reads_costs_the_budget_and_is_named(lab):
    run, read_end = slow_run(lab, {"web": FLOOD.format(blocks=10) + '[log]\nmode = "prefix"\n'},
                             settings='shutdown-timeout = "1s"\n')
    stuck(read_end)
    code, took = run.stop(timeout=10)
    os.close(read_end)
    assert took < 4 * SLOW
    assert re.search(r"\d+ bytes that services wrote are lost, because nobody read them in time", run.stderr)


def test_drop_counts_exactly(lab):
    run, read_end = slow_run(lab, {"web": FLOOD.format(blocks=30) + '[log]\nmode = "prefix"\noverflow = "drop"\n',
                                   "end": shell(RESTED)})
    run.wait_err(r"web: exited with status 0")
    settle(pump_of(run))
    done = threading.Event()
    data = drained(read_end, done)
    said = run.wait_err(r"web: (?:warn: )?(\d+) lines of its output were dropped", 10)
    assert run.stop()[0] == 0
    assert done.wait(5)
    counts, _ = numbers(bytes(data))
    assert set(counts.values()) == {1}
    assert len(counts) + int(said.group(1)) == 30000


def test_a_stop_says_what_was_dropped_and_does_not_wait_for_a_reader_that_is_stuck(lab):
    run, read_end = slow_run(lab, FLOOD.format(blocks=30).replace("oneshot", "service").replace(
        "sys.stdout.flush()", "sys.stdout.flush(); print('done', file=sys.stderr); sys.stderr.flush()\n"
        "import signal; signal.pause()") + '[log]\nmode = "prefix"\noverflow = "drop"\n')
    run.wait_err("web | done".replace("|", r"\|"))
    settle(pump_of(run))
    code, took = run.stop()
    assert code == 0 and took < PROMPT * SLOW
    said = re.findall(r"web: (?:warn: )?(\d+) lines of its output were dropped", run.stderr)
    assert "are lost" not in run.stderr
    data = bytearray()
    while chunk := os.read(read_end, 65536):
        data += chunk
    os.close(read_end)
    counts, _ = numbers(bytes(data))
    assert len(said) == 1 and set(counts.values()) == {1} and len(counts) + int(said[0]) == 30000


def test_a_stop_that_is_over_says_what_was_dropped_before(lab):
    run, read_end = slow_run(lab, {"web": FLOOD.format(blocks=30) + '[log]\nmode = "prefix"\noverflow = "drop"\n',
                                   "mute": shell("echo waits; " + RESTED)}, settings='shutdown-timeout = "1s"\n')
    run.wait_err(r"web: exited with status 0")
    settle(pump_of(run))
    run.stop(timeout=10)
    os.close(read_end)
    assert re.search(r"web: (?:warn: )?\d+ lines of its output were dropped", run.stderr)


def test_logs_shows_what_was_kept_and_says_what_to_set(lab):
    keep = 'mode = "prefix"\nkeep = "64KiB"'
    run = lab.service({"web": shell("for i in 1 2 3 4 5; do echo line $i; done; " + RESTED, keep),
                       "dumb": shell("echo x; " + RESTED), "plain": 'command = ["@BOX@", "sleep", "600"]'})
    run.wait_out("line 5")
    assert lab.cli(run, "logs", "web").stdout == "".join(f"line {i}\n" for i in range(1, 6))
    assert lab.cli(run, "logs", "-n", "2").stdout == "web | line 4\nweb | line 5\n"
    assert lab.cli(run, "logs", "--since", "0s", "web").stdout == ""
    assert re.match(r"\d{4}-\S+Z line 5$", lab.cli(run, "logs", "-t", "-n", "1", "web").stdout)
    for name, words in (("dumb", "'dumb' keeps no lines; set keep"), ("plain", "straight to the container's output"),
                        ("none", "no service 'none'")):
        refused = lab.cli(run, "logs", name)
        assert refused.returncode == 1 and words in refused.stderr
    assert lab.cli(run, "logs", "--since", "1h", "web").stdout.startswith("line 1\n")
    refused = lab.cli(run, "logs", uid=65534)
    assert refused.returncode == 1 and "only root" in refused.stderr
    assert lab.cli(run, "logs", "-x").returncode == 64


def test_logs_since_a_time_shows_what_came_later(lab):
    run = lab.service(shell("echo early; while ! test -e @TMP@/go; do sleep 0.02; done; echo late; " + RESTED,
                            'mode = "prefix"\nkeep = "64KiB"'))
    run.wait_out("early")
    early = wait_until(lambda: re.match(r"\S+", lab.cli(run, "logs", "-t", "web").stdout)).group(0)
    wait_until(lambda: datetime.datetime.now(datetime.timezone.utc).strftime("%FT%T.%f")[:-3] > early[:-1],
               what="the next millisecond")
    (lab.tmp / "go").touch()
    run.wait_out("late")
    late = re.match(r"\S+", lab.cli(run, "logs", "-t", "-n", "1", "web").stdout).group(0)
    assert early < late
    assert lab.cli(run, "logs", "--since", late, "web").stdout == "late\n"
    assert lab.cli(run, "logs", "--since", early, "web").stdout == "early\nlate\n"
    wrong = lab.cli(run, "logs", "--since", "yesterday")
    assert wrong.returncode == 64 and "'--since' needs a duration" in wrong.stderr


def test_logs_refuses_whoever_is_outside_of_the_container(lab):
    """The socket's path alone is not enough: root of the host, seen from inside, has no process id."""
    path = lab.tmp / "control"
    run = lab.service(shell("echo secret; " + RESTED, 'mode = "prefix"\nkeep = "64KiB"'), f'control = "{path}"\n')
    run.wait_out("secret")
    assert lab.cli(run, "logs", "--control", path).stdout == "web | secret\n"
    refused = lab.local("logs", "--control", path)
    assert refused.returncode == 1 and "secret" not in refused.stdout and "only root" in refused.stderr


def test_kept_lines_outlive_the_pump(lab):
    run = lab.service(shell("echo early; " + RESTED, 'mode = "prefix"\nkeep = "64KiB"'))
    run.wait_out("early")
    pump = pump_of(run)
    settle(pump)  # one that has not yet taken the line out of the pipe would leave it to the next one again
    os.kill(pump, signal.SIGKILL)
    run.wait_err("the log pump killed by SIGKILL")
    wait_until(lambda: lab.cli(run, "logs", "web").stdout == "early\n", 5, "the line")


def test_logs_follows(lab):
    run = lab.service(shell("echo one; while ! test -e @TMP@/go; do sleep 0.02; done; echo two; " + RESTED,
                            'mode = "json"\nkeep = "64KiB"'))
    run.wait_out("one")
    output = lab.tmp / "followed"
    with open(output, "w") as file:
        process = lab.start_inside(run, [lab.pidone, "logs", "-f", "web"], stdout=file)
    wait_until(lambda: output.read_text() == "one\n", 5, "the first line")
    (lab.tmp / "go").touch()
    wait_until(lambda: output.read_text() == "one\ntwo\n", 5, "the second line")
    run.stop()
    process.wait(5 * SLOW)


@pytest.mark.parametrize("services", [["web"], []])
def test_logs_goes_on_following_when_another_pump_begins(lab, services):
    loop = "i=0; while test $i -lt 400; do i=$((i+1)); echo line $i; echo also $i; sleep 0.01; done; " + RESTED
    keep = 'mode = "prefix"\nkeep = "256KiB"'
    run = lab.service({"web": shell(loop, keep), "two": shell("echo early; " + RESTED, keep)})
    run.wait_out("line 3$")
    output = lab.tmp / "followed"
    with open(output, "w") as file:
        process = lab.start_inside(run, [lab.pidone, "logs", "-f", "-n", "1", *services], stdout=file)
    wait_until(lambda: "also" in output.read_text(), 5, "a line")
    first = pump_of(run)
    (lab.conf / "new.toml").write_text(shell(RESTED))
    assert lab.cli(run, "reload").returncode == 0
    wait_until(lambda: pump_of(run) != first, 5, "another pump")
    seen = len(output.read_text())
    wait_until(lambda: len(output.read_text()) > seen + 50, 5, "more lines")
    os.kill(pump_of(run), signal.SIGKILL)
    wait_until(lambda: "also 400" in output.read_text(), 20, "the last line")
    lines = re.findall(r"(?:line|also) \d+$", output.read_text(), re.M)
    every = [f"{word} {i}" for i in range(1, 401) for word in ("line", "also")]
    begin = every.index(lines[0])
    assert list(dict.fromkeys(lines)) == every[begin:]  # what the pump was killed over may be there twice
    assert len(lines) <= len(every) - begin + 3 and output.read_text().count("early") == (0 if services else 1)
    assert run.stop()[0] == 0
    process.wait(5 * SLOW)


def test_a_file_has_every_line_across_its_rotations(lab):
    keys = '[log]\nmode = "prefix"\nfile = "@TMP@/log/web.log"\nrotate = { size = "64KiB", keep = 99 }\n'
    run = lab.service(FLOOD.format(blocks=20) + keys)
    assert run.wait() == 0
    files = sorted((lab.tmp / "log").iterdir(), key=lambda f: -int(f.suffix[1:]) if f.suffix != ".log" else 0)
    assert len(files) > 10 and all(f.stat().st_size <= 65536 for f in files)
    lines = b"".join(f.read_bytes() for f in files).splitlines()
    assert [int(line[:9]) for line in lines] == list(range(20000))
    assert len(numbers(bytes(run.out.data))[0]) == 20000


def test_a_line_that_came_in_parts_is_one_line_in_the_file(lab):
    """A prompt whose answer comes late, a line of the other stream in between, one longer than a block."""
    script = """import os
def wait_for(name):
    open("@TMP@/" + name).close()
os.write(1, b"name: ")
wait_for("answer")
os.write(1, b"anna\\nage: ")
wait_for("between")
os.write(2, b"between\\n")
wait_for("end")
os.write(1, b"7\\n" + b"a" * 1048576 + b"\\n")
"""
    for name in ("answer", "between", "end"):
        os.mkfifo(lab.tmp / name)
    run = lab.service(f"type = \"oneshot\"\ncommand = ['/usr/bin/python3', '-c', '''{script}''']\n"
                      '[log]\nmode = "prefix"\nfile = "@TMP@/web.log"\n')
    for awaited, name in (("| name", "answer"), ("| age", "between")):
        wait_until(lambda text=awaited: text in run.stdout, 5, awaited)
        (lab.tmp / name).write_text("")
    run.wait_err(r"^web \| between$")
    (lab.tmp / "end").write_text("")
    assert run.wait() == 0
    assert (lab.tmp / "web.log").read_text() == f"name: anna\nage: \nbetween\n7\n{'a' * 1048576}\n"


def test_a_file_that_cannot_be_written_is_said_once_and_costs_no_line(lab):
    keys = '[log]\nmode = "prefix"\nfile = "/dev/full"\n'
    run = lab.service(FLOOD.format(blocks=20) + keys)
    assert run.wait() == 0
    assert run.stderr.count("cannot write its log file '/dev/full' (open): is not a regular file;") == 1
    assert len(numbers(bytes(run.out.data))[0]) == 20000


def test_names_have_colours_on_a_terminal_and_nowhere_else(lab):
    master, slave = pty.openpty()
    data = bytearray()

    def read():
        with contextlib.suppress(OSError):
            while chunk := os.read(master, 65536):
                data.extend(chunk)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    services = {"web": shell("echo out; echo err >&2; " + RESTED), "worker": shell("echo hello; " + RESTED),
                "json": shell("echo plain; " + RESTED, 'mode = "json"')}
    run = lab.service(services, stdout=slave)
    os.close(slave)
    wait_until(lambda: re.search(rb"\x1b\[\d+mworker \|\x1b\[0m hello\r\n", data), 5, "a colour")
    wait_until(lambda: re.search(rb"\x1b\[\d+mweb    \|\x1b\[0m out\r\n", data), 5, "another colour")
    wait_until(lambda: re.search(rb'"message":"plain"\}\r\n', data), 5, "the object")
    colours = set(re.findall(rb"\x1b\[(\d+)mw", data))
    assert len(colours) == 2 and 0 not in {int(colour) for colour in colours}
    run.wait_err(r"^web    \| err$")
    assert run.stop()[0] == 0
    os.close(master)


def test_lines_go_to_a_file_behind_what_is_there(lab):
    output = lab.tmp / "output"
    output.write_text("before\n")
    with open(output, "a") as file:
        run = lab.service(FLOOD.format(blocks=3) + '[log]\nmode = "prefix"\n', stdout=file)
    assert run.wait() == 0
    first, _, rest = output.read_bytes().partition(b"\n")
    assert first == b"before" and sorted(numbers(rest)[0]) == list(range(3000))


def test_lines_go_to_an_output_that_cannot_be_opened_again(lab):
    """A pipe that belongs to somebody else, as under docker with another user: no second description of it."""
    read_end, write_end = os.pipe()
    run = lab.service(FLOOD.format(blocks=5) + '[log]\nmode = "prefix"\n', stdout=write_end,
                      ns=["--uid", "65534", "--gid", "65534", "--no-caps"])
    os.close(write_end)
    done = threading.Event()
    data = drained(read_end, done)
    assert run.wait() == 0 and done.wait(5 * SLOW)
    assert sorted(numbers(bytes(data))[0]) == list(range(5000))


def test_an_output_that_is_closed_costs_its_lines_and_nothing_else(lab):
    run = lab.service(shell("echo lost; echo err >&2; echo lost; echo more >&2; " + RESTED,
                            'mode = "prefix"\nkeep = "64KiB"'), ns=["--close", "1"])
    run.wait_err(r"^web \| more$")
    wait_until(lambda: lab.cli(run, "logs", "web").stdout.count("lost") == 2, 5, "the lines that were kept")
    assert run.stop()[0] == 0


def test_an_output_whose_reader_is_gone_is_said_once_and_the_service_lives_on(lab):
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = lab.service(shell("for i in 1 2 3; do echo lost; sleep 0.05; done; echo more >&2; " + RESTED), stdout=write_end)
    os.close(write_end)
    run.wait_err(r"^web \| more$")
    assert run.stderr.count("cannot write to the container's standard output: ") == 1
    assert run.stop()[0] == 0
    assert "because nobody read" not in run.stderr


def test_a_pump_that_dies_while_the_container_stops_is_followed_by_another(lab):
    run, read_end = slow_run(lab, FLOOD.format(blocks=4) + '[log]\nmode = "prefix"\n')
    stuck(read_end)
    run.wait_err("web: exited with status 0")
    os.kill(pump_of(run), signal.SIGKILL)
    run.wait_err("the log pump killed by SIGKILL")
    done = threading.Event()
    data = drained(read_end, done)
    assert run.wait() == 0 and done.wait(5 * SLOW)
    assert sorted(numbers(bytes(data))[0]) == list(range(4000))


def test_a_pump_that_was_to_start_later_starts_at_the_stop(lab):
    (lab.tmp / "lines").write_text("".join(f"{number:09} {'x' * 88}\n" for number in range(4000)))
    run, read_end = slow_run(lab, shell("cat @TMP@/lines; " + RESTED))
    stuck(read_end)
    killed = set()

    def pauses():
        """Kills pumps that cannot write anything, so that the next ones are given more and more time."""
        for pump, name in run.tree().items():
            if name == "pidone-log" and pump not in killed:
                killed.add(pump)
                os.kill(pump, signal.SIGKILL)
        return "another one starts in 800ms" in run.stderr
    wait_until(pauses, 10, "a pause")
    run.send(signal.SIGTERM)
    done = threading.Event()
    data = drained(read_end, done)
    assert run.wait() == 0 and done.wait(5 * SLOW)
    assert sorted(numbers(bytes(data))[0]) == list(range(4000))


def test_the_stop_does_not_wait_for_the_pump_once_it_has_written_all(lab):
    def stop(name):
        run = lab.service(shell("trap 'echo bye; exit 0' TERM; echo up; sleep 60 & wait", f'mode = "{name}"'))
        run.wait_out("up")
        code, took = run.stop()
        assert code == 0 and "bye" in run.stdout
        return took

    limit = stop("inherit") + 0.3 * SLOW
    assert fastest(lambda: stop("prefix"), limit) < limit


def test_lines_go_on_when_standard_output_takes_nothing(lab):
    """The two outputs do not wait for each other."""
    run, read_end = slow_run(lab, shell("yes | head -c 9000000 & echo fine >&2; wait"))
    stuck(read_end)
    run.wait_err(r"^web \| fine$")
    os.close(read_end)


def test_drop_does_not_miss_a_write_that_fills_the_pipe(lab):
    """The first line finds an output that takes nothing, and a pipe with room. Of the rest of one large write, which
    waits for room itself, the kernel wakes no reader."""
    script = ("import os, signal; os.write(1, b\"x\\n\"); open(\"@TMP@/more\").read(); "
              "os.write(1, b\"y\\n\" * (1 << 20)); os.write(2, b\"through\\n\"); signal.pause()")
    os.mkfifo(lab.tmp / "more")
    run, read_end = slow_run(lab, {"loud": FLOOD.format(blocks=20) + '[log]\nmode = "prefix"\n',
                                   "web": f"wait-for = [\"file:@TMP@/stuck\"]\ncommand = ['/usr/bin/python3', '-c', '{script}']\n"
                                          '[log]\nmode = "prefix"\noverflow = "drop"\n'})
    stuck(read_end)
    (lab.tmp / "stuck").touch()
    with open(lab.tmp / "more", "w"):  # the first line is written; the next ones wait for the close
        settle(pump_of(run))
    run.wait_err("through")
    os.close(read_end)


def test_a_line_whose_end_comes_with_a_large_write_stays_whole(lab):
    script = "import os; os.write(1, b\"be\"); os.write(1, b\"gin\\n\" + b\"0123456789\\n\" * 200000)"
    run = lab.service(f"type = \"oneshot\"\ncommand = ['/usr/bin/python3', '-c', '{script}']\n[log]\nmode = \"prefix\"\n")
    assert run.wait() == 0
    lines = run.stdout.split("\n")
    assert lines[0] == "web | begin" and lines[-1] == ""
    assert len(lines) == 200002 and set(lines[1:-1]) == {"web | 0123456789"}
