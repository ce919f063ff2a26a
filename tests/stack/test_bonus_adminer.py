# SPDX-License-Identifier: MIT
"""Adminer: the database of the site in a browser, by its form, and nothing else."""

import re
import secrets

import pytest

import engine
from engine import run, wait_until
from stack import Visitor


class Desk(Visitor):
    """Somebody at Adminer's form, with a cookie jar."""

    def __init__(self, bonus):
        super().__init__(bonus, bonus.home / f"adminer-{secrets.token_hex(4)}")

    def log_in(self, password, user=None, server="mariadb"):
        """Fills in the form, and follows where it leads."""
        fields = {"auth[server]": server, "auth[username]": user or self.stack.env["DB_USER"], "auth[password]": password,
                  "auth[db]": self.stack.env["DB_NAME"]}
        answer = wait_until(lambda: self.unlimited("/adminer/", fields), 30, "a log-in that is not limited", step=1)
        assert answer.status == 302, f"{answer.status} {answer.body[:300]}"
        return self.get("/adminer/" + answer.headers["location"])

    def unlimited(self, path, fields):
        """The answer; none while the test before has used up what an address may try."""
        answer = self.post(path, fields)
        return answer if answer.status != 429 else None


def test_the_password_of_the_secret_opens_the_database(bonus):
    desk = Desk(bonus)
    page = desk.log_in(bonus.secrets["db_password"])
    assert page.status == 200 and "wp_options" in page.body and "wp_posts" in page.body
    query = f"/adminer/?server=mariadb&username={bonus.env['DB_USER']}&db={bonus.env['DB_NAME']}&select=wp_users"
    assert bonus.env["WP_OWNER"] in desk.get(query).body


@pytest.mark.parametrize("password", ["", "wrong"])
def test_another_password_is_refused(bonus, password):
    page = Desk(bonus).log_in(password)
    assert page.status == 403 and "wp_options" not in page.body
    assert "Access denied" in page.body or "without a password" in page.body


def test_no_other_server_can_be_chosen(bonus):
    page = Desk(bonus).log_in("x", server="redis.cache:6379")
    assert page.status == 403 and "wp_options" not in page.body
    form = bonus.visitor().get("/adminer/").body
    assert re.findall(r"<option[^>]*>([^<]*)", re.search(r"<select name='auth\[server\]'>.*?</select>", form, re.S)[0]) == ["mariadb"]


def test_its_pages_ask_nobody_outside(bonus):
    desk = Desk(bonus)
    for page in (desk.get("/adminer/"), desk.log_in(bonus.secrets["db_password"])):
        assert page.status == 200
        asked = re.findall(r"""(?:<(?:script|img|iframe|source|embed)[^>]*\bsrc|<link[^>]*\bhref)=["']?([^"'> ]+)""", page.body)
        assert asked and all(re.match(r"\?|/(?!/)|data:", target) for target in asked), asked
        # The page loads a newer version's number by this function, which is made to do nothing.
        assert "verifyVersion = function () {};" in page.body


def test_whoever_tries_passwords_gets_429_and_the_site_answers_meanwhile(bonus):
    codes = []

    def is_refused():
        codes.append(bonus.visitor().post("/adminer/", {"auth[server]": "mariadb", "auth[username]": "root",
                                                        "auth[password]": str(len(codes))}).status)
        return codes[-1] == 429
    wait_until(is_refused, 40, lambda: f"an attempt is refused: {codes}", step=0)
    assert set(codes) <= {302, 429}
    assert bonus.visitor().get("/adminer/").status == 200
    assert bonus.visitor().get("/").status == 200

