# SPDX-License-Identifier: MIT
"""The stack is brought up once; each test gets it whole, and a new one when the test before left it broken."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import engine  # noqa: E402
from engine import docker, run  # noqa: E402
from stack import BONUS_NAMES, NAMES, PROJECT, ROOT, Stack  # noqa: E402

ASIDE = "{}-before-the-tests"


def why_not():
    if os.geteuid() != 0:
        return "needs root: the tests kill processes of the containers and write to the volumes"
    if not shutil.which("docker") or run("docker", "info", check=False).returncode != 0:
        return "no Docker engine answers"
    return ""


def pytest_collection_modifyitems(items):
    reason = why_not()
    # Where nobody looks at a skip, a suite that could not run must not pass for a good one.
    if reason and os.environ.get("CI") == "true":
        pytest.exit(f"the stack tests cannot run: {reason}", returncode=1)
    for item in items if reason else []:
        item.add_marker(pytest.mark.skip(reason=reason))
    # All that needs the bonus services comes last, so that they are started once.
    items.sort(key=needs_bonus)


def needs_bonus(item):
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return "bonus" in (*item.fixturenames, *params.values()) or params.get("name") in BONUS_NAMES


@pytest.fixture(scope="session")
def images():
    """The images under test, built when one is missing."""
    version = run("bash", "-c", ". tools/lib.sh && pidone_version", cwd=ROOT).stdout.strip()
    names = [f"pidone:{version}"] + [f"{name}:{version}" for name in NAMES + BONUS_NAMES]
    if any(engine.api("GET", f"/images/{name}/json") is None for name in names):
        if not (ROOT / ".env").exists():
            run("tools/env.sh", cwd=ROOT)
        run("tools/build.sh", cwd=ROOT, timeout=900)
    return dict(zip(("pidone", *NAMES, *BONUS_NAMES), names))


def interrupt(*_):
    """Ctrl-C ends the tests once: a second one, or timeout(1) which passes it on, must not end the clearing up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def set_aside():
    """A site that is up has the names and the port: it makes room, and comes back at the end."""
    signal.signal(signal.SIGINT, interrupt)
    running = []
    try:
        make_room(running)
        yield
    finally:
        bring_back(running)


def make_room(running):
    for name in NAMES + BONUS_NAMES:
        found = engine.inspect(name)
        if found is None:
            continue
        if found["Config"]["Labels"].get("com.docker.compose.project") == PROJECT:
            docker("rm", "-f", name)
            continue
        if found["State"]["Running"]:
            running.append(name)
            docker("stop", name)
        docker("rename", name, ASIDE.format(name))


def bring_back(running):
    for name in NAMES + BONUS_NAMES:
        if engine.inspect(ASIDE.format(name)):
            docker("rename", ASIDE.format(name), name)
    for name in running:
        docker("start", name)


@pytest.fixture(scope="session")
def session_stack(images):
    with set_aside():
        home = Path(tempfile.mkdtemp(prefix="pidone-stack-"))
        made = Stack(home)
        try:
            made.begin()
            yield made
        finally:
            made.remove()
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def site(session_stack):
    """The mandatory stack, up and whole."""
    if session_stack.has_bonus or not session_stack.whole():
        session_stack.begin()
    return session_stack


@pytest.fixture
def bonus(session_stack):
    """All services, up and whole."""
    if not session_stack.has_bonus or not session_stack.whole():
        session_stack.begin(has_bonus=True)
    return session_stack


@pytest.fixture
def whole(request):
    """The stack with the container that the test's parameter 'name' says: mandatory as long as that will do."""
    return request.getfixturevalue("bonus" if request.getfixturevalue("name") in BONUS_NAMES else "site")
