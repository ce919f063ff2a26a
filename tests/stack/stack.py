# SPDX-License-Identifier: MIT
"""The stack under test: docker-compose.yml as it is, with an .env, secrets and data of its own."""

import html
import os
import re
import secrets
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine
from engine import docker, run, state, wait_until

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"nginx": "nginx", "wordpress": "php-fpm8.2", "mariadb": "mariadbd"}
NAMES = tuple(PROGRAMS)
# What `make bonus` starts beside them; of backup that is the exporter, for the rest comes and goes.
BONUS_PROGRAMS = {"redis": "redis-server", "ftp": "proftpd", "site": "nginx", "adminer": "php-fpm8.2",
                  "prometheus": "prometheus", "backup": "pidone"}
ALL_PROGRAMS = {**PROGRAMS, **BONUS_PROGRAMS}
BONUS_NAMES = tuple(BONUS_PROGRAMS)
PROJECT = "pidone-tests"
TITLE = "Harbour of Tests"


def example_keys():
    """The keys of .env.example with their values, in order."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z][A-Z0-9_]*=", line))


def compose_command():
    """The v2 plugin where it is there, else docker-compose: as the Makefile chooses."""
    if run("docker", "compose", "version", check=False).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"]


class Page:
    """What curl got: status, headers in lower case (the last of each name), the body, and the names of all headers."""

    def __init__(self, status, headers, body, names=()):
        self.status, self.headers, self.body, self.names = status, headers, body, list(names)


class Visitor:
    """A browser: curl with a cookie jar of its own, which finds the domain at 127.0.0.1."""

    def __init__(self, stack, jar=None):
        self.stack = stack
        self.jar = jar

    def get(self, path, *options, host=None, timeout=15):
        port = self.stack.env["HTTPS_PORT"]
        domain = self.stack.env["DOMAIN_NAME"]
        url = path if "://" in path else f"https://{host or domain}:{port}{path}"
        jar = ["-b", self.jar, "-c", self.jar] if self.jar else []
        done = run("curl", "-sSk", "-i", "--noproxy", "*", "--max-time", timeout * engine.SLOW, "--resolve",
                   f"{domain}:{port}:127.0.0.1", "--resolve", f"site.{domain}:{port}:127.0.0.1", *jar, *options, url, check=False, timeout=timeout + 5)
        if done.returncode != 0:
            return Page(0, {}, done.stderr)
        head, _, body = done.stdout.partition("\n\n")
        lines = head.splitlines()
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        return Page(int(lines[0].split()[1]), dict(headers), body, (name for name, _ in headers))

    def post(self, path, fields, *options, **more):
        data = [word for name, value in fields.items() for word in ("--data-urlencode", f"{name}={value}")]
        return self.get(path, *data, *options, **more)


class Author(Visitor):
    """A visitor who logged in through wp-login.php, and uses the REST interface as the editor does."""

    def __init__(self, stack, name, password):
        super().__init__(stack, stack.home / f"cookies-{name}-{secrets.token_hex(4)}")
        self.name = name
        self.get("/wp-login.php")
        self.page = self.post("/wp-login.php", {"log": name, "pwd": password, "testcookie": "1",
                                                "redirect_to": stack.address + "/wp-admin/"})

    @property
    def is_in(self):
        jar = Path(self.jar).read_text() if Path(self.jar).exists() else ""
        return self.page.status == 302 and "wordpress_logged_in_" in jar

    def nonce(self):
        said = self.get("/wp-admin/admin-ajax.php?action=rest-nonce").body.strip()
        assert re.fullmatch(r"\w{10}", said), f"no nonce for '{self.name}': {said[:300]}"
        return said

    def rest(self, path, fields, method="POST"):
        data = [word for name, value in fields.items() for word in ("--data-urlencode", f"{name}={value}")]
        return self.get(f"/wp-json{path}", "-X", method, "-H", f"X-WP-Nonce: {self.nonce()}", *data)

    def publish(self, title, text):
        page = self.rest("/wp/v2/posts", {"title": title, "content": text, "status": "publish"})
        assert page.status == 201, f"publishing '{title}': {page.status} {page.body[:500]}"
        return page


class Stack:
    root = ROOT

    def __init__(self, home):
        self.home = Path(home)
        self.data = self.home / "data"
        self.env = example_keys()
        self.env.update(LOGIN="tester", DOMAIN_NAME="tester.42.fr", DATA_DIR=str(self.data),
                        COMPOSE_PROJECT_NAME=PROJECT, WP_TITLE=TITLE,
                        WP_OWNER_EMAIL="captain@tester.42.fr", WP_AUTHOR_EMAIL="writer@tester.42.fr")
        self.example = dict(self.env)
        # Compose reads the environment before .env, so a key there would win over the test's own.
        self.process_env = {name: value for name, value in os.environ.items() if name not in self.env}
        shutil.copy(ROOT / "docker-compose.yml", self.home)
        self.secrets = {name: secrets.token_hex(16) for name in (
            "db_root_password", "db_password", "wp_owner_password", "wp_author_password", "wp_salts",
            "redis_password", "ftp_password", "prometheus_password", "db_backup_password", "backup_password")}
        self.secrets.update(tls_certificate="", tls_key="")
        (self.home / "secrets").mkdir(mode=0o700)
        for name, text in self.secrets.items():
            self.set_secret(name, text)
        self.command = compose_command()
        self.has_bonus = False
        self.first = {}  # what the engine said of each container after the first start
        self.write_env()

    # ---- files --------------------------------------------------------------

    def write_env(self, **keys):
        self.env.update({name: str(value) for name, value in keys.items()})
        (self.home / ".env").write_text("".join(f"{name}={value}\n" for name, value in self.env.items()))

    def set_secret(self, name, text):
        """Replaces the file, as an editor does; the containers see it after a restart."""
        self.secrets[name] = text
        new = self.home / "secrets" / f".{name}"
        new.write_text(text)
        new.chmod(0o444)
        new.rename(self.home / "secrets" / name)

    def make_volumes(self):
        run(ROOT / "tools" / "volumes.sh", env={**self.process_env, **self.env})

    def wipe(self, *volumes):
        """Empties volumes, as nobody but a person or a broken disk would."""
        for name in volumes or [entry.name for entry in self.data.iterdir()]:
            for entry in (self.data / name).iterdir():
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    def image(self, name):
        return f"{name}:{self.env['IMAGE_TAG']}"

    # ---- life ---------------------------------------------------------------

    @property
    def names(self):
        return NAMES + BONUS_NAMES if self.has_bonus else NAMES

    def begin(self, has_bonus=False):
        """From nothing to a whole site, whatever was there before."""
        self.remove()
        self.has_bonus = has_bonus
        self.write_env(**self.example)
        self.make_volumes()
        self.wipe()
        self.up()
        self.wait_whole(60)
        self.first = {name: engine.inspect(name) for name in self.names} | self.first

    def compose(self, *words, check=True):
        parts = {"BONUS": "on", "COMPOSE_PROFILES": "bonus"} if self.has_bonus else {"BONUS": "off", "COMPOSE_PROFILES": ""}
        return run(*self.command, *words, cwd=self.home, env={**self.process_env, **parts}, check=check)

    def up(self):
        self.make_volumes()
        self.compose("up", "-d", "--no-build")

    def down(self, *words):
        self.compose("down", "--remove-orphans", *words)

    def remove(self):
        """Everything of this project but the data, without waiting for anybody."""
        self.kill()
        self.down("--volumes")

    def start(self, *names):
        """All at the same time, as after a reboot."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda name: engine.api("POST", f"/containers/{name}/start"), names or self.names))

    def kill(self, *names):
        """docker kill: quick, and Docker leaves the containers down."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(self._kill, names or self.names))

    @staticmethod
    def _kill(name):
        def is_down():
            if state(name)["Status"] in ("exited", "created", "absent"):
                return True
            # Between two restarts there is nothing to kill, so it is tried again.
            run("docker", "kill", name, check=False)
            return False
        wait_until(is_down, 15, f"'{name}' is down")

    def stop(self, *names):
        docker("stop", *(names or self.names))

    def crash(self, *pids):
        """kill -9 by the host's pid, which Docker takes for a crash and not for somebody's wish."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def pids(self):
        return {name: state(name)["Pid"] for name in self.names}

    # ---- looking ------------------------------------------------------------

    @property
    def address(self):
        port = self.env["HTTPS_PORT"]
        return f"https://{self.env['DOMAIN_NAME']}" + ("" if port == "443" else f":{port}")

    def visitor(self):
        return Visitor(self)

    def owner(self):
        return self._login("WP_OWNER", "wp_owner_password")

    def author(self):
        return self._login("WP_AUTHOR", "wp_author_password")

    def _login(self, key, secret):
        somebody = Author(self, self.env[key], self.secrets[secret])
        assert somebody.is_in, f"'{somebody.name}' cannot log in: {somebody.page.status}"
        return somebody

    def whole(self):
        """The first page with title and theme, and every container healthy."""
        page = self.visitor().get("/")
        return (page.status == 200 and TITLE in page.body and "twentytwentythree" in page.body
                and all(engine.health(name) == "healthy" for name in self.names))

    def wait_whole(self, timeout=40):
        wait_until(self.whole, timeout, self.explain)

    def explain(self):
        """Why the site is not whole, in the words of the containers."""
        page = self.visitor().get("/")
        parts = [f"the site is whole; the first page says {page.status}: {page.body[:300]}"]
        for name in self.names:
            now = state(name)
            parts.append(f"--- {name}: {now['Status']} {now.get('Health', {}).get('Status')}\n{engine.logs(name)}")
        return "\n".join(parts)

    def shows(self, text, path="/"):
        return text in html.unescape(self.visitor().get(path).body)

    def sql(self, statement, user="root", password=None, check=True):
        """As root through the server's own socket; the password goes in by a file of this process."""
        password = self.secrets["db_root_password"] if password is None else password
        return run("docker", "exec", "-i", "-e", f"MYSQL_PWD={password}", "mariadb", "mariadb",
                   "--no-defaults", "--socket=/run/mysqld/mysqld.sock" if user == "root" else "--host=127.0.0.1",
                   *([] if user == "root" else ["--protocol=tcp", f"--port={self.env['DB_PORT']}"]),
                   f"--user={user}", "--batch", "--skip-column-names", self.env["DB_NAME"], input=statement, check=check)


def main_process(name):
    """The daemon's main process, by its pid on the host; beside it PID 1 may have a probe of the same name for a moment."""
    def running():
        found = [pid for pid in engine.children(state(name)["Pid"]) if engine.proc(pid, "comm").strip() == ALL_PROGRAMS[name]]
        return found if len(found) == 1 else None
    return wait_until(running, 20, f"'{name}' has one process '{ALL_PROGRAMS[name]}' below PID 1")[0]
