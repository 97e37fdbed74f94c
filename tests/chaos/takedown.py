"""Taken down while everything is killed: `python -m tests.chaos.takedown`.

Takes articles down, one after the other, each while something is killed or hangs, and
asks for every page that showed it, as readers do, until none shows it any more. Prints
one JSON line: for each round what struck, and the seconds from the editor's click until
the slowest surface was rid of it. Runs on a cluster of its own (`MASTHEAD_VAR`).
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.storm import PATIENCE, ROOT, Storm, run, say

SURE = 6
"""Answers in a row without it, over new connections: each web process has its say."""
BREATH = 0.05
LATE = 3
WATCHED = 1.5
"""Seconds for which it has to stay away, when Redis is back with what it had."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", help="names of blows, with commas between them")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(10**6)

    from cms import embedded

    embedded.ensure(throwaway=True)
    run("migrate", "--verbosity", "0", service="migrate")
    import django

    django.setup()
    takedown = Takedown(0, options.rounds + 3, random.Random(seed))
    try:
        result = {"seed": seed, "rounds": takedown.rounds(options)}
    except BaseException:
        takedown.say_logs()
        raise
    finally:
        takedown.end()
    print(json.dumps(result))


def how_busy():
    """How many times as long as on a machine that has nothing else to do: the time on
    the clock for a tenth of a second of work."""
    began, worked = time.monotonic(), time.thread_time()
    while time.thread_time() - worked < 0.1:
        pass
    return (time.monotonic() - began) / 0.1


