#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts the static site together: tools/site.py DIRECTORY writes it there.

The written pages are services/site/pages/*.html, each the inside of a page behind a line `title | description`. What
stands in double braces is filled in from the tree, so that no figure and no transcript is typed:

  {{chart NAME}}       bars, from the run that docs/bench.md shows
  {{transcript NAME}}  services/site/recordings/NAME.txt, which tools/record.sh made
  {{timeline}}         the first start of the stack as bars, from the recording `boot`
  {{recording}}        its lines, which come at their own pace when a box is ticked
  {{file PATH}}        a file of the tree as it is
  {{documents}}        the list of documents

docs/*.md and a few more become pages by cmark-gfm. Only Python's standard library is needed beside it.
"""

import functools
import hashlib
import itertools
import re
import subprocess
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import site_charts  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "services" / "site" / "pages"
BOOT = ROOT / "services" / "site" / "recordings" / "boot.txt"
MENU = (("index.html", "Process 1"), ("containers.html", "Containers"), ("boot.html", "The start"),
        ("figures.html", "Figures"), ("docs/index.html", "Documentation"))
MORE_DOCUMENTS = ("USER_DOC.md", "DEV_DOC.md", "SECURITY.md")


def sources():
    """The documents, by the name of their page."""
    found = [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in MORE_DOCUMENTS)]
    return {path.stem.lower().replace("_", "-") + ".html": path for path in found}


@functools.cache
def statics():
    """Their contents; one is made here."""
    found = {path.name: path.read_bytes() for path in (PAGES / "static").iterdir()}
    return {**found, "recording.css": site_charts.recording(BOOT.read_text())[1].encode()}


def static(name):
    """The address of a file that a browser may keep for ever: its contents are part of it."""
    return f"static/{name}?{hashlib.sha256(statics()[name]).hexdigest()[:8]}"


def frame(name, title, description, inside):
    """A whole page. Its own entry in the menu is marked, and links work from where it lies."""
    # The page of what is not there is shown at any depth.
    up = "/" if name == "404.html" else "../" * name.count("/")
    menu = ""
    for target, label in MENU:
        here = target == name or (target == "docs/index.html" and name.startswith("docs/"))
        current = f' aria-current="{"page" if target == name else "true"}"' if here else ""
        menu += f'<li><a href="{up}{target}"{current}>{label}</a></li>\n'
    styles = f'<link rel="stylesheet" href="{static("recording.css")}">\n' if 'id="play"' in inside else ""
    whole = "pidone" if title == "pidone" else f"{title} - pidone"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(whole)}</title>
<meta name="description" content="{escape(description)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="{up}{static("mark.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="{up}{static("style.css")}">
{styles}</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header>
<a class="mark" href="{up}index.html"><span>1</span> pidone</a>
<nav aria-label="Pages"><ul>
{menu}</ul></nav>
</header>
<main id="main">
{inside.strip()}
</main>
<footer>
<p>Served by nginx, the child of pidone, process 1 of the container <code>site</code>. No script, no cookie, nothing from
elsewhere.</p>
</footer>
</body>
</html>
"""


def transcript(name):
    """Commands and what they answered; the commands stand out."""
    lines = (ROOT / "services" / "site" / "recordings" / f"{name}.txt").read_text().rstrip("\n").split("\n")
    shown = [f"<b>{escape(line)}</b>" if line.startswith("$ ") else escape(line) for line in lines]
    return f'<pre class="terminal" tabindex="0" role="region" aria-label="Terminal: {name}">' + "\n".join(shown) + "</pre>"


def fill(text):
    def one(match):
        what, _, name = match[1].partition(" ")
        if what == "chart":
            return site_charts.chart((ROOT / "docs" / "bench.md").read_text(), name)
        if what == "transcript":
            return transcript(name)
        if what == "timeline":
            return site_charts.timeline(BOOT.read_text())
        if what == "recording":
            return ('<input type="checkbox" id="play"> <label for="play">Play it at that pace</label>\n<pre class="terminal" tabindex="0" '
                    f'role="region" aria-label="Terminal: the first start">{site_charts.recording(BOOT.read_text())[0]}</pre>')
        if what == "file":
            text = escape((ROOT / name).read_text().rstrip())
            return f'<pre tabindex="0" role="region" aria-label="{name}"><code>{text}</code></pre>'
        if what == "documents":
            return documents()
        sys.exit(f"error: '{match[0]}' in a page: expected chart, transcript, timeline, recording, file or documents")
    return re.sub(r"\{\{([^{}]+)\}\}", one, text)


def written(path):
    head, _, inside = path.read_text().partition("\n")
    title, _, description = head.partition(" | ")
    return frame(path.name if path.name != "docs.html" else "docs/index.html", title, description, fill(inside))


# ---- documents ----------------------------------------------------------------


def title_of(markdown):
    return re.search(r"^# (.+)$", markdown, re.M)[1].replace("`", "")


def documents():
    entries = ""
    for name, path in sources().items():
        text = path.read_text()
        first = re.search(r"^# .+\n+([^#`|][^\n]*(?:\n[^\n]+)*)", text, re.M)
        sentence = re.match(r".*?[.:](?= |$)", " ".join(first[1].split())) if first else None
        about = plain(sentence[0].rstrip(":.") + ".") if sentence else ""
        entries += f'<li><a href="{name}">{escape(title_of(text))}</a> <span>{about}</span></li>\n'
    return f'<ul class="documents">\n{entries}</ul>'


def plain(markdown):
    """One sentence without links and emphasis; code stays code."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown).replace("**", "").replace("*", "")
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def anchor(heading, taken):
    """The id that GitHub gives a heading, which is what the documents link to."""
    text = re.sub(r"<[^>]+>|&[a-z]+;", "", heading).strip().lower()
    name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
    count = taken[name] = taken.get(name, -1) + 1
    return f"{name}-{count}" if count else name


def link(match, path, pages):
    """Links between documents lead to their pages; to a file that is no page, only its name is left."""
    address, text = match[1], match[2]
    if re.match(r"https?:|#", address):
        return match[0]
    name, _, part = address.partition("#")
    target = pages.get((path.parent / name).resolve())
    return f'<a href="{target}{"#" + part if part else ""}">{text}</a>' if target else text


def document(path, pages):
    markdown = path.read_text()
    done = subprocess.run(["cmark-gfm", "--extension", "table"], input=markdown, capture_output=True, text=True, check=True)
    taken = {}
    inside = re.sub(r"<(h[1-6])>(.*?)</\1>", lambda m: f'<{m[1]} id="{anchor(m[2], taken)}">{m[2]}</{m[1]}>', done.stdout)
    inside = re.sub(r'<a href="([^"]*)">(.*?)</a>', lambda m: link(m, path, pages), inside, flags=re.S)
    number = itertools.count(1)
    inside = re.sub("<table>", lambda _: f'<div class="wide" tabindex="0" role="region" aria-label="Table {next(number)}"><table>', inside)
    inside = inside.replace("</table>", "</table></div>").replace("<th></th>", "<td></td>")
    inside = inside.replace("<pre>", '<pre tabindex="0">').replace(' align="', ' class="to-')
    title = title_of(markdown)
    return title, f'<div class="document">\n<p class="path"><a href="index.html">Documentation</a> / {path.name}</p>\n{inside}</div>'


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: tools/site.py DIRECTORY")
    out = Path(sys.argv[1])
    (out / "static").mkdir(parents=True, exist_ok=True)
    (out / "docs").mkdir(exist_ok=True)
    for name, contents in statics().items():
        (out / "static" / name).write_bytes(contents)
    for path in PAGES.glob("*.html"):
        name = "docs/index.html" if path.name == "docs.html" else path.name
        (out / name).write_text(written(path))
    pages = {path: name for name, path in sources().items()}
    for name, path in sources().items():
        title, inside = document(path, pages)
        (out / "docs" / name).write_text(frame(f"docs/{name}", title, f"pidone: {title}", inside))


if __name__ == "__main__":
    main()
