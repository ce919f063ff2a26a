# SPDX-License-Identifier: MIT
"""The site as a person meets it: in a browser, with every bonus service on. A page that complains on its console,
breaks the content security policy, or asks for what is not there or not ours, fails its story."""

import os

import pytest

import browser


@pytest.fixture(scope="module")
def chromium():
    why = browser.why_not()
    if why:
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    made = browser.Browser()
    yield made
    made.close()


def test_a_visitor_sees_the_first_page(bonus, chromium):
    chromium.tell("first-page", bonus)


def test_the_owner_logs_in_and_out(bonus, chromium):
    chromium.tell("log-in", bonus)


def test_a_page_edited_by_its_owner_is_read_by_a_stranger(bonus, chromium):
    chromium.tell("edit-a-page", bonus)


def test_the_static_site_is_accessible_and_fits_on_a_phone(bonus, chromium):
    chromium.tell("static-site", bonus)


def test_an_uploaded_picture_is_delivered_in_every_size(bonus, chromium):
    chromium.tell("upload-a-picture", bonus)


def test_a_comment_of_the_second_user_is_seen_while_approved(bonus, chromium):
    chromium.tell("comment", bonus)


def test_site_health_finds_nothing_critical(bonus, chromium):
    chromium.tell("site-health", bonus)


def test_adminer_shows_the_tables_to_whoever_has_the_password(bonus, chromium):
    chromium.tell("adminer", bonus)


def test_the_dashboard_shows_every_container_healthy(bonus, chromium):
    chromium.tell("prometheus", bonus)
