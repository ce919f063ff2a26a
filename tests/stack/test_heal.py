# SPDX-License-Identifier: MIT
"""Volumes that were emptied or put back from an older copy, and starts in every order."""

import itertools
import os
import shutil
import signal
import time

import pytest

import engine
from engine import run, state, wait_until
from stack import NAMES, main_process


def put_back(copy, place):
    """Replaces the content of a volume by a copy, with the owners of the copy."""
    for entry in place.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    run("cp", "-a", f"{copy}/.", place)


def test_an_emptied_database_is_made_again(site):
    site.stop()
    site.wipe("mariadb")
    site.start()
    site.wait_whole()
    site.owner().publish("After the loss", "the database is new")
    assert site.author().is_in
    assert site.shows("the database is new")


def test_emptied_site_files_are_made_again_and_the_posts_are_there(site):
    site.owner().publish("Without files", "the files are new, the post is old")
    site.stop()
    site.wipe("wordpress")
    site.start()
    site.wait_whole()
    assert site.shows("the files are new, the post is old", "/without-files/")
    assert site.owner().is_in


def test_a_database_that_answers_nobody_is_unhealthy_until_it_does(site):
    server = main_process("mariadb")
    os.kill(server, signal.SIGSTOP)
    try:
        wait_until(lambda: engine.health("mariadb") == "unhealthy", 60, "Docker is told that nobody can log in")
    finally:
        os.kill(server, signal.SIGCONT)
    wait_until(lambda: engine.health("mariadb") == "healthy", 30, "Docker is told that logins work again")
    assert main_process("mariadb") == server
    site.wait_whole()


def test_a_lost_certificate_is_made_again(site):
    site.stop("nginx")
    site.wipe("nginx")
    site.start("nginx")
    site.wait_whole()


def test_an_older_copy_of_the_database_heals(site, tmp_path):
    site.owner().publish("Old times", "in the copy")
    site.stop()
    run("cp", "-a", f"{site.data}/mariadb/.", tmp_path)
    site.start()
    site.wait_whole()
    site.owner().publish("New times", "after the copy")
    site.stop()
    put_back(tmp_path, site.data / "mariadb")
    site.start()
    site.wait_whole()
    assert site.shows("in the copy", "/old-times/")
    assert site.visitor().get("/new-times/").status == 404
    assert site.owner().is_in and site.author().is_in


def test_an_older_copy_of_the_site_files_heals(site):
    """An older WordPress with files of its own, one file missing, and an upload of somebody's."""
    site.owner().publish("Newer than the files", "kept in the database")
    site.stop()
    html = site.data / "wordpress" / "html"
    version = html / "wp-includes" / "version.php"
    now = version.read_text()
    upload = html / "wp-content" / "uploads" / "mine.txt"
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_text("somebody's own")
    version.write_text(now.replace("$wp_version = '6.", "$wp_version = '5."))
    assert version.read_text() != now
    (html / "wp-includes" / "formatting.php").unlink()
    site.start()
    site.wait_whole()
    assert version.read_text() == now
    assert site.shows("kept in the database", "/newer-than-the-files/")
    assert site.visitor().get("/wp-content/uploads/mine.txt").body == "somebody's own"


def test_a_fix_of_debians_without_a_new_version_of_wordpress_reaches_the_volume(site):
    site.stop()
    html = site.data / "wordpress" / "html"
    packages, file = html / ".pidone-packages", html / "wp-includes" / "formatting.php"
    now, good = packages.read_text(), file.read_text()
    packages.write_text(now.replace("deb12u", "deb12u0"))
    file.write_text(good + "// before the fix\n")
    site.start()
    site.wait_whole()
    assert file.read_text() == good and packages.read_text() == now


def test_an_account_or_a_theme_that_is_gone_comes_back_though_nothing_else_changed(site):
    """A start that finds its mark unchanged does not load WordPress; these two it must still see."""
    site.sql(f"DELETE FROM wp_users WHERE user_login = '{site.env['WP_AUTHOR']}'")
    which = "option_name IN ('template', 'stylesheet')"
    site.sql(f"UPDATE wp_options SET option_value = 'gone' WHERE {which}")
    site.compose("restart", "wordpress")
    site.wait_whole()
    assert site.author().is_in
    theme = site.sql(f"SELECT DISTINCT option_value FROM wp_options WHERE {which}").stdout.strip()
    assert theme == "twentytwentythree"


