# SPDX-License-Identifier: MIT
"""The site as a person meets it: in a browser, with every bonus service on. A page that complains on its console,
breaks the content security policy, or asks for what is not there or not ours, fails its story."""

import os

import pytest

import browser

STORIES = {
    "a_visitor_sees_the_first_page": "first-page",
    "the_owner_logs_in_and_out": "log-in",
    "a_page_edited_by_its_owner_is_read_by_a_stranger": "edit-a-page",
    "the_static_site_is_accessible_and_fits_on_a_phone": "static-site",
    "an_uploaded_picture_is_delivered_in_every_size": "upload-a-picture",
    "a_comment_of_the_second_user_is_seen_while_approved": "comment",
    "site_health_finds_nothing_critical": "site-health",
    "adminer_shows_the_tables_to_whoever_has_the_password": "adminer",
    "the_dashboard_shows_every_container_healthy": "prometheus",
}


@pytest.fixture(scope="module")
def chromium():
    why = browser.why_not()
    if why:
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    made = browser.Browser()
    yield made
    made.close()


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story_ends_well(bonus, chromium, story):
    chromium.tell(story, bonus)
