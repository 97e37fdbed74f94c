"""Readers are served by real streaming replicas, whatever becomes of each server.

A primary and two replicas of their own, made by pg_basebackup. While two readers ask
for pages without a pause, one replica is made to lag, one is stopped, one is killed,
and in the end the primary is. No reader gets anything but a whole page.
"""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.db import connections

from cms.databases import NAMES, PUBLIC
from cms.embedded import credentials, places
from publishing import sync
from publishing.models import PublishedArticle
from tests import factories
from tests.embedded_plugin import copy_migrated_cluster
from tests.serving import answers, free_port, running, until

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

LAG = 2
"""PUBLIC_REPLICA_LAG_SECONDS here."""
WITHIN = 40
"""Seconds in which the service notices on the busiest machine; on an idle one, `LAG`
and two more."""
SHOWN = ("published_articles", "published_categories", "content_counters")


class Server:
    """One PostgreSQL on a port of its own."""

    def __init__(self, data, passwords):
        self.data, self.passwords, self.port = data, passwords, free_port()
        runtime = Path(credentials.read()["runtime"])
        self.programs = places.postgresql_programs(runtime)

    def start(self):
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "wal_level": "replica",
            "max_wal_senders": 5,
            "max_connections": 60,
            "hot_standby": "on",
            "fsync": "off",
            "wal_retrieve_retry_interval": "500ms",
            "shared_buffers": "32MB",
        }
        self.process = subprocess.Popen(
            [
                *(self.programs / "postgres", "-D", self.data),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.data,
            env=places.server_environment(),
            start_new_session=True,
            **places.run_as(places.server_user()),
        )
        until(self.answers, seconds=60)
        return self

    def answers(self):
        with suppress(psycopg.OperationalError):
            return self.ask("SELECT 1") == 1

    def ask(self, sql, role=credentials.SUPERUSER):
        with psycopg.connect(self.url(role), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None

    def url(self, role):
        return (
            f"postgres://{role}:{self.passwords[role]}"
            f"@127.0.0.1:{self.port}/{NAMES[PUBLIC]}?connect_timeout=2"
        )

    def copy_to(self, data):
        subprocess.run(
            [
                *(self.programs / "pg_basebackup", "--pgdata", data),
                *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
                *("--host=127.0.0.1", f"--port={self.port}"),
                f"--username={credentials.SUPERUSER}",
            ],
            check=True,
            cwd=data.parent,
            env=places.server_environment()
            | {"PGPASSWORD": self.passwords[credentials.SUPERUSER]},
            **places.run_as(places.server_user()),
        )
        return Server(data, self.passwords)

    @property
    def family(self):
        """The postmaster and its children, each of which leads a group of its own."""
        import psutil

        postmaster = psutil.Process(self.process.pid)
        return [postmaster, *postmaster.children(recursive=True)]

    @contextmanager
    def stopped(self):
        family = self.family
        for each in family:
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in family:
                with suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGCONT)

    def kill(self):
        if self.process.poll() is not None:
            return
        for each in self.family:
            with suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGKILL)
        self.process.wait()

    def readers(self):
        """How many connections the service's pages hold here."""
        return self.ask(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'cms_reader' "
            "AND application_name NOT LIKE 'masthead%'"
        )


@pytest.fixture
def servers():
    """A primary, two replicas of it, and what gives them the test's story."""
    with ExitStack() as stack:
        place = stack.enter_context(TemporaryDirectory(prefix="masthead-test-"))
        os.chmod(place, 0o711)  # root's servers run as nobody, who must get in
        kept = Path(place)
        copy_migrated_cluster(kept)
        if not (kept / "postgresql").exists():
            pytest.skip("the tests were given servers: there is no cluster to copy")
        passwords = json.loads((kept / "credentials.json").read_text())["passwords"]

        def start(server):
            stack.callback(server.kill)
            return server.start()

        home = kept / "postgresql"
        primary = start(Server(home / "data", passwords))
        first, second = (
            start(primary.copy_to(home / name)) for name in ("first", "second")
        )
        yield primary, first, second, lambda: _copy_story(primary)


