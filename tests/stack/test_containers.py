# SPDX-License-Identifier: MIT
"""What each container is, how it is fenced in, and what the compose file says."""

import json
import re

import pytest
import yaml

import engine
from engine import docker, run, status_field
from stack import BONUS_NAMES, NAMES, ROOT

each_container = pytest.mark.parametrize("name", NAMES + BONUS_NAMES)


def processes(name):
    """The host's pids of all processes of a container."""
    return [int(row[0]) for row in engine.api("GET", f"/containers/{name}/top?ps_args=-eo+pid,args")["Processes"]]


@each_container
def test_process_1_is_pidone(whole, name):
    pid = engine.state(name)["Pid"]
    assert status_field(pid, "Name") == ["pidone"]
    assert status_field(pid, "NSpid")[-1] == "1"
    assert engine.proc(pid, "cmdline").split("\0")[:3] == ["/usr/bin/pidone", "run", "--"]
    # The file that runs is the one of the image.
    inside = docker("exec", name, "sha256sum", "/usr/bin/pidone").split()[0]
    assert run("sha256sum", f"/proc/{pid}/exe").stdout.split()[0] == inside


@each_container
def test_no_process_is_root_or_may_become_it(whole, name):
    for pid in processes(name):
        assert "0" not in status_field(pid, "Uid") and "0" not in status_field(pid, "Gid")
        assert {int(status_field(pid, field)[0], 16) for field in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd")} == {0}
        assert status_field(pid, "NoNewPrivs") == ["1"]


@each_container
def test_no_process_is_a_shell_or_only_waits(whole, name):
    for pid in processes(name):
        program = engine.proc(pid, "comm").strip()
        assert program not in ("sh", "bash", "dash", "sleep", "tail", "cat")


@each_container
def test_the_container_is_fenced_in(whole, name):
    host = engine.inspect(name)["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["ReadonlyRootfs"] is True and host["Privileged"] is False
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["Memory"] > 0 and host["PidsLimit"] > 0
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", engine.inspect(name)["Config"]["User"])
    assert not host["Devices"] and "docker.sock" not in json.dumps(engine.inspect(name)["Mounts"])
    assert not host["Links"] and host["PidMode"] == "" and host["IpcMode"] in ("private", "shareable", "")


@each_container
def test_nothing_can_be_written_outside_of_volumes_and_tmpfs(whole, name):
    for path in ("/etc/pidone/x", "/usr/bin/x", "/x"):
        done = run("docker", "exec", "--user", "0", name, "touch", path, check=False)
        assert "Read-only file system" in done.stderr


@each_container
def test_image_and_container_bear_the_service_name_and_a_fixed_tag(whole, name):
    found = engine.inspect(name)
    image, _, tag = found["Config"]["Image"].partition(":")
    assert image == name
    assert tag == whole.env["IMAGE_TAG"] and tag not in ("", "latest")
    assert found["Config"]["Labels"]["com.docker.compose.service"] == name


@each_container
def test_a_normal_start_restarts_nothing_and_runs_out_of_nothing(whole, name):
    first = whole.first[name]
    assert first["RestartCount"] == 0
    assert first["State"]["OOMKilled"] is False
    assert first["State"]["Health"]["Status"] == "healthy"


def test_networks_are_the_projects_own_and_the_backend_has_no_way_out(site):
    used = {name: set(engine.inspect(name)["NetworkSettings"]["Networks"]) for name in NAMES}
    front, web, back, cache, monitoring = (
        f"pidone-tests_{name}" for name in ("frontend", "web", "backend", "cache", "monitoring"))
    assert used == {"nginx": {front, web, monitoring}, "wordpress": {front, back, cache, monitoring}, "mariadb": {back, monitoring}}
    assert {engine.inspect(name)["HostConfig"]["NetworkMode"] for name in NAMES} <= {front, web, back, cache, monitoring}
    for network in (back, cache, monitoring):
        assert engine.api("GET", f"/networks/{network}")["Internal"] is True
    for network in (front, web):
        assert engine.api("GET", f"/networks/{network}")["Driver"] == "bridge"


@each_container
def test_what_it_may_write_into_memory_has_a_limit(whole, name):
    for place, options in engine.inspect(name)["HostConfig"]["Tmpfs"].items():
        assert re.search(r"(^|,)size=\d+m(,|$)", options), f"{place}: {options}"


def test_nginx_cannot_reach_the_database(site):
    port = site.env["DB_PORT"]
    address = engine.inspect("mariadb")["NetworkSettings"]["Networks"]["pidone-tests_backend"]["IPAddress"]
    for target in (f"tcp://mariadb.backend:{port}", f"tcp://{address}:{port}"):
        probe = ("docker", "exec", "{}", "/usr/bin/pidone", "probe", target, "--timeout", "1s")
        reachable = {name: run(*[word.format(name) for word in probe], check=False).returncode == 0
                     for name in ("nginx", "wordpress")}
        assert reachable == {"nginx": False, "wordpress": True}, target


def test_in_the_network_of_the_exporters_nothing_else_of_wordpress_and_mariadb_answers(site):
    ports = {"wordpress": site.env["FPM_PORT"], "mariadb": site.env["DB_PORT"]}
    for name, port in ports.items():
        address = engine.inspect(name)["NetworkSettings"]["Networks"]["pidone-tests_monitoring"]["IPAddress"]
        reachable = {port: run("docker", "exec", "nginx", "/usr/bin/pidone", "probe", f"tcp://{address}:{port}", "--timeout", "1s",
                               check=False).returncode == 0 for port in (port, site.env["EXPORTER_PORT"])}
        assert reachable == {port: False, site.env["EXPORTER_PORT"]: True}, name


@each_container
def test_the_exporter_listens_in_its_network_alone(whole, name):
    networks = engine.inspect(name)["NetworkSettings"]["Networks"]
    answers = {network: run("docker", "exec", name, "/usr/bin/pidone", "probe", "--timeout", "500ms",
                            f"http://{found['IPAddress']}:{whole.env['EXPORTER_PORT']}/metrics", check=False).returncode == 0
               for network, found in networks.items()}
    assert answers == {network: network == "pidone-tests_monitoring" for network in networks}
    loopback = f"tcp://127.0.0.1:{whole.env['EXPORTER_PORT']}"
    assert run("docker", "exec", name, "/usr/bin/pidone", "probe", loopback, "--timeout", "500ms", check=False).returncode == 1


def test_the_data_lie_in_bind_mounted_named_volumes_below_the_data_directory(site):
    for name, target in (("mariadb", "/var/lib/mysql"), ("wordpress", "/var/www"), ("nginx", "/var/lib/nginx/tls")):
        volume = engine.api("GET", f"/volumes/pidone-tests_{name}")
        assert volume["Driver"] == "local"
        assert volume["Options"] == {"type": "none", "o": "bind", "device": f"{site.data}/{name}"}
        mounts = {mount["Destination"]: mount for mount in engine.inspect(name)["Mounts"]}
        assert mounts[target]["Name"] == f"pidone-tests_{name}"
    assert site.example["DATA_DIR"] == str(site.data)


def test_each_container_mounts_only_its_own_secrets(site):
    seen = {name: sorted(mount["Destination"] for mount in engine.inspect(name)["Mounts"]
                         if mount["Destination"].startswith("/run/secrets/")) for name in NAMES}
    assert seen == {
        "nginx": ["/run/secrets/prometheus_password", "/run/secrets/tls_certificate", "/run/secrets/tls_key"],
        "wordpress": [f"/run/secrets/{name}" for name in
                      ("db_password", "redis_password", "wp_author_password", "wp_owner_password", "wp_salts")],
        "mariadb": ["/run/secrets/db_backup_password", "/run/secrets/db_password", "/run/secrets/db_root_password"]}


@each_container
def test_no_secret_is_in_an_environment_or_on_a_command_line(whole, name):
    texts = [text for text in whole.secrets.values() if text]
    whole = json.dumps(engine.inspect(name)) + engine.logs(name, "all")
    for pid in processes(name):
        whole += engine.proc(pid, "cmdline")
        # The daemon of mariadb had them for its templates; PID 1 never has.
        if pid == engine.state(name)["Pid"]:
            whole += engine.proc(pid, "environ")
    assert not [text for text in texts if text in whole]


def compose_commands():
    found = []
    if run("docker-compose", "version", check=False).returncode == 0:
        found.append(["docker-compose"])
    if run("docker", "compose", "version", check=False).returncode == 0:
        found.append(["docker", "compose"])
    return found


def test_the_compose_file_is_valid_for_each_compose_here(site):
    found = compose_commands()
    assert found, "neither docker-compose nor the v2 plugin is here"
    for command in found:
        done = run(*command, "config", cwd=site.home, env={**site.process_env, "COMPOSE_PROFILES": "bonus"})
        assert "warn" not in done.stderr.lower() and "obsolete" not in done.stderr
        services = yaml.safe_load(done.stdout)["services"]
        tag = site.env["IMAGE_TAG"]
        # 1.29 names the services of other profiles too: the one that `make restore` runs once.
        assert services.pop("restore", {"image": f"backup:{tag}"})["image"] == f"backup:{tag}"
        assert {name: service["image"] for name, service in services.items()} == {
            name: f"{name}:{tag}" for name in NAMES + BONUS_NAMES}


def test_nothing_the_exercise_forbids_is_in_the_compose_file():
    found = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    restore = found["services"].pop("restore")
    assert restore["profiles"] == ["job"] and restore["entrypoint"][:2] == ["/usr/bin/pidone", "run"]
    for name, service in found["services"].items():
        assert not {"links", "network_mode", "external_links", "depends_on", "command", "entrypoint"} & set(service)
        assert service["container_name"] == name
        assert service["networks"], f"'{name}' is in a network of its own choice"
    assert set(found["networks"]) == {"frontend", "web", "backend", "cache", "monitoring"}
