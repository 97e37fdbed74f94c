"""`make bench`: the figures of the design, as ratios, on this machine.

    python -m bench.run                       about eight minutes
    python -m bench.run article publish       some parts only
    BENCH_ARTICLES=100000 python -m bench.run

Writes bench/results.json and bench/RESULTS.md (for all parts together). Uses a
cluster and ports of its own, and ends everything that it starts.
"""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from itertools import count, islice

from bench import load, peer, stack
from bench.articles import MARK, questions
from bench.load import Request, Target
from bench.report import Report, now

FEW = 1000
"""Articles on both sides while pages are compared."""
MANY = int(os.environ.get("BENCH_ARTICLES") or 20_000)
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 5)
SECONDS = 3
PUBLISHES = 120
BUDGET = 60 * float(os.environ.get("BENCH_MINUTES") or 8)
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg|woff2))"')

began = time.monotonic()


def say(line):
    print(f"[{time.monotonic() - began:4.0f} s] {line}", flush=True)


class Bench:
    def __init__(self, servers, report):
        self.stack = servers
        self.report = report
        self.ports = {}
        self.pages = []

    # --- Before ---------------------------------------------------------------

    def prepare(self):
        say("Preparing the databases")
        self.stack.manage("migrate", "migrate", "--verbosity", "0")
        self.stack.manage("migrate", "collectstatic", "--no-input", "--verbosity", "0")
        say(f"Filling them with {FEW:,} articles")
        self.stack.inside("migrate", "start_over")
        self._grow(FEW)
        known = self.stack.inside("public", "addresses", count=FEW)
        self.pages = known["articles"]

    def _grow(self, to):
        self.stack.inside("migrate", "grow", to=to)
        self.stack.manage("worker", "deliver")
        answer = self.stack.inside("worker", "rebuild")
        self.stack.inside("migrate", "settle")
        return answer

    def serve(self, name):
        """The port of a server, started when it is first asked for."""
        if name not in self.ports:
            say(f"Starting {name}")
            if name == "hello":
                self.ports[name] = self.stack.serve(
                    name, "bench.hello", env=stack.environment("")
                )
            elif name == "wagtail":
                peer.install(say)
                peer.prepare(self.stack, FEW)
                self.ports[name] = peer.serve(self.stack)
            else:
                port = stack.free_port()
                origin = f"http://127.0.0.1:{port}"
                self.stack.serve(
                    name,
                    "cms.wsgi",
                    env=stack.environment(
                        "public" if name == "cached" else name,
                        # What is compared with others is made anew each time.
                        PAGE_CACHE=int(name == "cached"),
                        PORT=port,
                        SITE_ORIGIN=origin,
                        API_CONTENT_LIMIT=1_000_000,  # counted, and not reached
                    ),
                    port=port,
                )
                self.ports[name] = port
        return self.ports[name]

    def target(self, server, requests, **more):
        return Target(
            "masthead" if server in ("public", "cached", "engagement") else server,
            self.serve(server),
            requests,
            processes=lambda: self.stack.processor_seconds(server),
            **more,
        )

    def compare(self, what, *targets):
        found = load.compare(list(targets), rounds=ROUNDS, seconds=SECONDS, say=say)
        self.report.rate(what, found)
        if "wagtail" in found:
            ours = load.median(found["masthead"], "cpu")
            theirs = load.median(found["wagtail"], "cpu")
            self.report.note(
                f"For one {what} Wagtail's processes use {theirs / ours:.1f} × the "
                f"processor time of ours ({theirs:.2f} and {ours:.2f} ms)."
            )
        return found

    # --- Pages ----------------------------------------------------------------

    def article(self):
        """The article page, nothing cached, beside Wagtail and a bare view"""
        pages = [Request(path) for path, _ in self.pages]
        found = self.compare(
            "article",
            self.target("public", pages, mark=MARK),
            self.target("wagtail", peer.article_pages(FEW), mark=MARK),
            self.target("hello", [Request("/")], mark="hello"),
        )
        self.report.at_least(
            "article page, nothing cached, beside Wagtail",
            load.ratio(found, "masthead", "wagtail"),
            8,
        )
        self.report.note(
            "An article page that is made anew for each request answers "
            f"{load.ratio(found, 'masthead', 'hello'):.2f} × the requests of Hello."
        )

    def cached(self):
        """The article page from the origin cache, beside a bare view"""
        pages = [Request(path) for path, _ in self.pages]
        found = self.compare(
            "article from the origin cache",
            self.target("cached", pages, mark=MARK),
            self.target("hello", [Request("/")], mark="hello"),
        )
        self.report.at_least(
            "article page from the origin cache, beside Hello",
            load.ratio(found, "masthead", "hello"),
            0.8,
        )

    def listing(self):
        """The list of the newest articles"""
        found = self.compare(
            "listing",
            self.target("public", [Request("/articles/")], mark=MARK),
            self.target("wagtail", peer.listing(), mark=MARK),
        )
        self.report.at_least(
            "listing, nothing cached, beside Wagtail",
            load.ratio(found, "masthead", "wagtail"),
            8,
        )

    def search(self):
        """Full-text search"""
        asked = questions(200)
        ours = [Request(f"/search/?q={words.replace(' ', '+')}") for words in asked]
        found = self.compare(
            "search",
            self.target("public", ours, mark="Search"),
            self.target("wagtail", peer.searches(200), mark="Blog"),
        )
        self.report.at_least(
            "search, nothing cached, beside Wagtail",
            load.ratio(found, "masthead", "wagtail"),
            8,
        )

    def api(self):
        """One article through the content API"""
        pages = [Request(f"/api/v1/content{path}") for path, _ in self.pages]
        found = self.compare(
            "article through the API",
            self.target("public", pages, mark=MARK),
            self.target("wagtail", lambda: peer.api_pages(self.stack, FEW), mark=MARK),
        )
        self.report.at_least(
            "content API, nothing cached, beside Wagtail",
            load.ratio(found, "masthead", "wagtail"),
            8,
        )

    def queries(self):
        """How many queries a page makes"""
        counted = self.stack.inside(
            "public",
            "queries",
            article=self.pages[0][0],
            listing="/articles/",
            search=f"/search/?q={questions(1)[0]}",
        )
        self.report.at_most(
            "queries for an article page", max(counted["article"]), 1, ""
        )
        self.report.at_most("queries for a listing", max(counted["listing"]), 2, "")

    def weight(self):
        """What an article page weighs over the wire"""
        port = self.serve("public")
        status, headers, body = load.ask(
            port, Request(self.pages[0][0]), accept_encoding="gzip"
        )
        total, parts = len(body), [f"HTML {len(body) / 1000:.1f}"]
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for path in dict.fromkeys(STATIC.findall(body.decode())):
            found, _, content = load.ask(port, Request(path), accept_encoding="gzip")
            if found != 200:
                raise RuntimeError(f"{path} answered {found}.")
            total += len(content)
            name = re.sub(r"\.[0-9a-f]{8,}\.", ".", path.rsplit("/", 1)[1])
            parts.append(f"{name} {len(content) / 1000:.1f}")
        self.report.at_most("article page over the wire, gzip", total / 1000, 30, "KB")
        self.report.note(f"The article page in KB, compressed: {', '.join(parts)}.")

    # --- Views ----------------------------------------------------------------

    def views(self):
        """The view beacon, and draining what it took"""
        self.stack.inside("worker", "know_content")
        visitors = count(int(time.time()))

        def beacons():
            """A visitor counts once in half an hour, so each of these is another."""
            for agent in map(load.BROWSER.format, islice(visitors, 10)):
                for _, pk in self.pages:
                    yield Request(
                        "/engagement/views/",
                        method="POST",
                        body=f'{{"kind": "article", "id": "{pk}"}}',
                        agent=agent,
                    )

        found = self.compare(
            "view beacon",
            self.target("engagement", beacons, status=204),
            self.target("hello", [Request("/")], mark="hello"),
        )
        self.report.at_least(
            "view beacon accepted, beside Hello",
            load.ratio(found, "masthead", "hello"),
            0.6,
        )
        drained = self.stack.inside("worker", "drain")
        if drained["written"] < 1000:
            raise RuntimeError(f"Only {drained['written']} views were drained.")
        self.report.at_most(
            "views drained, beside plain COPY",
            drained["seconds"] / drained["copy"],
            2,
            "×",
        )
        self.report.note(
            f"{drained['written']:,} views were drained in {drained['seconds']:.2f} s "
            f"(COPY alone {drained['copy']:.2f} s): their hourly sums, deltas of "
            "counters and the check that the content is live are part of it."
        )

    # --- Publishing -----------------------------------------------------------

    def publish(self):
        """From a publish to an anonymous reader"""
        port = self.serve("cached")
        env = stack.environment("worker", PROBE_ORIGIN=f"http://127.0.0.1:{port}")
        celery = [sys.executable, "-m", "celery", "--app", "cms"]
        self.stack.start(
            "worker",
            [*celery, "worker", "--concurrency", "2", "--without-mingle"]
            + ["--without-gossip", "--loglevel", "WARNING"],
            env=env,
        )
        self.stack.start(
            "beat", [*celery, "beat", "--pidfile=", "--loglevel", "WARNING"], env=env
        )
        try:
            time.sleep(5)  # until both are up
            self.stack.inside("editorial", "publish_and_look", count=3, port=port)
            answer = self.stack.inside(
                "editorial", "publish_and_look", count=PUBLISHES, port=port
            )
        finally:
            self.stack.stop("beat")
            self.stack.stop("worker")
        seen, acted = answer["seen"], answer["acted"]
        p50, p99 = load.percentile(seen, 50), load.percentile(seen, 99)
        self.report.at_most("publish to seen by an anonymous GET, p50", p50, 150, "ms")
        self.report.at_most("publish to seen by an anonymous GET, p99", p99, 500, "ms")
        self.report.note(
            f"{PUBLISHES} publishes on an idle site; the action itself, up to its "
            f"commit, took {load.percentile(acted, 50):.0f} ms of it (p50)."
        )

    # --- Scale ----------------------------------------------------------------

    def scale(self):
        """Rebuild, search and the admin with very many articles"""
        say(f"  filling the newsroom with {MANY:,} articles")
        built = self._grow(MANY)
        copied = self.stack.inside("migrate", "copy_articles")
        self.report.at_most(
            f"rebuild of {built['articles']:,} articles, beside plain COPY",
            built["seconds"] / copied["plain"],
            4,
            "×",
        )
        self.report.note(
            f"The rebuild took {built['seconds']:.0f} s; a COPY of the same "
            f"{copied['rows']:,} rows ({copied['megabytes']:.0f} MB) into a table "
            f"without indexes {copied['plain']:.0f} s (the search vector is a part of "
            f"it: without it {copied['bare']:.0f} s), and with the indexes there "
            f"already {copied['indexed']:.0f} s."
        )
        port = self.serve("public")
        asked = [
            Request(f"/search/?q={words.replace(' ', '+')}") for words in questions(300)
        ]
        load.timed(port, asked[:50], mark="Search")
        taken = load.timed(port, asked[50:], mark="Search")
        self.report.at_most(
            f"search over {built['articles']:,} articles, p95",
            load.percentile(taken, 95),
            50,
            "ms",
        )
        counted = self.stack.inside(
            "public",
            "queries",
            article=self.pages[0][0],
            listing="/articles/",
            search="/search/?q=sea",
        )
        self.report.at_most(
            f"queries for a listing of {built['articles']:,} articles",
            max(counted["listing"]),
            2,
            "",
        )
        self._admin(built["articles"])

    def _admin(self, articles):
        port = self.serve("editorial")
        cookie = self.stack.inside("editorial", "session")["cookie"]
        long = self.stack.inside("editorial", "long_article", blocks=200)
        for name, path, goal in (
            (
                f"admin change list at {articles:,} articles",
                "/admin/editorial/article/",
                300,
            ),
            (
                f"admin change page of {long['blocks']} blocks",
                f"/admin/editorial/article/{long['id']}/change/",
                500,
            ),
        ):
            asked = [Request(path, cookie=cookie)] * 13
            taken = load.timed(port, asked, mark="article")[3:]
            self.report.at_most(
                f"{name}, median", load.percentile(taken, 50), goal, "ms"
            )

    def counters(self):
        """The counters' cycle with few and with very many items"""
        medians = {}
        for items in (10_000, 1_000_000):
            self.stack.inside("migrate", "forget_counters")
            self.stack.inside("migrate", "have_counters", items=items)
            self.stack.inside("migrate", "settle")
            medians[items] = self.stack.inside("worker", "counter_cycle", items=items)[
                "median"
            ]
            say(f"  {items:,} items: {medians[items]:.0f} ms")
        self.stack.inside("migrate", "forget_counters")
        few, many = medians.values()
        self.report.within(
            "counter cycle after 1,000 changes, 1 M items beside 10 k",
            many / few,
            0,
            1.2,
        )
        self.report.note(
            f"The cycle (fold, then copy to the public database) took {few:.0f} ms "
            f"with 10,000 and {many:.0f} ms with 1,000,000 items, each the median of 7."
        )

    # --- The demo -------------------------------------------------------------

    def demo(self):
        """`make demo` from a clean clone, and again"""
        for name, goal in (("from nothing", 120), ("again", 10)):
            if time.monotonic() - began > BUDGET:
                self.report.missing(
                    f"`make demo` {name}",
                    "s",
                    f"≤ {goal} s",
                    "the time was up; `python -m bench.run demo` measures it alone.",
                )
                continue
            if name == "from nothing":
                clone = self._clone()
            self.report.at_most(f"`make demo` {name}", self._demo(clone), goal, "s")

    def _clone(self):
        clone = stack.PLACE / "clone"
        if clone.exists():
            stack.run(["make", "clean"], env=clone_environment(), cwd=clone)
            stack.run(["rm", "-rf", str(clone)], env=None)
        stack.run(["git", "clone", "--quiet", str(stack.ROOT), str(clone)], env=None)
        self.report.note(
            "`make demo` is timed in a clean clone of the last commit; pip may have "
            "kept packages from earlier."
        )
        return clone

    def _demo(self, clone):
        started = time.monotonic()
        with subprocess.Popen(
            ["make", "demo"],
            cwd=clone,
            env=clone_environment(PORT=str(stack.free_port())),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as child:
            said = []
            try:
                for line in child.stdout:
                    said.append(line)
                    if "is ready" in line:
                        return time.monotonic() - started
                raise RuntimeError(f"make demo ended:\n{''.join(said[-15:])}")
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGINT)
                    child.communicate(timeout=60)