def _copy_story(primary):
    """What the test published, into the primary's tables."""
    with psycopg.connect(primary.url(credentials.SUPERUSER)) as connection:
        for table in SHOWN:
            with (
                connections[PUBLIC].cursor() as cursor,
                cursor.copy(f"COPY {table} TO STDOUT") as out,
                connection.cursor() as writer,
                writer.copy(f"COPY {table} FROM STDIN") as into,
            ):
                for part in out:
                    into.write(part)


class Reader(threading.Thread):
    """Asks for a page again and again, and keeps what was not a whole page."""

    def __init__(self, url, must_show):
        super().__init__(daemon=True)
        self.url, self.must_show = url, must_show
        self.over = threading.Event()
        self.asked, self.slowest, self.failures = 0, 0.0, []

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                with urllib.request.urlopen(self.url, timeout=40) as answer:
                    body = answer.read().decode()
                if self.must_show not in body:
                    self.failures.append(body[:300])
            except OSError as problem:
                self.failures.append(repr(problem))
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(0.02)


def test_no_reader_notices_what_becomes_of_a_server(servers, wim, ines):
    primary, first, second, copy_story = servers
    factories.publish(factories.article(by=wim), editor=ines)
    sync.deliver_waiting()
    copy_story()
    path = PublishedArticle.objects.get().get_absolute_url()
    port = free_port()
    base = f"http://127.0.0.1:{port}"

    def states():
        with urllib.request.urlopen(f"{base}/healthz", timeout=20) as answer:
            return json.load(answer).get("replicas", {})

    def title_shown():
        with urllib.request.urlopen(base + path, timeout=20) as answer:
            return answer.read().decode()

    with running(
        *("public", "gunicorn", "cms.wsgi", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"),
        PUBLIC_DATABASE_URL=primary.url("cms_reader"),
        PUBLIC_REPLICA_URLS=f"{first.url('cms_reader')} {second.url('cms_reader')}",
        PUBLIC_REPLICA_LAG_SECONDS=str(LAG),
    ):
        until(lambda: answers(base + path), seconds=60)
        all_well = {"replica 1": "ok", "replica 2": "ok"}
        until(lambda: states() == all_well)
        readers = [Reader(base + path, "The harbour at five."), Reader(base, "html")]
        for reader in readers:
            reader.start()

        # Read from, and balanced; the primary is left to its own work.
        until(lambda: first.readers() and second.readers() and not primary.readers())

        # One lags: whoever reads sees what the primary says all the same.
        first.ask("SELECT pg_wal_replay_pause()")
        primary.ask("UPDATE published_articles SET title = 'High water'")
        until(
            lambda: (
                primary.ask("UPDATE content_counters SET view_count = view_count + 1")
                or states()["replica 1"] == "late"
            ),
            seconds=WITHIN,
        )
        until(lambda: not first.readers(), seconds=WITHIN)
        assert all("High water" in title_shown() for _ in range(8))
        first.ask("SELECT pg_wal_replay_resume()")
        until(lambda: states() == all_well, seconds=WITHIN)
        until(lambda: first.readers(), seconds=WITHIN)

        # One hangs, with everything that was asked of it.
        with second.stopped():
            until(lambda: states().get("replica 2") != "ok", seconds=WITHIN)
        until(lambda: states() == all_well, seconds=WITHIN)

        # One is killed, and started again.
        first.kill()
        until(lambda: states().get("replica 1") != "ok", seconds=WITHIN)
        first.start()
        until(lambda: states() == all_well, seconds=WITHIN)

        # The primary is killed: readers do not need it.
        primary.kill()
        seen = [reader.asked for reader in readers]
        until(
            lambda: all(
                reader.asked > before + 20
                for reader, before in zip(readers, seen, strict=True)
            )
        )
        assert states() == all_well

        for reader in readers:
            reader.over.set()
        for reader in readers:
            reader.join(40)
    assert [reader.failures for reader in readers] == [[], []]
    assert all(reader.asked > 100 for reader in readers)
    assert max(reader.slowest for reader in readers) < 12
