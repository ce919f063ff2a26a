# SPDX-License-Identifier: MIT
"""Prometheus: whom it reads, who may read it, and that an alert comes when something is wrong."""

import json
import re
from urllib.parse import quote

import pytest

import engine
from engine import docker, run, wait_until
from stack import ROOT


def curl_user(bonus, user=None, password=None):
    """Options of curl; the password goes by a file, not the command line."""
    place = bonus.home / "prometheus-user"
    place.write_text(f'user = "{user or bonus.env["PROMETHEUS_USER"]}:{password or bonus.secrets["prometheus_password"]}"\n')
    return "-K", str(place)


def ask(bonus, path):
    page = bonus.visitor().get(f"/prometheus{path}", *curl_user(bonus))
    return json.loads(page.body)["data"] if page.status == 200 else None


def query(bonus, expression):
    """The value of each series, by instance."""
    found = ask(bonus, f"/api/v1/query?query={quote(expression)}") or {"result": []}
    return {one["metric"].get("instance"): float(one["value"][1]) for one in found["result"]}


def test_every_container_is_read_and_every_other_source_too(bonus):
    def all_up():
        found = ask(bonus, "/api/v1/targets")
        targets = {(one["labels"]["job"], one["labels"]["instance"]): one for one in found["activeTargets"]} if found else {}
        return targets if targets and all(one["health"] == "up" for one in targets.values()) else None
    targets = wait_until(all_up, 45, lambda: f"all targets are up: {ask(bonus, '/api/v1/targets')}", step=0.5)
    assert {instance for job, instance in targets if job == "pidone"} == set(bonus.names)
    assert {job for job, _ in targets} == {"pidone", "nginx", "redis", "volumes", "site", "prometheus"}
    wait_until(lambda: set(query(bonus, 'pidone_health{health="healthy"} == 1')) == set(bonus.names), 30,
               "each PID 1 says that it is well", step=0.5)
    for name, instance in (("nginx_up", "nginx"), ("redis_up", "redis"), ("probe_success", bonus.env["DOMAIN_NAME"])):
        # The first look may have been before the site was whole.
        wait_until(lambda n=name, i=instance: query(bonus, n) == {i: 1}, 40, f"{name} is 1", step=0.5)
    # The certificate is made for ten years.
    assert 3640 * 86400 < query(bonus, "probe_ssl_earliest_cert_expiry - time()")[bonus.env["DOMAIN_NAME"]] < 3651 * 86400


def test_it_knows_how_full_each_volume_is_and_reads_no_file_of_theirs(bonus):
    volumes = {name.removeprefix("pidone-tests_") for name in docker("volume", "ls", "-q").splitlines()
               if name.startswith("pidone-tests_")}

    def known():
        found = ask(bonus, f"/api/v1/query?query={quote('node_filesystem_avail_bytes > 0')}") or {"result": []}
        return {one["metric"]["volume"] for one in found["result"]}
    wait_until(lambda: known() == volumes, 30, lambda: f"{volumes}, not {known()}", step=0.5)
    for name, path in (("mariadb", "data"), ("nginx", bonus.env["DOMAIN_NAME"])):
        done = run("docker", "exec", "prometheus", "cat", f"/volumes/{name}/{path}/key.pem", check=False)
        assert "Permission denied" in done.stderr


@pytest.mark.parametrize("user, password", [(None, "wrong"), ("somebody", None)])
def test_a_wrong_name_or_password_sees_nothing(bonus, user, password):
    for path in ("/prometheus/consoles/stack.html", "/prometheus/api/v1/query?query=up", "/prometheus/classic/graph"):
        assert bonus.visitor().get(path).status == 401
        assert bonus.visitor().get(path, *curl_user(bonus, user, password)).status == 401


def test_the_address_leads_to_the_page_that_shows_all_services(bonus):
    for path in ("/prometheus", "/prometheus/"):
        assert bonus.visitor().get(path).headers["location"] == bonus.address + "/prometheus/consoles/stack.html"

    def shown():
        page = bonus.visitor().get("/prometheus/consoles/stack.html", *curl_user(bonus))
        assert page.status == 200, page.body[:500]
        return page.body if all(f"<td>{name}</td>\n<td><span class=\"good\">healthy</span>" in page.body
                                for name in bonus.names) else None
    page = wait_until(shown, 30, "each container is there, and healthy", step=0.5)
    assert re.search(r"36(49|50) days", page) and "<script" not in page
    assert not [word for word in ("error", "no value", "NaN", "{{") if word in page]


def test_nobody_can_change_or_end_it_through_its_interface(bonus):
    for path in ("/-/quit", "/-/reload", "/api/v1/admin/tsdb/delete_series?match[]=up", "/api/v1/admin/tsdb/snapshot"):
        page = bonus.visitor().get(f"/prometheus{path}", "-X", "POST", *curl_user(bonus))
        assert page.status >= 400 and ("not enabled" in page.body or "disabled" in page.body), f"{path}: {page.body}"
    assert engine.state("prometheus")["Running"] is True


def test_the_alert_rules_are_in_force_and_none_has_a_fault(bonus):
    named = set(re.findall(r"- alert: (\w+)", (ROOT / "services" / "prometheus" / "rules.yml").read_text()))

    def healths():
        groups = (ask(bonus, "/api/v1/rules") or {"groups": []})["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    wait_until(lambda: healths() == dict.fromkeys(named, "ok"), 30, healths, step=0.5)