PARTS = (
    "article",
    "cached",
    "listing",
    "search",
    "api",
    "views",
    "queries",
    "weight",
    "publish",
    "counters",
    "scale",
    "demo",
)


def clone_environment(**more):
    keep = ("PATH", "HOME", "LANG", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "PYTHON")
    return {name: os.environ[name] for name in keep if name in os.environ} | more


def main(parts):
    unknown = set(parts) - set(PARTS)
    if unknown:
        sys.exit(f"Unknown: {', '.join(unknown)}. Choose of: {', '.join(PARTS)}.")
    started = now()
    report = Report(say=say)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    with stack.Stack() as servers:
        bench = Bench(servers, report)
        bench.prepare()
        for part in parts or PARTS:
            measure = getattr(bench, part)
            say(measure.__doc__)
            try:
                measure()
            except Exception as problem:
                report.missing(part, "", "", f"it failed. {problem}".strip())
    if parts:
        say("Parts only: bench/results.json is left as it was.")
    else:
        seconds = time.monotonic() - began
        report.write(began=started, seconds=seconds, articles=MANY)
        say("Written: bench/results.json and bench/RESULTS.md")
    missed = [one.name for one in report.figures if one.ok is False]
    say(f"{sum(one.ok is True for one in report.figures)} reached, {len(missed)} not")
    for name in missed:
        say(f"  not reached: {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
