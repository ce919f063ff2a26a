# SPDX-License-Identifier: MIT
"""Who listens in which network, and who can connect there: what DEV_DOC.md says and nothing else."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import engine
from engine import run
from stack import PROJECT, ROOT

# Runs in a container's network namespace: which of [address, port] on standard input take a connection.
CONNECT = """
import asyncio, json, sys
async def answers(address, port):
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), 1.5)
    except OSError:
        return False
    except asyncio.TimeoutError:
        return False
    writer.close()
    return True
async def main(targets):
    return await asyncio.gather(*(answers(*target) for target in targets))
print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
"""


def documented(stack):
    """{(network, container, port)} of the table in DEV_DOC.md."""
    section = (ROOT / "DEV_DOC.md").read_text().partition("\n## Networks\n")[2].partition("\n## ")[0]
    found = set()
    for network, listeners in re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", section, re.M):
        for who, key, part in re.findall(r"(\w+) `(\w+_PORT)`(?: \((bonus)\))?", listeners):
            if part and not stack.has_bonus:
                continue
            found |= {(network, name, int(stack.env[key])) for name in (stack.names if who == "each" else [who])}
    return {entry for entry in found if entry[1] in stack.names}


def addresses(name):
    """{network: address} of a container."""
    networks = engine.inspect(name)["NetworkSettings"]["Networks"]
    return {network.removeprefix(f"{PROJECT}_"): found["IPAddress"] for network, found in networks.items()}


def listening(name):
    """{(network, container, port)} of the sockets that others could reach."""
    networks = addresses(name)
    found = set()
    for line in run("nsenter", "--net", "--target", engine.state(name)["Pid"], "ss", "-Hltn").stdout.splitlines():
        address, _, port = line.split()[3].rpartition(":")
        if address.startswith("127.") or address == "[::1]":
            continue
        found |= {(network, name, int(port)) for network, own in networks.items() if address in (own, "0.0.0.0", "*", "[::]")}
        assert found, f"{name} listens at {line}"
    return found


@pytest.fixture(params=["site", "bonus"])
def stack(request):
    return request.getfixturevalue(request.param)


def test_only_the_documented_ports_listen(stack):
    assert set().union(*map(listening, stack.names)) == documented(stack)


def test_a_neighbour_can_connect_to_what_is_documented_in_a_shared_network_only(stack):
    places = {name: addresses(name) for name in stack.names}
    ports = sorted({int(stack.env[key]) for key in stack.env if key.endswith("_PORT")})
    targets = [(network, name, port) for name in stack.names for network in places[name] for port in ports]

    def connected(client):
        others = [target for target in targets if target[1] != client]
        asked = json.dumps([[places[name][network], port] for network, name, port in others])
        told = run("nsenter", "--net", "--target", engine.state(client)["Pid"], "/usr/bin/python3", "-c", CONNECT,
                   input=asked).stdout
        return {target for target, answered in zip(others, json.loads(told)) if answered}

    with ThreadPoolExecutor() as pool:
        seen = dict(zip(stack.names, pool.map(connected, stack.names)))
    expected = {client: {(network, name, port) for network, name, port in documented(stack)
                         if name != client and network in places[client]} for client in stack.names}
    assert seen == expected
    assert not any(name == "mariadb" and port == int(stack.env["DB_PORT"]) for _, name, port in seen["nginx"])
