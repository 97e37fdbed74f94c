"""Figures, and the two files they are written to."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import load

HERE = Path(__file__).resolve().parent
waiting_at_the_start = Path("/proc/loadavg").read_text().split()[0]


@dataclass
class Figure:
    name: str
    value: float | None
    unit: str
    goal: str
    ok: bool | None
    """None: it was not measured; `notes` has the reason."""


@dataclass
class Report:
    figures: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    rates: list = field(default_factory=list)
    """(what, server, requests per second, p50, p99, processor ms): the raw medians."""
    say: object = print

    def at_least(self, name, value, goal, unit="×"):
        self._add(name, value, unit, f"≥ {goal} {unit}".strip(), value >= goal)

    def at_most(self, name, value, goal, unit):
        self._add(name, value, unit, f"≤ {goal} {unit}".strip(), value <= goal)

    def within(self, name, value, low, high, unit="×"):
        self._add(name, value, unit, f"{low} to {high} {unit}", low <= value <= high)

    def missing(self, name, unit, goal, reason):
        self.figures.append(Figure(name, None, unit, goal, None))
        self.notes.append(f"**{name}** was not measured: {reason}")
        self.say(f"  – {name}: not measured ({reason})")

    def note(self, text):
        self.notes.append(text)
        self.say(f"    {text}")

    def _add(self, name, value, unit, goal, ok):
        self.figures.append(Figure(name, round(value, 3), unit, goal, bool(ok)))
        self.say(f"  {'✓' if ok else '✗'} {name}: {number(value)} {unit} ({goal})")

    def rate(self, what, found):
        for server, rounds in found.items():
            self.rates.append(
                (
                    what,
                    server,
                    *(
                        load.median(rounds, name)
                        for name in ("rate", "p50", "p99", "cpu")
                    ),
                )
            )

    def write(self, *, began, seconds, articles):
        (HERE / "results.json").write_text(
            json.dumps([asdict(one) for one in self.figures], indent=2) + "\n"
        )
        (HERE / "RESULTS.md").write_text(
            "\n".join(self._lines(began, seconds, articles)) + "\n"
        )

    def _lines(self, began, seconds, articles):
        yield "# What was measured"
        yield ""
        yield f"By `make bench`, {began:%d %B %Y}, in {seconds / 60:.0f} minutes."
        yield ""
        yield from machine()
        yield ""
        yield "| figure | measured | objective | |"
        yield "|---|---:|---|---|"
        for one in self.figures:
            mark = {True: "yes", False: "**no**", None: "not measured"}[one.ok]
            value = (
                "–" if one.value is None else f"{number(one.value)} {one.unit}".strip()
            )
            yield f"| {one.name} | {value} | {one.goal} | {mark} |"
        yield ""
        yield "## Requests"
        yield ""
        yield (
            "Medians of all rounds. The last column is processor time of the Python "
            "server for one request; PostgreSQL's and the client's come on top."
        )
        yield ""
        yield "| page | server | requests/s | p50 ms | p99 ms | processor ms |"
        yield "|---|---|---:|---:|---:|---:|"
        for what, server, rate, p50, p99, cpu in self.rates:
            cells = (f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{cpu:.2f}")
            yield f"| {what} | {server} | {' | '.join(cells)} |"
        yield ""
        yield "## How"
        yield ""
        for line in method(articles):
            yield f"* {line}"
        if self.notes:
            yield ""
            yield "## Notes"
            yield ""
            for note in self.notes:
                yield f"* {note}"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def machine():
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    waiting = Path("/proc/loadavg").read_text().split()[0]
    yield (
        f"{cpu}, {len(os.sched_getaffinity(0))} cores, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}."
    )
    yield (
        f"Load when it began: {waiting_at_the_start} (others use this machine, too, if "
        f"it is not near 0); at the end {waiting}."
    )


def method(articles):
    yield (
        "Only ratios mean anything: everything that is compared runs on this machine, "
        "at the same time, under the same gunicorn (2 workers of 4 threads, `gthread`) "
        "and against the same PostgreSQL, with its default durability. Servers are "
        "measured in turn, round by round; a figure is the median of the ratios of the "
        "rounds."
    )
    client = "`wrk`" if load.TOOL == "wrk" else "our own (`wrk` is not here)"
    yield (
        f"The client is {client} with {load.CONNECTIONS} connections. It looks at "
        "every answer: another status, or an article without its text, ends the figure."
    )
    yield (
        "Both sites have the same articles: 12 blocks, about 700 words, made by "
        "`bench/articles.py`. Requests go round all of them, so it is not always the "
        "same page. The peer's templates are those of a tutorial, a good deal smaller "
        "than our pages. Nothing is cached on either side, but where a figure says so."
    )
    yield (
        f"Scale figures are taken with {articles:,} live articles; beyond the first "
        "500 only titles, addresses and dates are new. "
        "`BENCH_ARTICLES=100000 make bench` takes them with another number."
    )
    yield (
        "A publish is timed from the call of the action to the first anonymous GET, "
        "repeated every 4 ms, that shows the text: through outbox, Redis, a Celery "
        "worker, the public database and gunicorn."
    )


def now():
    return datetime.now(UTC)
