"""`make demo`: the whole of Masthead under one process, from nothing to a page."""

import hashlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from cms import embedded, grants
from cms.databases import ALIASES
from cms.embedded import ports
from cms.embedded.locks import Lock
from cms.embedded.supervisor import Child, Supervisor

HOST = "127.0.0.1"
PATIENCE = 90


class Command(BaseCommand):
    help = (
        "Starts web, worker, courier and beat over the embedded servers, with demo "
        f"content, at http://{HOST}:8000 (PORT changes it). Ctrl-C ends all of it."
    )
    requires_system_checks = []

    def handle(self, **options):
        self.began = time.monotonic()
        self.folder = embedded.var()
        self.address = f"http://{HOST}:{settings.PORT}"
        lock = Lock(self.folder / "demo.lock")
        self._be_the_only_one(lock)
        if note := embedded.where_data_are():
            self.say(note)
        try:
            self._migrate()
            self._collect_static_files()
            self._write_content()
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted. Nothing runs; the next `make demo` takes it from here."
            ) from None
        supervisor = Supervisor(
            self._family(),
            folder=self.folder / "log",
            cwd=settings.BASE_DIR,
            say=self.say,
        )
        self.say("Starting web, worker, courier and beat")
        connections.close_all()
        try:
            supervisor.start()
            self._tend(supervisor)
        finally:
            self.say("Ending web, worker, courier and beat")
            supervisor.stop()
            lock.release()
            embedded.release()
            self.say("All ended. What was written is kept.")

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()

    # --- Before the first page ------------------------------------------------

    def _be_the_only_one(self, lock):
        if not lock.take():
            pid, _, address = lock.path.read_text().partition(" ")
            raise CommandError(
                f"Masthead runs already, at {address} (pid {pid}). "
                f"End it with Ctrl-C in its window, or `kill {pid}`."
            )
        if not ports.is_taken(HOST, settings.PORT):
            lock.write(f"{os.getpid()} {self.address}")
            return
        found = ports.listener(settings.PORT)
        who = f" by pid {found[0]} ({found[1]})" if found else ""
        stop = f"End it with `kill {found[0]}`, or take" if found else "Take"
        raise CommandError(
            f"Port {settings.PORT} is taken{who}. {stop} another port: "
            f"PORT={settings.PORT + 1} make demo"
        )

    def _migrate(self):
        stamp = self.folder / "migrations.stamp"
        for alias in ALIASES:
            executor = MigrationExecutor(connections[alias])
            leaves = executor.loader.graph.leaf_nodes()
            # The stamp tells a finished run from one that was interrupted after the
            # last migration, before the grants and the permissions were written.
            if executor.migration_plan(leaves) or _text(stamp) != str(leaves):
                self.say(f"Preparing the database {alias}")
                call_command("migrate", database=alias, verbosity=0)
            else:
                grants.apply(alias)  # they may have changed without a migration
        stamp.write_text(str(leaves))

    def _collect_static_files(self):
        stamp = self.folder / "static.stamp"
        now = _fingerprint(Path(settings.BASE_DIR))
        if settings.STATIC_ROOT.is_dir() and _text(stamp) == now:
            return
        self.say("Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(now)

    def _write_content(self):
        """Once. What it prints (the sign-ins) is shown at each start."""
        words = self.folder / "demo.txt"
        if words.exists() or "demo_content" not in get_commands():
            return
        self.say("Writing the demo content")
        log = self.folder / "log" / "demo_content.log"
        with open(log, "wb") as trouble:
            done = subprocess.run(
                [sys.executable, "manage.py", "demo_content"],
                stdout=subprocess.PIPE,
                stderr=trouble,
                cwd=settings.BASE_DIR,
                env={**os.environ, "CMS_SERVICE": "worker"},
                check=False,
            )
        if done.returncode:
            raise CommandError(
                f"The demo content could not be written. The end of {log}:\n"
                + "\n".join(log.read_text(errors="replace").splitlines()[-8:])
            )
        words.write_bytes(done.stdout)

    def _family(self):
        def child(name, service, *command):
            env = {**os.environ, "CMS_SERVICE": service, "PYTHONUNBUFFERED": "1"}
            return Child(name, [sys.executable, "-m", *command], env)

        return [
            child(
                *("web", "all", "gunicorn", "cms.wsgi", "--no-control-socket"),
                *("--bind", f"{HOST}:{settings.PORT}", "--worker-class", "gthread"),
                *("--limit-request-line", "8190"),  # 500 letters of any script fit
                *("--workers", "2", "--threads", "4", "--graceful-timeout", "5"),
                *("--access-logfile", "-"),
            ),
            child(
                *("worker", "worker", "celery", "--app", "cms", "worker"),
                *("--concurrency", "2", "--without-mingle", "--without-gossip"),
                *("--loglevel", "INFO"),
            ),
            # Delivers without a broker: what is taken down is gone in seconds, too,
            # while Redis or the worker is away.
            child("courier", "worker", "django", "courier"),
            # A process of its own: inside a worker it would survive the worker.
            child(
                *("beat", "worker", "celery", "--app", "cms", "beat", "--pidfile="),
                *("--loglevel", "INFO"),
            ),
        ]

    # --- While it runs --------------------------------------------------------

    def _tend(self, supervisor):
        ready, until = False, time.monotonic() + PATIENCE
        trouble = "it does not answer"
        while not supervisor.told_to_end:
            supervisor.tend()
            if not ready:
                trouble = self._trouble()
                ready = trouble is None
                if ready:
                    self._welcome()
                elif time.monotonic() > until:
                    raise CommandError(
                        f"{self.address} is not ready after {PATIENCE} s: {trouble}. "
                        f"See {self.folder}/log/web.log:\n"
                        + supervisor.last_lines(supervisor.family[0], 15)
                    )
            time.sleep(0.3)

    def _trouble(self):
        try:
            # A literal http address of our own.
            with urllib.request.urlopen(f"{self.address}/", timeout=5) as answer:  # noqa: S310
                return None if answer.status == 200 else f"it answers {answer.status}"
        except urllib.error.HTTPError as error:
            return f"it answers {error.code}"
        except OSError as error:
            return f"it does not answer ({error})"

    def _welcome(self):
        self.say("")
        self.say(f"Masthead is ready ({time.monotonic() - self.began:.0f} s)")
        self.say(f"  Reader pages   {self.address}/")
        self.say(f"  Newsroom       {self.address}/admin/")
        if words := _text(self.folder / "demo.txt").strip():
            self.say(f"\n{words}")
        self.say(f"\nLogs are in {self.folder}/log. Ctrl-C ends all of it.")


def _text(path):
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _fingerprint(checkout):
    """Changes when a static file of ours or a package's version does."""
    seen = hashlib.sha256()
    files = [
        *checkout.glob("*/static/**/*"),
        *(checkout / "static").rglob("*"),
        checkout / "requirements.txt",
    ]
    for path in sorted(files):
        found = path.stat()
        seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()
