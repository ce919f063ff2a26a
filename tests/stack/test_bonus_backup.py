# SPDX-License-Identifier: MIT
"""Snapshots of the database and the files: all is saved, all comes back, and nothing that goes wrong costs an old one."""

import hashlib
import json
import os
import secrets
import shutil
import subprocess

import pytest

import engine
from engine import docker, run, state, wait_until
from stack import ROOT

CTRL_C = b"\x03"


@pytest.fixture
def backup(bonus):
    """`backup(WORD, ...)` is tools/backup.sh beside the .env and secrets of the test."""
    shutil.copytree(ROOT / "tools", bonus.home / "tools", dirs_exist_ok=True)
    shutil.copytree(ROOT / "services", bonus.home / "services", dirs_exist_ok=True)
    shutil.copy(ROOT / ".env.example", bonus.home)

    return Tool(bonus.home / "tools" / "backup.sh", {**bonus.process_env, "UP_TIMEOUT": str(round(60 * engine.SLOW))})


class Tool:
    def __init__(self, path, env):
        self.path, self.env = path, env

    def __call__(self, word, check=True, **variables):
        return run(self.path, word, check=check, timeout=180, env={**self.env, **variables})

    def at_a_terminal(self, word):
        return Person(f"{self.path} {word}", self.env, self.path.parent / "said")


