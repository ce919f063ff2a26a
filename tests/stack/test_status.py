# SPDX-License-Identifier: MIT
"""What a person sees of the whole stack: make status, logs, shell."""

from engine import docker, run, wait_until
from stack import BONUS_PROGRAMS, PROGRAMS, ROOT


def tool(stack, name, **options):
    return run(ROOT / "tools" / name, env={**stack.process_env, **stack.env, **options.pop("keys", {})}, check=False, **options)


def rows(done):
    """The cells of each line below the head, by container; the last cell may have blanks."""
    found = {}
    for line in done.stdout.splitlines()[1:]:
        cells = line.split(maxsplit=12)
        found.setdefault(cells[0], []).append(cells)
    return found


def test_status_has_a_healthy_row_for_each_daemon_of_all_containers(bonus):
    done = tool(bonus, "status.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(done)
    assert set(found) == set(bonus.names)
    for name in {**PROGRAMS, **BONUS_PROGRAMS}:
        assert [cells[1:3] for cells in found[name]] == [["running", "healthy"]] * len(found[name])
        daemon = [cells[5:7] for cells in found[name] if cells[4] == name]
        assert daemon in ([["up", "healthy"]], [["scheduled", "healthy"]]), found[name]


def test_a_container_that_is_down_has_a_row_and_an_answer_for_who_wants_a_shell(bonus):
    docker("stop", "redis")
    done = tool(bonus, "status.sh")
    refused = tool(bonus, "shell.sh", keys={"SERVICE": "redis"})
    bonus.start("redis")
    assert done.returncode == 1
    assert rows(done)["redis"][0][1] == "exited" and "ended with code 0" in done.stdout
    assert "not well: redis is exited" in done.stdout
    assert refused.returncode == 1 and "error: 'redis' is exited: 'make bonus' starts it" in refused.stderr
    wait_until(lambda: tool(bonus, "status.sh").returncode == 0, 40, bonus.explain)


def test_a_shell_is_the_services_own_user(bonus):
    assert tool(bonus, "shell.sh", keys={"SERVICE": "wordpress"}, input="id -u").stdout.strip() == "33"
