# SPDX-License-Identifier: MIT
"""podman's --sdnotify=container with the real podman: its manager hears READY=1 when the services are ready."""

import os
import shutil
import socket
import subprocess

import pytest
from harness import SLOW, wait_until

pytestmark = pytest.mark.skipif(not (shutil.which("podman") and shutil.which("runc")),
                                reason="needs podman and runc (apt-get install podman runc)")


@pytest.fixture
def podman(lab):
    """Runs podman with a storage of its own."""
    store = lab.tmp / "store"
    base = ["podman", "--root", store, "--runroot", lab.tmp / "runroot", "--tmpdir", lab.tmp / "libpod",
            "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]

    def command(*args):
        return [*map(str, base), *map(str, args)]

    yield command
    subprocess.run(command("rm", "--all", "--force", "--time", "0"), capture_output=True, timeout=20)


@pytest.mark.unsanitized
def test_the_manager_behind_podman_hears_ready_when_the_services_are(lab, podman):
    rootfs = lab.tmp / "rootfs"
    for name in ("etc/pidone", "usr/bin", "run", "tmp", "dev", "proc", "sys"):
        (rootfs / name).mkdir(parents=True)
    shutil.copy(lab.pidone, rootfs / "usr/bin/pidone")
    shutil.copy(lab.box, rootfs / "usr/bin/box")
    (rootfs / "etc/pidone/db.toml").write_text('command = ["/usr/bin/box", "notify", "main", "READY=1", "stay"]\n'
                                               'ready = "notify"\n')
    (rootfs / "etc/pidone/web.toml").write_text('command = ["/usr/bin/box", "sleep", "600"]\nready = "file:/tmp/go"\n'
                                                'requires = ["db"]\n')
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(lab.tmp / "manager"))
    manager.settimeout(20 * SLOW)
    container = subprocess.Popen(
        podman("run", "--rm", "--name", f"pidone-{os.getpid()}", "--runtime", "runc", "--ulimit", "nofile=1024:1024",
               "--ulimit", "nproc=1024:1024", "--sdnotify=container", "--network", "none", "--rootfs", rootfs,
               "/usr/bin/pidone", "run", "--"),
        env={**lab.base_env, "NOTIFY_SOCKET": str(lab.tmp / "manager")}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    heard = []
    try:
        while not any(b"MAINPID=" in message for message in heard):
            heard.append(manager.recv(4096))
        log = podman("logs", f"pidone-{os.getpid()}")
        wait_until(lambda: "ready " in subprocess.run(log, capture_output=True, text=True).stdout, 15,
                   "the start of web, behind db")
        manager.settimeout(0)
        with pytest.raises(BlockingIOError):
            heard.append(manager.recv(4096))
        assert not any(b"READY=1" in message for message in heard)
        (rootfs / "tmp/go").touch()
        manager.settimeout(10 * SLOW)
        while not any(b"READY=1" in message for message in heard):
            heard.append(manager.recv(4096))
        stopped = subprocess.run(podman("stop", "--time", "8", f"pidone-{os.getpid()}"), capture_output=True, text=True,
                                 timeout=20)
        assert stopped.returncode == 0, stopped.stderr
        output = container.communicate(timeout=15)[0]
    finally:
        if container.poll() is None:
            container.terminate()
            container.wait(15)
        manager.close()
    assert container.returncode == 0, output
    assert "pidone: container exits with 0, as SIGTERM asked" in output