class Person:
    """At a terminal: reads what the tool says, and types."""

    def __init__(self, command, env, said):
        self.said = said
        with said.open("wb") as output:
            self.process = subprocess.Popen(["script", "--quiet", "--return", "--flush", "--command", command, "/dev/null"],
                                            env=env, stdin=subprocess.PIPE, stdout=output, stderr=output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def reads(self, text):
        wait_until(lambda: text in self.said.read_text(), 60, lambda: f"'{text}' is said, not only: {self.said.read_text()}")

    def types(self, keys):
        self.process.stdin.write(keys)
        self.process.stdin.flush()


def snapshots():
    """The snapshots' ids, the oldest first, as restic itself tells them."""
    told = docker("exec", "backup", "restic", "snapshots", "--json", "--no-cache", "--no-lock")
    return [snapshot["id"] for snapshot in json.loads(told)]


def tables(stack):
    """Each table with the checksum of its content; what WordPress writes down by itself is left out."""
    # Timed jobs and what is kept for a while change with every visit.
    stack.sql("DELETE FROM wp_options WHERE option_name LIKE '%transient%' OR option_name = 'cron'")
    names = stack.sql("SHOW TABLES").stdout.split()
    return stack.sql("CHECKSUM TABLE " + ", ".join(f"`{name}`" for name in names)).stdout


def files(stack):
    """Each path of the site with owner, mode, time of change, and content."""
    top = stack.data / "wordpress" / "html"
    found = {}
    for path in sorted(top.rglob("*")):
        seen = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        time = seen.st_mtime_ns if path.is_file() else 0
        found[str(path.relative_to(top))] = (seen.st_uid, seen.st_gid, oct(seen.st_mode), time, content)
    return found


def test_a_destroyed_site_comes_back_with_every_table_and_every_file(bonus, backup):
    word = f"saved-{secrets.token_hex(4)}"
    bonus.owner().publish(word, f"the text of {word}")
    odd = bonus.data / "wordpress" / "html" / "wp-content" / f"{word} it's ä.bin"
    odd.write_bytes(secrets.token_bytes(300_000))
    shutil.chown(odd, 33, 33)
    bonus.sql("CREATE TABLE odd (id INT PRIMARY KEY, data BLOB, text TEXT); "
              "INSERT INTO odd VALUES (1, UNHEX('00FF0A0D5C27'), 'ä € 🙂 '';--'), (2, NULL, ''); "
              "CREATE TRIGGER odd_set BEFORE INSERT ON odd FOR EACH ROW SET NEW.text = 'set'; "
              "CREATE VIEW odd_view AS SELECT id FROM odd; CREATE FUNCTION odd_sum() RETURNS INT RETURN 4711; "
              "CREATE EVENT odd_event ON SCHEDULE EVERY 1 YEAR DO DELETE FROM odd", bonus.env["DB_USER"], bonus.secrets["db_password"])
    # Nobody writes while the two are compared.
    docker("stop", "wordpress", "nginx", "ftp")
    before = tables(bonus), files(bonus)
    told = backup("now").stdout
    saved = snapshots()[-1][:8]
    assert saved in told
    # A new disk has not even the directories.
    for name in ("mariadb", "wordpress"):
        shutil.rmtree(bonus.data / name)
    assert saved in backup("list").stdout
    done = backup("restore", YES="1", SNAPSHOT=saved)
    assert f"restored: {saved}; starting what was stopped" in done.stdout
    bonus.wait_whole(60)
    assert bonus.shows(f"the text of {word}", f"/{word}/")
    assert bonus.sql("SHOW TRIGGERS").stdout.startswith("odd_set\t") and "odd_view" in bonus.sql("SHOW TABLES").stdout
    assert bonus.sql("SELECT odd_sum()").stdout.strip() == "4711" and "odd_event" in bonus.sql("SHOW EVENTS").stdout
    docker("stop", "wordpress", "nginx", "ftp")
    after = tables(bonus), files(bonus)
    bonus.start("wordpress", "nginx", "ftp")
    assert after[0] == before[0]
    assert after[1] == before[1]
    assert not (bonus.data / "wordpress" / ".restore").exists()
    bonus.wait_whole(60)
    bonus.sql("DROP VIEW odd_view; DROP TABLE odd; DROP FUNCTION odd_sum; DROP EVENT odd_event")
    odd.unlink()


def test_what_cannot_be_restored_is_refused_and_stops_nothing(bonus, backup):
    running = bonus.pids()
    (bonus.home / "no" / "backup").mkdir(parents=True)
    for reason, variables in (("no such snapshot: 'deadbeef'", {"SNAPSHOT": "deadbeef"}), ("SNAPSHOT '../x': expected an id", {"SNAPSHOT": "../x"}),
                              ("Replace the site's database", {"YES": ""}), ("there is no image 'backup:none': 'make bonus'", {"IMAGE_TAG": "none"}),
                              ("there is no snapshot in", {"DATA_DIR": bonus.home / "no"})):
        failed = backup("restore", check=False, **{"YES": "1", **variables})
        assert failed.returncode == 1 and f"error: {reason}" in failed.stderr, failed.stderr
    assert bonus.pids() == running


def test_what_was_confirmed_is_restored_also_after_an_interruption(bonus, backup):
    title = "SELECT option_value FROM wp_options WHERE option_name = 'blogdescription'"
    bonus.sql("UPDATE wp_options SET option_value = 'of the first' WHERE option_name = 'blogdescription'")
    backup("now")
    first = snapshots()[-1][:8]
    database = state("mariadb")["StartedAt"]
    with backup.at_a_terminal("restore") as person:
        person.reads("[y/N]")
        bonus.sql("CREATE TABLE later (id INT); "
                  "UPDATE wp_options SET option_value = 'of the second' WHERE option_name = 'blogdescription'")
        backup("now")
        assert snapshots()[-1][:8] != first
        person.types(b"y\n")
        person.reads(f"restoring <Snapshot {first}")
        person.types(CTRL_C)
        person.reads("error: the restore failed")
        assert person.process.wait(60) != 0
    assert bonus.sql(title).stdout.strip() == "of the second" and state("wordpress")["Status"] == "exited"
    backup("restore", YES="1", SNAPSHOT=first)
    bonus.wait_whole(60)
    assert bonus.sql(title).stdout.strip() == "of the first" and "later" not in bonus.sql("SHOW TABLES").stdout
    assert state("mariadb")["StartedAt"] == database, "the database had no reason to start again"


def test_a_database_that_does_not_go_in_costs_nothing_that_was_there(bonus, backup):
    backup("now")
    good, before = snapshots()[-1][:8], bonus.data / "backup" / "dump" / "before" / "database.sql"
    # The application may not make what belongs to root.
    bonus.sql("CREATE VIEW of_root AS SELECT 1")
    backup("now")
    bonus.sql("DROP VIEW of_root; CREATE TABLE later (id INT)")
    for _ in range(2):
        failed = backup("restore", check=False, YES="1")
        assert failed.returncode != 0 and str(before) in failed.stderr
        assert "CREATE TABLE `later`" in before.read_text()
    backup("restore", YES="1", SNAPSHOT=good)
    bonus.wait_whole(60)
    assert not before.exists() and "later" not in bonus.sql("SHOW TABLES").stdout


def test_a_failed_run_is_seen_and_keeps_the_old_snapshots(bonus, backup):
    if not (bonus.data / "backup" / "repository").exists():
        backup("now")
    kept = snapshots()
    docker("stop", "mariadb")
    try:
        failed = backup("now", check=False)
    finally:
        docker("start", "mariadb")
    assert failed.returncode != 0 and "nothing new was saved" in failed.stderr and "tcp://mariadb.backend" in failed.stderr
    told = json.loads(docker("exec", "backup", "/usr/bin/pidone", "status", "--json"))
    assert "mariadb.backend" in next(one for one in told["services"] if one["name"] == "backup")["failure"]
    assert snapshots() == kept
    bonus.wait_whole(60)
    password = bonus.secrets["backup_password"]
    bonus.set_secret("backup_password", "another password 4711")
    try:
        bonus.compose("restart", "backup")
        bonus.wait_whole(60)
        failed = backup("now", check=False)
        assert failed.returncode != 0 and "wrong password or no key found" in failed.stderr
        listed = backup("list", check=False)
        assert listed.returncode == 1 and "secrets/backup_password does not open the snapshots" in listed.stderr
    finally:
        bonus.set_secret("backup_password", password)
        bonus.compose("restart", "backup")
    bonus.wait_whole(60)
    assert snapshots() == kept


def test_a_run_that_is_killed_leaves_a_repository_that_the_next_one_uses(bonus, backup):
    before = {"backup": state("backup")["Pid"]}
    started = run("docker", "exec", "-d", "backup", "/usr/bin/pidone", "start", "backup")
    assert started.returncode == 0
    locks = bonus.data / "backup" / "repository" / "locks"
    wait_until(lambda: locks.exists() and list(locks.iterdir()), 30, "a run has locked the repository", step=0.005)
    kept = [file.name for file in (bonus.data / "backup" / "repository" / "snapshots").iterdir()]
    bonus.crash(*before.values())
    wait_until(lambda: state("backup")["Pid"] not in (0, before["backup"]), 30, "backup is started again")
    bonus.wait_whole(60)
    backup("now")
    # Names of files are whole ids.
    assert set(kept) <= set(snapshots()) and len(snapshots()) > len(kept)


def test_a_damaged_repository_is_told_and_nobody_is_comforted(bonus, backup):
    backup("now")
    pack = max((bonus.data / "backup" / "repository" / "data").rglob("*"), key=lambda path: path.stat().st_size)
    size = pack.stat().st_size
    # Longer, not gone: what cannot be read is tried again for a minute.
    os.truncate(pack, size + 1)
    try:
        failed = backup("now", check=False)
    finally:
        os.truncate(pack, size)
    assert failed.returncode == 1 and pack.name[:8] in failed.stderr
    assert f"snapshot {snapshots()[-1][:8]} was made, and then the run failed" in failed.stderr
    backup("now")


def test_the_schedule_runs_it_and_what_is_kept_is_limited(bonus, backup):
    def kept():
        # Names of files are whole ids; while one is written its name is longer.
        names = (file.name for file in (bonus.data / "backup" / "repository" / "snapshots").glob("*"))
        return {name for name in names if len(name) == 64}

    before, seen = kept(), set()
    bonus.write_env(BACKUP_SCHEDULE="every 1s", BACKUP_KEEP_LAST=2, BACKUP_KEEP_DAILY=1, BACKUP_KEEP_MONTHLY=1)
    try:
        bonus.compose("up", "-d", "--no-build", "backup")

        def has_run():
            seen.update(kept() - before)
            return len(seen) >= 3
        wait_until(has_run, 60, lambda: f"three new snapshots came, not {seen}: {engine.logs('backup')}")
        # The last one is that of the day and of the month too. While a run is at work there may be three.
        wait_until(lambda: len(kept()) == 2, 30, lambda: f"two are kept, not {kept()}")
        wait_until(lambda: engine.health("backup") == "healthy", 20, lambda: engine.logs("backup"))
    finally:
        bonus.write_env(**bonus.example)
        bonus.compose("up", "-d", "--no-build", "backup")
    bonus.wait_whole(60)


def test_it_may_read_and_not_write(bonus, backup):
    password = bonus.secrets["db_backup_password"]
    assert bonus.sql("SELECT COUNT(*) FROM wp_users", "backup", password).stdout.strip() == "2"
    for statement in ("DELETE FROM wp_options", "DROP TABLE wp_users", "CREATE TABLE x (id INT)", "SELECT * FROM mysql.global_priv"):
        assert "denied" in bonus.sql(statement, "backup", password, check=False).stderr
    written = run("docker", "exec", "backup", "touch", "/var/www/html/x", check=False)
    assert written.returncode != 0 and "Read-only file system" in written.stderr


def test_what_is_kept_is_encrypted_and_no_password_is_seen(bonus, backup):
    kept = bonus.data / "backup"
    assert oct(kept.stat().st_mode & 0o777) == "0o700"
    assert list((kept / "dump").iterdir()) == []
    stored = b"".join(path.read_bytes() for path in (kept / "repository").rglob("*") if path.is_file())
    assert stored and b"wp_options" not in stored and b"wp-config.php" not in stored
    told = docker("inspect", "backup") + engine.logs("backup", "all") + docker("top", "backup", "-eo", "pid,args")
    for name in ("backup_password", "db_backup_password", "db_password"):
        assert bonus.secrets[name] not in told
