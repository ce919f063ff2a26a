# SPDX-License-Identifier: MIT
"""What is in the images and what is not: no secret, and no need for a shell."""

import json
import shutil
import subprocess

import pytest

import engine
from engine import docker, run
from stack import BONUS_NAMES, NAMES, ROOT, TITLE

CANARIES = {"secrets/db_password": "canary-of-a-secret-4711", ".env": "canary-of-the-env-file-4712",
            ".git/config": "canary-of-the-history-4713", "secrets/deep/er/key": "canary-of-a-deep-secret-4714"}


def found_in_archive(images, needles):
    """Which of the texts occur anywhere in `docker save`: layers, configuration, history."""
    found = set()
    tail = b""
    with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
        for block in iter(lambda: saved.stdout.read(1 << 22), b""):
            window = tail + block
            found.update(needle for needle in needles if needle.encode() in window)
            tail = window[-200:]
    assert saved.returncode == 0
    return found


def real_secrets():
    """What lay beside the build of these images: the checkout's own secrets and .env."""
    texts = [file.read_text().strip() for file in (ROOT / "secrets").glob("*") if file.is_file()]
    return [text for text in texts if len(text) >= 12]


def test_no_secret_of_the_checkout_is_in_an_image(images):
    needles = real_secrets()
    if not needles:
        pytest.skip("the images were built without secrets/ beside them; 'make secrets' makes it")
    # The search is worth something only when it finds what is there.
    assert found_in_archive(images.values(), [*needles, "/usr/bin/pidone"]) == {"/usr/bin/pidone"}


def test_no_secret_of_the_checkout_is_in_history_or_inspect(images):
    for image in images.values():
        told = docker("history", "--no-trunc", image) + docker("image", "inspect", image)
        assert not [text for text in real_secrets() if text in told]
        variables = engine.api("GET", f"/images/{image}/json")["Config"]["Env"]
        # A name of a file tells nothing.
        assert not [text for text in variables if "password" in text.lower() and "_FILE=/run/secrets/" not in text]


def test_a_canary_beside_the_dockerfile_never_reaches_a_build(images, tmp_path):
    """Everything the context lets through is copied into an image, which is more than our Dockerfiles do."""
    for part in ("init", "services", "dockerfiles"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in (".dockerignore", "meson.build", "meson_options.txt"):
        shutil.copy(ROOT / part, tmp_path)
    for name, text in CANARIES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "dockerfiles" / "all").write_text(f"FROM {images['pidone']}\nCOPY . /everything\n")
    tag = "pidone-tests-canary:1"
    try:
        run("docker", "build", "-f", "dockerfiles/all", "-t", tag, ".", cwd=tmp_path)
        needles = [*CANARIES.values(), "everything/init/main.cpp"]
        assert found_in_archive([tag], needles) == {"everything/init/main.cpp"}
        told = docker("history", "--no-trunc", tag) + docker("image", "inspect", tag)
        assert not [text for text in CANARIES.values() if text in told]
    finally:
        run("docker", "image", "rm", "-f", tag, check=False)


def test_a_key_of_env_that_no_container_needs_is_in_none(site):
    site.write_env(CANARY_KEY="canary-of-a-running-stack-4715")
    try:
        site.up()
        site.wait_whole()
        for name in NAMES:
            assert "canary-of-a-running" not in docker("inspect", name) + docker("image", "inspect", site.image(name))
    finally:
        del site.env["CANARY_KEY"]
        site.write_env()


@pytest.fixture
def images_without_shells(site):
    """Each image again with its shells removed, by a command that is no shell."""
    tag = "no-shell"
    for name in NAMES:
        user = engine.api("GET", f"/images/{site.image(name)}/json")["Config"]["User"]
        shells = [f"/usr/bin/{shell}" for shell in ("sh", "dash", "bash", "rbash")]
        shells += [f"/bin/{shell}" for shell in ("sh", "dash", "bash", "rbash")]
        recipe = f"FROM {site.image(name)}\nUSER 0\nRUN {json.dumps(['/bin/rm', '-f', *shells])}\nUSER {user}\n"
        run("docker", "build", "-q", "-t", f"{name}:{tag}", "-", input=recipe)
    yield tag
    for name in NAMES:
        run("docker", "image", "rm", "-f", f"{name}:{tag}", check=False)


def test_the_whole_site_is_made_and_runs_without_any_shell(site, images_without_shells):
    for name in NAMES:
        done = run("docker", "run", "--rm", "--entrypoint", "/bin/sh", f"{name}:{images_without_shells}", "-c", "true",
                   check=False)
        assert done.returncode == 127, f"{name}: {done.stderr}"
    kept = site.env["IMAGE_TAG"]
    site.down()
    site.wipe()
    try:
        site.write_env(IMAGE_TAG=images_without_shells)
        site.up()
        site.wait_whole(60)
        assert TITLE in site.visitor().get("/").body
        assert {engine.inspect(name)["RestartCount"] for name in NAMES} == {0}
        site.owner().publish("No shell", "made without one")
        site.stop()
        assert {engine.state(name)["ExitCode"] for name in NAMES} == {0}
        site.start()
        site.wait_whole()
        assert site.shows("made without one", "/no-shell/")
    finally:
        site.down()
        site.wipe()
        site.write_env(IMAGE_TAG=kept)


@pytest.mark.parametrize("name, limit", [("mariadb", 260), ("nginx", 190), ("wordpress", 380)])
def test_the_image_is_slim(images, name, limit):
    assert engine.api("GET", f"/images/{images[name]}/json")["Size"] <= limit * 1_000_000


def test_line_1_of_each_dockerfile_is_the_base(images):
    files = sorted((ROOT / "dockerfiles").glob("*/Dockerfile"))
    assert [file.parent.name for file in files] == sorted(["pidone", *NAMES, *BONUS_NAMES])
    assert {file.read_text().splitlines()[0] for file in files} == {"FROM debian:bookworm-slim"}


def test_every_stage_is_made_from_the_base_and_takes_files_only_from_our_own_images():
    done = run(ROOT / "tests" / "lint" / "dockerfiles.sh", check=False)
    assert (done.returncode, done.stdout) == (0, "")
