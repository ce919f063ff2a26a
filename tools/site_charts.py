# SPDX-License-Identifier: MIT
"""The charts of the static site, from what the repository's own commands printed. Bars are drawn as SVG inside an HTML
table, so that they are read aloud as numbers and their words keep their size on a phone."""

import re
from html import escape

# chart: (caption, unit, the line of the run with these words, which of its columns mean what)
SUPERVISORS = ("pidone", "pidone, a chain", "s6", "runit", "supervisord")
PUMPS = ("pidone, prefix", "pidone, JSON", "s6-log", "svlogd", "supervisord")
TABLES = {
    "memory-1": ("Memory for 1 service", "KiB", "memory, 1 services", SUPERVISORS),
    "memory-10": ("Memory for 10 services", "KiB", "memory, 10 services", SUPERVISORS),
    "memory-100": ("Memory for 100 services", "KiB", "memory, 100 services", SUPERVISORS),
    "wake-ups": ("Wake-ups a minute, 10 services at rest", "", "wake-ups, 10 idle", SUPERVISORS),
    "restart": ("From kill -9 to the next exec", "ms", "death to next exec", SUPERVISORS),
    "restart-soon": ("The same, when the service had lived for 50 ms", "ms", "the same, soon after", SUPERVISORS),
    "start": ("Start of 100 services", "ms", "start of 100", SUPERVISORS),
    "stop": ("Stop of 100 services", "ms", "stop of 100", SUPERVISORS),
    "lines-file": ("Lines to a file", "MB/s", "lines to a file", PUMPS),
    "lines-pipe": ("Lines to a pipe", "MB/s", "lines to a pipe", PUMPS),
}
COMMAND = {
    "command-memory": ("Memory of one init", "KiB"),
    "command-start": ("Start and end of /bin/true under it", "µs"),
}


def amount(text):
    """A figure as a person writes it, with the digits that were printed: 2.053e+04 is 20,530."""
    number = float(text)
    return f"{number:,.0f}" if "e" in text or number == int(number) else f"{number:,}"


def rows_of(run, name):
    """(who, figure as printed) of each that has one."""
    if name == "command-memory":
        line = re.search(r"^private dirty memory in command mode +([\d.]+) KiB.*\(([^)]*)\)", run, re.M)
        return [("pidone", line[1]), *(tuple(entry.rsplit(" ", 1)) for entry in line[2].split(", "))]
    if name == "command-start":
        found = re.findall(r"^start and end of /bin/true, (\S+) +([\d.]+) us", run, re.M)
        return [("no init at all" if who == "bare" else who, figure) for who, figure in found]
    _, _, words, columns = TABLES[name]
    line = re.search(rf"^{re.escape(words)}.*?  +(.*)$", run, re.M)[1].partition("aim")[0]
    cells = re.findall(r"(-|\d[\d.e+]*)(?: \([\d.]+x\))?(?= |$)", line)
    if len(cells) != len(columns):
        raise SystemExit(f"error: docs/bench.md: '{words}' has {len(cells)} figures, expected {len(columns)}")
    return [(who, cell) for who, cell in zip(columns, cells) if cell != "-"]


def bar(width, kind=""):
    return (f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect{kind} width="{width:.2f}" height="8"/></svg>')


def chart(markdown, name):
    run = markdown.partition("## A run")[2]
    caption, unit = COMMAND[name] if name in COMMAND else TABLES[name][:2]
    rows = rows_of(run, name)
    longest = max(float(figure) for _, figure in rows) or 1
    better = "longer is better" if unit == "MB/s" else "shorter is better"
    lines = ""
    for who, figure in rows:
        ours = ' class="ours"' if who.startswith("pidone") else ""
        lines += (f'<tr{ours}><th scope="row">{escape(who)}</th><td>{bar(100 * float(figure) / longest)}</td>'
                  f"<td>{amount(figure)}{' ' + unit if unit else ''}</td></tr>\n")
    return (f'<table class="chart" id="{name}">\n<caption>{escape(caption)} <small>{better}</small></caption>\n'
            f'<tbody>\n{lines}</tbody>\n</table>')


# ---- a first start, from what tools/record.sh wrote ----------------------------


def seconds(text):
    """A duration of pidone, 1m2s, 7.3s or 24ms, in seconds."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))


def entries(recording):
    return [line.split("\t") for line in recording.rstrip("\n").split("\n")]


def timeline(recording):
    """A bar for each service: its set-up, and from there until it was ready."""
    began = {name: float(when) for when, name, text in entries(recording) if text == "process 1 starts"}
    bars = []
    for _, name, text in entries(recording):
        if text.startswith("analyze "):
            _, service, at, setup, ready = text.split()
            start = began[name] + seconds(at)
            bars.append((start + seconds(setup) + seconds(ready), name, service, start, seconds(setup), seconds(ready)))
    bars.sort()
    scale = 100 / bars[-1][0]
    lines = ""
    for end, name, service, start, setup, ready in bars:
        who = name if name == service else f"{name}: {service}"
        drawn = (f'<rect class="setup" x="{start * scale:.2f}" width="{setup * scale:.2f}" height="8"/>'
                 f'<rect class="ready" x="{(start + setup) * scale:.2f}" width="{ready * scale:.2f}" height="8"/>')
        lines += (f'<tr><th scope="row">{escape(who)}</th><td><svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" '
                  f'aria-hidden="true">{drawn}</svg></td><td>{end:.2f} s</td></tr>\n')
    machine = next(text for _, name, text in entries(recording) if name == "machine")
    return (f'<table class="chart" id="timeline">\n<caption>A first start of all, from nothing to ready <small>Pale: set-up and waiting. '
            f'Full: from the exec until it was ready. Recorded with {escape(machine)}.</small></caption>\n<tbody>\n{lines}</tbody>\n</table>')


def recording(text):
    """The lines of that start, and the style sheet by which they come when they came."""
    shown, rules = [], []
    for when, name, line in entries(text):
        if when != "-":
            shown.append(f"<span>{float(when):7.3f}  <b>{escape(name):10}</b> {escape(line)}</span>")
            rules.append(f"#play:checked ~ pre span:nth-child({len(shown)}) {{ animation-delay: {when}s; }}\n")
    return "\n".join(shown), "".join(rules)
