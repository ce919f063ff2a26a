# SPDX-License-Identifier: MIT
"""docs/defence.md: each command in it is run, and says what the page shows."""

import doctest
import re

import pytest

from engine import run
from stack import ROOT


def sections():
    """Title and console blocks of each section of the page."""
    for part in (ROOT / "docs" / "defence.md").read_text().split("\n## ")[1:]:
        yield part.splitlines()[0], re.findall(r"```console\n(.*?)```", part, re.DOTALL)


def examples(block):
    """Pairs of a command and the lines shown below it."""
    for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        # A line that ends with a backslash goes on in the next one.
        yield re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n(.*)", text, re.DOTALL).groups()


@pytest.mark.parametrize("title, blocks", [pytest.param(*section, id=section[0].replace(" ", "-")) for section in sections()])
def test_the_commands_say_what_the_page_shows(bonus, title, blocks):
    assert blocks, f"'{title}' shows nothing"
    for command, shown in [example for block in blocks for example in examples(block)]:
        done = run("bash", "-c", f"exec 2>&1; {command}", cwd=ROOT, env={**bonus.process_env, **bonus.env}, check=False)
        is_same = doctest.OutputChecker().check_output(shown, done.stdout, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        assert is_same, f"$ {command}\n--- shown\n{shown}--- said\n{done.stdout}"
