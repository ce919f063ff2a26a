# SPDX-License-Identifier: MIT
"""Redis as WordPress's object cache."""

from engine import docker, run


def redis(bonus, *words, password=None):
    """redis-cli inside the container; the password goes by the environment, not the command line."""
    password = bonus.secrets["redis_password"] if password is None else password
    return run("docker", "exec", "-e", f"REDISCLI_AUTH={password}", "redis", "redis-cli", "-p", bonus.env["REDIS_PORT"],
               *words, check=False).stdout.strip()


def test_it_asks_for_the_password_of_the_secret(bonus):
    assert redis(bonus, "ping") == "PONG"
    assert "NOAUTH" in redis(bonus, "ping", password="")
    assert bonus.secrets["redis_password"] not in docker("top", "redis", "-eo", "pid,args")
