# SPDX-License-Identifier: MIT
"""Docker as the tests see it: the command line for what a person does, the socket for what is looked at often."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

SLOW = float(os.environ.get("STACK_PATIENCE", "1"))  # a factor on every deadline, for slow machines
API = "/v1.41"


def wait_until(predicate, timeout, what, step=0.02):
    """The first truthy value of `predicate`; fails, saying what it waited for, when the deadline passes."""
    deadline = time.monotonic() + timeout * SLOW
    value = predicate()
    while not value:
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what() if callable(what) else what}"
        time.sleep(step)
        value = predicate()
    return value


def run(*command, check=True, timeout=120, **options):
    """A finished process with its output as text; a failure shows both streams."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                          timeout=timeout * SLOW, **options)
    if check:
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done


def docker(*words, **options):
    return run("docker", *words, **options).stdout.strip()


def socket_path():
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class Connection(http.client.HTTPConnection):
    def __init__(self, timeout):
        super().__init__("docker", timeout=timeout)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(socket_path())


def api(method, path, body=None, timeout=60):
    """One request to the engine: its answer as JSON, None when there is no such thing."""
    connection = Connection(timeout * SLOW)
    with contextlib.closing(connection):
        text = None if body is None else json.dumps(body)
        connection.request(method, API + path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    if answer.status == 404:
        return None
    assert answer.status < 400, f"{method} {path}: {answer.status} {content.decode(errors='replace')}"
    return json.loads(content) if content.strip() else {}


def inspect(name):
    return api("GET", f"/containers/{name}/json")


def state(name):
    found = inspect(name)
    return found["State"] if found else {"Status": "absent", "Pid": 0}


def health(name):
    return state(name).get("Health", {}).get("Status", "none")


def logs(name, lines=25):
    done = run("docker", "logs", "--tail", lines, name, check=False)
    return done.stdout + done.stderr


def proc(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""


def status_field(pid, name):
    for line in proc(pid, "status").splitlines():
        if line.startswith(name + ":"):
            return line.partition(":")[2].split()
    return []


def children(pid):
    return [int(word) for word in proc(pid, f"task/{pid}/children").split()]


class Events:
    """The engine's events from now on, in the order they come, each with the time it was seen."""

    def __init__(self, kind="container"):
        self.seen = []
        self._connection = Connection(None)
        self._connection.request("GET", API + "/events?filters=" + json.dumps({"type": [kind]}).replace(" ", ""))
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            for line in self._answer:
                self.seen.append((time.monotonic(), json.loads(line)))

    def of(self, name, action):
        """The times of events of one container whose action begins with `action`."""
        return [when for when, event in list(self.seen)
                if event["Action"].startswith(action) and event["Actor"]["Attributes"].get("name") == name]

    def close(self):
        with contextlib.suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def answers():
    return run("docker", "info", check=False).returncode == 0


def restart_engine():
    """As a reboot of the machine does it: by systemd where that is, else by the signal it would send."""
    if Path("/run/systemd/system").is_dir():
        run("systemctl", "restart", "docker")
    else:
        pid_file = Path(os.environ.get("STACK_ENGINE_PID_FILE", "/var/run/docker.pid"))
        pid = int(pid_file.read_text())
        command = [word for word in proc(pid, "cmdline").split("\0") if word]
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: status_field(pid, "State")[:1] in ([], ["Z"]), 60, "the engine has ended")
        with open("/dev/null", "r+b") as null:
            subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
    wait_until(answers, 60, "the engine answers again", step=0.2)