class Takedown(Storm):
    def rounds(self, options):
        self.prepare()
        self.start_web()
        self.start_beat()
        self.start_worker()
        self.start_courier()
        self.all_is_well_again()
        blows = [
            self.nothing,
            self.kill_the_worker,
            self.kill_redis,
            self.hang_redis_for_a_while,
            self.kill_the_courier,
            self.kill_worker_and_redis,
            self.worker_is_away_and_redis_hangs,
        ]
        if options.only:
            blows = [getattr(self, name) for name in options.only.split(",")]
        found = []
        for round_ in range(options.rounds):
            blow = blows[round_ % len(blows)]
            found.append(self.round(self.ids[round_], blow))
            say(f"{round_ + 1}: {found[-1]}")
            if found[-1]["seconds"] > LATE:
                self.say_logs()
            self.all_is_well_again()
        return found

    def round(self, pk, blow):
        from editorial import actions
        from editorial.models import Article

        item = Article.objects.get(pk=pk)
        slug = item.slug
        surfaces = self.surfaces(item)
        for path in surfaces:
            self.until(lambda path=path: self.shows(path, slug), path)
        missing = [path for path in surfaces if not self.shows(path, slug)]
        assert not missing, f"{missing} never showed {slug}"
        stretch = how_busy()
        with ThreadPoolExecutor(len(surfaces) + 1) as crowd:
            # It strikes at some moment around the click.
            wait = self.random.uniform(0, 0.15)
            struck = crowd.submit(lambda: (time.sleep(wait), blow()))
            began = time.monotonic()
            self.insist(lambda: actions.unpublish(item, by=self.ines))
            clicked = time.monotonic() - began
            watching = {
                path: crowd.submit(self.seconds_until_gone, path, slug, began)
                for path in surfaces
            }
            seconds = {path: one.result() for path, one in watching.items()}
            struck.result()
        until = time.monotonic() + WATCHED
        back = set()
        while time.monotonic() < until:
            back |= {path for path in surfaces if self.shows(path, slug)}
        slowest = max(seconds, key=seconds.get)
        return {
            "blow": blow.__name__,
            "surfaces": len(surfaces),
            "stretch": round(max(stretch, how_busy()), 1),
            "click": round(clicked, 2),
            "delivered": self.seconds_to_delivery(item),
            "seconds": round(seconds[slowest], 2),
            "slowest": slowest,
            "back": sorted(back),
        }

    def seconds_to_delivery(self, item):
        """From the newsroom's commit to the public one; the rest is the caches'."""
        from publishing.models import Receipt

        receipt = Receipt.objects.filter(item_id=item.pk).latest("committed_at")
        took = receipt.projected_at - receipt.committed_at
        return round(took.total_seconds(), 2)

    def surfaces(self, item):
        from editorial.models import Article

        item = Article.objects.select_related("category", "author").get(pk=item.pk)
        words = urllib.parse.quote(item.title)
        found = [
            f"/articles/{item.slug}/",
            f"/api/v1/content/articles/{item.slug}/",
            "/articles/",
            "/feed.rss",
            "/feed.atom",
            f"/categories/{item.category.slug}/",
            f"/categories/{item.category.slug}/feed.rss",
            f"/authors/{item.author.slug}/",
            f"/search/?q={words}",
            "/api/v1/content/articles/?limit=100",
            f"/api/v1/content/search/?q={words}",
        ]
        status, index = self.get("/sitemap.xml")
        assert "/sitemaps/articles/" in index, (status, index)
        parts = [part.split("</loc>")[0] for part in index.split("<loc>")[1:]]
        return [
            *found,
            *(
                urllib.parse.urlsplit(part).path
                for part in parts
                if "/articles" in part
            ),
        ]

    # --- As a reader ----------------------------------------------------------------

    def get(self, path):
        """(status, text); a web server that breaks off is asked once more."""
        for _ in range(2):
            try:
                with urllib.request.urlopen(self.origin + path, timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as answer:
                return answer.code, answer.read().decode()
            except OSError as problem:
                said = problem
        raise RuntimeError(f"{path}: {said}")

    def shows(self, path, slug):
        """Whether a reader finds the article there. Its own words in the field of the
        search are not it: its address is."""
        status, text = self.get(path)
        if path.startswith(("/articles/S", "/articles/s")) or path.endswith(
            f"/{slug}/"
        ):
            return status == 200
        return f"/{slug}/" in text

    def seconds_until_gone(self, path, slug, began):
        sure, gone_at = 0, None
        until = time.monotonic() + PATIENCE
        while sure < SURE and time.monotonic() < until:
            if self.shows(path, slug):
                sure, gone_at = 0, None
            else:
                gone_at = gone_at or time.monotonic()
                sure += 1
            time.sleep(BREATH)  # the machine has the rest of it
        return (gone_at or time.monotonic()) - began

    def until(self, true, what):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if true():
                return
            time.sleep(0.1)
        raise RuntimeError(f"It did not happen in time: {what}")

    # --- What strikes ---------------------------------------------------------------

    def nothing(self):
        pass

    def hang_redis_for_a_while(self):
        go_on = self.hang_redis()
        time.sleep(4)
        go_on()
        self.killed["redis"] += 1

    def kill_the_courier(self):
        os.killpg(self.courier.pid, signal.SIGKILL)
        self.courier.wait()
        self.start_courier()

    def kill_worker_and_redis(self):
        self.kill_redis()
        self.kill_the_worker()

    def worker_is_away_and_redis_hangs(self):
        """Neither comes back while readers look."""
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.hang_redis_for_a_while()
        self.start_worker()

    def all_is_well_again(self):
        """Until both who deliver do so: one of them is killed at a time, and on a busy
        machine the other takes long to start."""
        self.wait_until_delivered()
        self.until(self.redis_answers, "Redis comes back")
        self.until(self.worker_takes_tasks, "the worker comes back")
        self.until(self.courier_is_on_its_way, "the courier comes back")

    def worker_takes_tasks(self):
        from publishing.tasks import forget_page_changes

        try:
            forget_page_changes.apply_async(retry=False)
        except OSError:
            return False
        time.sleep(0.3)
        return not self.broker().llen("masthead:celery")

    def broker(self):
        import redis
        from django.conf import settings

        url = settings.REDIS_URL.replace("db=0", "db=1")
        return redis.Redis.from_url(url)

    def courier_is_on_its_way(self):
        log = Path(os.environ["MASTHEAD_VAR"]) / "log" / "courier.log"
        return log.read_text().count("on its way") == self.couriers

    def redis_answers(self):
        import redis
        from django.conf import settings

        try:
            return redis.Redis.from_url(settings.REDIS_URL).ping()
        except redis.RedisError:
            return False

    # --- Processes ------------------------------------------------------------------

    couriers = 0

    def start_courier(self):
        self.couriers += 1
        self.courier = self.process("courier", "-m", "django", "courier")

    def start_web(self):
        from tests.serving import free_port

        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        os.environ["PROBE_ORIGIN"] = self.origin
        self.web = self.process(
            *("web", "-m", "gunicorn", "cms.wsgi", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8"),
            service="public",
            PAGE_CACHE="1",
            SITE_ORIGIN=self.origin,
            API_CONTENT_LIMIT="0",
        )
        self.until(self.web_answers, "the site answers")

    def web_answers(self):
        try:
            return self.get("/")[0] == 200
        except RuntimeError:
            time.sleep(0.2)
            return False

    def process(self, name, *command, service="worker", **env):
        folder = Path(os.environ["MASTHEAD_VAR"]) / "log"
        with (folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, "CMS_SERVICE": service, "DEBUG": "", **env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def say_logs(self):
        for log in sorted((Path(os.environ["MASTHEAD_VAR"]) / "log").glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-20:]
            say("\n".join([f"--- {log.name}", *lines]))

    def end(self):
        super().end()
        for name in ("courier", "web"):
            process = getattr(self, name, None)
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
    os.environ["CMS_SERVICE"] = "all"
    main()