def test_a_changed_file_of_the_site_is_not_hidden_by_what_was_compiled(site):
    probe = site.data / "wordpress" / "html" / "probe.php"
    try:
        for age, word in ((60, "first"), (30, "second")):  # PHP keeps nothing of a file of this very second
            probe.write_text(f"<?php echo '{word}';")
            os.utime(probe, (time.time() - age,) * 2)
            site.compose("restart", "wordpress")
            site.wait_whole()
            assert site.visitor().get("/probe.php").body == word
        assert list((site.data / "wordpress" / "opcache").rglob("probe.php.bin"))
    finally:
        probe.unlink(missing_ok=True)


def test_the_image_brings_what_an_installation_and_the_first_page_need_compiled(site):
    """Else the start would compile it, and only the figures would tell."""
    site.stop()
    site.wipe("wordpress", "mariadb")
    site.start()
    site.wait_whole()
    brought = run("docker", "exec", "wordpress", "find", "/usr/src/opcache", "-type", "f", "-printf", "%P\n").stdout
    place = site.data / "wordpress" / "opcache"
    compiled = {str(file.relative_to(place)) for file in place.rglob("html/**/*.bin")}
    assert compiled and compiled <= set(brought.split())


def test_an_installation_without_its_mark_but_with_somebodys_post_is_not_touched(site):
    """The mark is what tells a half-made installation; before anything is dropped it must be nobody's."""
    site.owner().publish("Precious", "nobody may drop this")
    mark = site.sql("SELECT option_value FROM wp_options WHERE option_name = 'pidone_setup'").stdout.strip()
    assert mark
    site.sql("DELETE FROM wp_options WHERE option_name = 'pidone_setup'")
    site.stop("wordpress")
    site.start("wordpress")
    wait_until(lambda: "nothing was changed" in engine.logs("wordpress", 40), 30, site.explain)
    said = engine.logs("wordpress", 40)
    assert "pidone_setup" in said and "make db" in said, "the remedy is named"
    assert site.sql("SELECT COUNT(*) FROM wp_posts WHERE post_title = 'Precious' "
                    "AND post_type = 'post'").stdout.strip() == "1"
    site.sql(f"INSERT INTO wp_options (option_name, option_value) VALUES ('pidone_setup', '{mark}')")
    site.stop("wordpress")
    site.start("wordpress")
    site.wait_whole()
    assert site.shows("nobody may drop this", "/precious/")


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)), ids="-".join)
def test_the_containers_start_in_any_order(site, order):
    site.stop()
    for name in order:
        site.start(name)
        # As far as it gets alone: only mariadb and nginx need nobody.
        if name == "mariadb" or name == "nginx" or state("mariadb")["Status"] == "running":
            wait_until(lambda name=name: engine.health(name) == "healthy", 30, site.explain)
        else:
            wait_until(lambda name=name: engine.children(state(name)["Pid"]), 10, f"'{name}' is at work")
    site.wait_whole()
    assert {engine.inspect(name)["RestartCount"] for name in NAMES} == {0}


@pytest.mark.parametrize("order", [("wordpress", "nginx", "mariadb"), ("nginx", "mariadb", "wordpress")], ids="-".join)
def test_a_first_start_works_in_any_order(site, order):
    site.kill()
    site.wipe()
    for name in order:
        site.start(name)
        wait_until(lambda name=name: engine.children(state(name)["Pid"]), 10, f"'{name}' is at work")
    site.wait_whole()
    assert site.owner().is_in


def test_an_empty_data_directory_of_root_is_enough(site):
    site.down("--volumes")
    shutil.rmtree(site.data)
    site.data.mkdir(mode=0o755)
    assert (os.stat(site.data).st_uid, list(site.data.iterdir())) == (0, [])
    site.up()
    site.wait_whole(60)
    owners = {line.split()[0]: (int(line.split()[1]), int(line.split()[2]))
              for line in (site.root / "services" / "volumes.tsv").read_text().splitlines()
              if line and not line.startswith("#")}
    assert {name: (os.stat(site.data / name).st_uid, os.stat(site.data / name).st_gid) for name in owners} == owners
