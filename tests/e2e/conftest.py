# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests. PIDONE names the binary under test; root is needed for the namespaces."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import MODES, SANITIZED, SLOW, Lab  # noqa: E402

HERE = Path(__file__).resolve().parent
PERSONAS = ("tini", "docker-init", "dumb-init", "catatonit", "podman-init")


def pytest_configure(config):
    config.addinivalue_line("markers", "unsanitized: a sanitizer's own needs (memory, /proc) would fail it")


def pytest_collection_modifyitems(items):
    for item in items:
        if os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="needs root: the tests make PID and mount namespaces"))
        elif SANITIZED and (item.get_closest_marker("unsanitized") or "--no-proc" in item.nodeid):
            item.add_marker(pytest.mark.skip(reason="a sanitized binary needs /proc and much memory"))


@pytest.fixture(scope="session")
def tools():
    """A directory every user can read: the binary under test, its personas and the helper programs."""
    binary = Path(os.environ.get("PIDONE", HERE.parents[1] / "build" / "init" / "pidone"))
    if not binary.is_file():
        pytest.exit(f"no binary under test: {binary} (set PIDONE)", returncode=2)
    place = Path(tempfile.mkdtemp(prefix="pidone-e2e-"))
    place.chmod(0o755)
    shutil.copy(binary, place / "pidone")
    (place / "pidone").chmod(0o755)
    for name in ("nsrun", "box"):
        subprocess.run(["cc", "-std=gnu17", "-O1", "-static", "-o", place / name, HERE / "helpers" / f"{name}.c"],
                       check=True)
    (place / "links").mkdir()
    for name in PERSONAS:
        (place / "links" / name).symlink_to(place / "pidone")
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def lab(tools):
    tmp = Path(tempfile.mkdtemp(prefix="t-", dir=tools))
    tmp.chmod(0o777)
    made = Lab(tools, tmp)
    yield made
    made.close()


@pytest.fixture(params=MODES)
def mode(request):
    """As PID 1 of a namespace, and as an ordinary process."""
    return request.param


@pytest.fixture(autouse=True, scope="session")
def plain_signals():
    """What the children inherit does not depend on who started the test run."""
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    for number in range(1, 32):
        # In the background of a shell, or below nohup: still ignored here, but a handler ends with the execve.
        if signal.getsignal(number) == signal.SIG_IGN and number not in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, lambda *_: None)


@pytest.fixture(autouse=True)
def watchdog():
    """No test may hang the suite, whatever the binary under test does."""
    def give_up(*_):
        raise AssertionError("the test did not end within its 40 s")
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(int(40 * SLOW))
    yield
    signal.alarm(0)
