"""A newsroom at work while its servers are killed: `python -m tests.chaos.storm`.

Publishes, takes down and edits while the worker is killed with SIGKILL again and
again, Redis is flushed and killed and PostgreSQL is restarted. Runs on a cluster of
its own (`MASTHEAD_VAR`), prints one JSON line, and leaves no process behind.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(10**6)

    from cms import embedded

    embedded.ensure(throwaway=True)
    run("migrate", "--verbosity", "0", service="migrate")
    import django

    django.setup()
    storm = Storm(options.changes, options.items, random.Random(seed))
    try:
        result = {"seed": seed} | storm.run()
    finally:
        storm.end()
    print(json.dumps(result))


def run(*command, service="worker"):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, "CMS_SERVICE": service},
        check=False,
        capture_output=True,
        text=True,
    )


def say(line):
    print(line, file=sys.stderr, flush=True)


class Storm:
    def __init__(self, changes, items, random_):
        self.changes, self.count, self.random = changes, items, random_
        self.over = threading.Event()
        self.worker = self.beat = None
        self.killed = {"worker": 0, "redis": 0, "flushed": 0, "postgresql": 0}
        self.retried = 0

    # --- The newsroom -------------------------------------------------------------

    def run(self):
        self.prepare()
        self.start_beat()
        self.start_worker()
        slowest = {
            name: self.slowest_publish_while(stop) for name, stop in self.redis_states()
        }
        say(f"Publishing without Redis, in seconds: {slowest}")
        havoc = threading.Thread(target=self.havoc)
        havoc.start()
        began = time.monotonic()
        try:
            for number in range(1, self.changes + 1):
                self.insist(self.change)
                if number % 100 == 0:
                    say(f"{number} changes, {self.killed}")
        finally:
            self.over.set()
            havoc.join()
        worked = time.monotonic() - began
        drained = self.wait_until_delivered()
        verified = run("verify_public", "--json")
        return {
            "changes": self.changes,
            "retried": self.retried,
            "killed": self.killed,
            "seconds_of_storm": round(worked, 1),
            "seconds_to_calm": round(drained, 1),
            "publish_seconds_without_redis": slowest,
            "live": self.count_live(),
            **json.loads(verified.stdout),
        }

    def prepare(self):
        from cms.databases import EDITORIAL
        from editorial.models import Article
        from tests import factories

        assert EDITORIAL
        self.wim = factories.staff("wim", "author")
        self.ines = factories.staff("ines", "editor")
        category = factories.CategoryFactory()
        for number in range(self.count):
            factories.publish(
                factories.article(
                    by=self.wim, title=f"Story {number}", category=category
                ),
                editor=self.ines,
            )
        self.ids = list(Article.objects.values_list("pk", flat=True))

    def change(self):
        from editorial import actions
        from editorial.models import Article
        from tests import factories

        item = Article.objects.get(pk=self.random.choice(self.ids))
        if not item.is_live:
            if item.status != "unpublished":
                factories.approve(item, editor=self.ines)
            actions.publish(item, by=self.ines)
        elif self.random.random() < 0.7:
            actions.unpublish(item, by=self.ines)
        else:
            factories.edit(item, by=self.ines, title=f"{item.title[:100]}.")
            actions.submit(item, by=self.ines)
            actions.start_review(item, by=self.ines)
            actions.approve(item, by=self.ines)
            actions.publish(item, by=self.ines)

    def insist(self, work):
        """Do it; an editor whose click met a restart clicks again."""
        from django.db import OperationalError, close_old_connections, connections

        from editorial.exceptions import Refused

        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                return work()
            except OperationalError:
                self.retried += 1
                connections.close_all()
                close_old_connections()
                time.sleep(0.1)
            except Refused:
                # Half of an edit was committed before the restart: finish it.
                self.retried += 1
                self.bring_on()
        raise RuntimeError("PostgreSQL did not come back")

    def bring_on(self):
        from editorial import actions
        from editorial.models import Article

        for item in Article.objects.exclude(status__in=["published", "unpublished"]):
            steps = {
                "draft": actions.submit,
                "pending_review": actions.start_review,
                "in_review": actions.approve,
                "approved": actions.publish,
            }
            while item.status in steps:
                steps[item.status](item, by=self.ines)

    def count_live(self):
        from editorial.models import Article

        return Article.objects.live().count()

    def wait_until_delivered(self):
        from editorial.models import OutboxEvent

        began = time.monotonic()
        while OutboxEvent.objects.waiting().exists():
            if time.monotonic() - began > PATIENCE:
                break
            time.sleep(0.2)
        return time.monotonic() - began

    # --- Without Redis ------------------------------------------------------------

    def redis_states(self):
        yield "hanging", self.hang_redis
        yield "killed", self.kill_redis_for_a_while

    def hang_redis(self):
        pid = self.pid_of("redis-server")
        os.kill(pid, signal.SIGSTOP)
        return lambda: os.kill(pid, signal.SIGCONT)

    def kill_redis_for_a_while(self):
        os.kill(self.pid_of("redis-server"), signal.SIGKILL)
        return lambda: time.sleep(1)

    def slowest_publish_while(self, stop):
        """Seconds of the slowest of three publishes, as the web process does them."""
        from editorial import actions
        from editorial.models import Article

        slowest = 0.0
        for pk in self.ids[:3]:
            item = Article.objects.get(pk=pk)
            if item.is_live:
                actions.unpublish(item, by=self.ines)
            go_on = stop()
            try:
                began = time.monotonic()
                actions.publish(item, by=self.ines)
                slowest = max(slowest, time.monotonic() - began)
            finally:
                go_on()
        return round(slowest, 3)

    # --- The storm ----------------------------------------------------------------

    def havoc(self):
        blows = [
            (0.6, self.kill_the_worker),
            (0.2, self.flush_redis),
            (0.1, self.kill_redis),
            (0.1, self.restart_postgresql),
        ]
        # Each kind at least once, in any order, then at random.
        order = [blow for _, blow in blows]
        self.random.shuffle(order)
        while not self.over.wait(self.random.uniform(0.5, 2.5)):
            if order:
                order.pop()()
            else:
                weights = [weight for weight, _ in blows]
                self.random.choices([blow for _, blow in blows], weights)[0]()
            if self.beat.poll() is not None:
                self.start_beat()
        self.kill_the_worker()

    def kill_the_worker(self):
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.killed["worker"] += 1
        self.start_worker()

    def kill_redis(self):
        os.kill(self.pid_of("redis-server"), signal.SIGKILL)
        self.killed["redis"] += 1

    def flush_redis(self):
        import redis
        from django.conf import settings

        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                redis.Redis.from_url(settings.REDIS_URL).flushall()
                self.killed["flushed"] += 1
                return
            except redis.RedisError:  # it was killed a moment ago
                time.sleep(0.1)

    def restart_postgresql(self):
        os.kill(self.pid_of("postgres"), signal.SIGINT)
        self.killed["postgresql"] += 1

    # --- Processes ----------------------------------------------------------------

    def pid_of(self, name):
        """The server of this cluster, a child of its keeper."""
        import psutil

        folder = os.environ["MASTHEAD_VAR"]
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for process in psutil.process_iter(["name", "cmdline", "environ"]):
                line = " ".join(process.info["cmdline"] or [])
                if "cms.embedded.keeper" not in line:
                    continue
                if (process.info["environ"] or {}).get("MASTHEAD_VAR") != folder:
                    continue
                for child in process.children():
                    if child.name().startswith(name):
                        return child.pid
            time.sleep(0.1)
        raise RuntimeError(f"{name} of this cluster does not run")

    def start_worker(self):
        self.worker = self.celery("worker", "--concurrency", "2", "--loglevel", "ERROR")

    def start_beat(self):
        self.beat = self.celery("beat", "--pidfile=", "--loglevel", "ERROR")

    def celery(self, *command):
        log = Path(os.environ["MASTHEAD_VAR"]) / "log" / f"{command[0]}.log"
        with log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "cms", *command],
                cwd=ROOT,
                env={**os.environ, "CMS_SERVICE": "worker"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self):
        self.over.set()
        for process in (self.worker, self.beat):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
    os.environ["CMS_SERVICE"] = "all"
    main()
