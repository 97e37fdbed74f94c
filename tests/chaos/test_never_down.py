"""The table of docs/never-down.md, cell by cell, against real services and real faults.

The services are started once; then one fault after the other is made and undone. A
database that is down refuses connections and has thrown out who was there; one that is
slow stands behind a proxy that has stopped passing anything on. Redis and the worker
are killed, or stopped with SIGSTOP.
"""

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections
from django.test import Client

from cms import embedded
from cms.databases import ALIASES, EDITORIAL, ENGAGEMENT, PUBLIC, SERVICES
from cms.embedded import credentials, places
from publishing import sync
from publishing.models import PublishedArticle
from tests import factories
from tests.chaos.proxy import Proxy
from tests.serving import (
    NO_LIMITS,
    ROOT,
    URL_OF,
    answers,
    free_port,
    running,
    until,
    url_as,
)

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

PAGE = ROOT / "docs" / "never-down.md"
RECOVERS_WITHIN = 30
TYPED = "The tide was never that high."


def expected():
    """{fault: {column: word}} of the page's first table."""
    lines = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
    ]
    columns, *rows = lines
    rows = rows[: [row[0] for row in rows].index("word")]
    return {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in rows}


def through(proxy, role, alias):
    """The test database behind an alias, by way of a proxy."""
    url = urllib.parse.urlsplit(url_as(role, alias))
    password = urllib.parse.quote(url.password, safe="")
    return f"postgres://{role}:{password}@127.0.0.1:{proxy.port}{url.path}"


# --- The house ----------------------------------------------------------------


class Answer:
    def __init__(self, url, cookie="", form=None):
        headers = {"Cookie": f"csrftoken={'c' * 32}; {cookie}"}
        data = None
        if form is not None:
            data = urllib.parse.urlencode(
                form | {"csrfmiddlewaretoken": "c" * 32}
            ).encode()
        request = urllib.request.Request(url, data=data, headers=headers)
        began = time.monotonic()
        try:
            with no_redirects.open(request, timeout=40) as answer:
                self.body = answer.read().decode()
        except urllib.error.HTTPError as problem:
            answer = problem
            self.body = problem.read().decode()
        self.seconds = time.monotonic() - began
        self.status, self.headers = answer.status, answer.headers


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


no_redirects = urllib.request.build_opener(Stay)


class Redis:
    """One of our own, to be killed."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.program = places.redis_program(Path(credentials.read()["runtime"]))
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--save", ""],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        until(self.answers)

    def answers(self):
        try:
            return redis.Redis.from_url(self.url, socket_timeout=1).ping()
        except redis.RedisError:
            return False

    def end(self):
        self.process.kill()
        self.process.wait()


class House:
    """The public, the engagement and the editorial service and the worker, each with
    its own keys, to databases that stand behind proxies."""

    def __init__(self, stack, folder, session):
        sockets = Path(credentials.read()["postgresql"])
        self.proxies = {
            alias: stack.enter_context(Proxy(sockets / ".s.PGSQL.5432"))
            for alias in ALIASES
        }
        self.redis = Redis(folder)
        stack.callback(self.redis.end)
        self.services = {
            service: stack.enter_context(self.web(service))
            for service in ("public", "engagement", "editorial")
        }
        self.worker = stack.enter_context(self.celery())
        for base in self.services.values():
            until(lambda base=base: self.is_well(base), seconds=120)
        self.session = session

    def keys(self, service):
        held = {}
        for alias, role in SERVICES[service].items():
            held[URL_OF[alias]] = through(self.proxies[alias], role, alias)
        return held | {
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": self.redis.url,
            "CELERY_BROKER_URL": self.redis.url,
            "SITE_ORIGIN": "http://127.0.0.1",
            **({} if service == "public" else NO_LIMITS),
        }

    @contextmanager
    def web(self, service):
        port = free_port()
        with running(
            *(service, "gunicorn", "cms.wsgi", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"),
            **self.keys(service),
        ):
            yield f"http://127.0.0.1:{port}"

    @contextmanager
    def celery(self):
        with running(
            *("worker", "celery", "--app", "cms", "worker", "--pool", "solo"),
            *("--without-mingle", "--without-gossip"),
            **self.keys("worker"),
        ) as process:
            yield process

    def is_well(self, base):
        try:
            return Answer(f"{base}/healthz").status == 200
        except OSError:
            return False

    # --- What is looked at ---

    def get(self, column):
        service, path = self.paths[column]
        cookie = "" if service == "public" else f"sessionid={self.session[service]}"
        return Answer(self.services[service] + path, cookie)

    def send_comment(self):
        return Answer(
            self.services["engagement"] + self.paths["a comment sent"][1],
            f"sessionid={self.session['engagement']}",
            {"body": f"{TYPED} {time.time()}"},
        )

    def look_at(self, row, item):
        self.paths = {
            "home": ("public", "/"),
            "article": ("public", row.get_absolute_url()),
            "listing": ("public", f"/categories/{row.category_slug}/"),
            "search": ("public", "/search/?q=harbour"),
            "API": ("public", f"/api/v1/content{row.get_absolute_url()}"),
            "comments": (
                "engagement",
                f"/engagement/fragments/article/{item.pk}/discussion/",
            ),
            "a comment sent": (
                "engagement",
                f"/engagement/discussion/article/{item.pk}/",
            ),
            "desk": ("editorial", "/admin/"),
        }
        self.in_good_times = {}
        for column in self.paths:
            if column != "a comment sent":
                self.get(column)  # the first one also fills what is kept in memory
                answer = self.in_good_times[column] = self.get(column)
                assert answer.status == 200, (column, answer.status, answer.body[:500])
        assert "The harbour at five." in self.in_good_times["article"].body
        assert 'name="body"' in self.in_good_times["comments"].body


# --- The faults ---------------------------------------------------------------


@contextmanager
def refusing(alias):
    """It refuses everybody, and whoever was connected is thrown out."""
    name = connections[alias].settings_dict["NAME"]
    connections.close_all()
    superuser = embedded.database_url(PUBLIC, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@contextmanager
def stalling(proxy):
    proxy.stall()
    try:
        yield
    finally:
        proxy.flow()


@contextmanager
def stopped(process):
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


@contextmanager
def redis_killed(house):
    house.redis.end()
    try:
        yield
    finally:
        house.redis.start()


@contextmanager
def worker_killed(house):
    """Last of all: nobody starts it again here."""
    house.worker.kill()
    house.worker.wait()
    yield


def faults(house):
    """Fault to what makes it, the gentlest to the services first."""
    yield "Redis down", lambda: redis_killed(house)
    yield "Redis slow", lambda: stopped(house.redis.process)
    yield "worker slow", lambda: stopped(house.worker)
    yield "worker down", lambda: worker_killed(house)
    for alias, name in (
        (ENGAGEMENT, "engagement database"),
        (EDITORIAL, "editorial database"),
        (PUBLIC, "public database"),
    ):
        yield f"{name} down", lambda alias=alias: refusing(alias)
        yield f"{name} slow", lambda alias=alias: stalling(house.proxies[alias])


# --- What the words mean ------------------------------------------------------


def whole(answer, before):
    return (
        answer.status == 200
        and varying(answer.body) == varying(before.body)
        and answer.seconds < before.seconds + 1.5
    )


def varying(body):
    """Without the token that each form gets anew."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)


def as_a_visitor(answer, before):
    return (
        answer.status == 200
        and "Sign in to join the discussion" in answer.body
        and 'name="body"' not in answer.body
        and answer.seconds < 5
    )


def resting(answer, before):
    return (
        answer.status == 503
        and answer.headers["Retry-After"]
        and "Comments and reactions are resting." in answer.body
        and "<html" not in answer.body
        and answer.seconds < 7
    )


def sent(answer, before):
    return answer.status == 302 and answer.seconds < 2.5


def refused_and_kept(answer, before):
    return (
        answer.status == 503
        and answer.headers["Retry-After"]
        and TYPED in answer.body
        and 'role="alert"' in answer.body
        and answer.seconds < 7
    )


def is_open(answer, before):
    return answer.status == 200 and answer.seconds < 10


def unavailable(answer, before):
    if answer.status == 200:  # its last copy
        return answer.body == before.body and answer.seconds < 1
    is_problem = answer.headers["Content-Type"] == "application/problem+json"
    return (
        answer.status == 503
        and answer.headers["Retry-After"]
        and (is_problem or "Try again" in answer.body)
        and "Set-Cookie" not in answer.headers
        and answer.seconds < 13
    )


MEANING = {
    "whole": whole,
    "as a visitor": as_a_visitor,
    "resting": resting,
    "sent": sent,
    "refused, kept": refused_and_kept,
    "open": is_open,
    "503": unavailable,
}


# --- The table ----------------------------------------------------------------


def test_every_cell_of_the_table_is_as_it_says(tmp_path, wim, ines, rosa):
    item = factories.publish(factories.article(by=wim), editor=ines)
    sync.deliver_waiting()
    row = PublishedArticle.objects.get()
    table = expected()
    seen = {}
    with ExitStack() as stack:
        session = {"engagement": signed_in(rosa), "editorial": signed_in(ines)}
        house = House(stack, tmp_path, session)
        house.look_at(row, item)
        made = dict(faults(house))
        assert made.keys() == table.keys()
        for fault, make in made.items():
            # Nobody may write all of these comments by themselves.
            house.session["engagement"] = signed_in(factories.staff(f"r-{len(seen)}"))
            house.in_good_times["comments"] = house.get("comments")
            with make():
                seen[fault] = {
                    column: f"{word}, but: {described(answer)}"
                    for column, word, answer in looked_at(house, fault, table)
                    if not MEANING[word](answer, house.in_good_times.get(column))
                }
                if fault.endswith("slow"):
                    # The breaker is open by now; at most this one tries anew.
                    seen[fault] |= {
                        f"{column}, asked again": described(answer)
                        for column, _, answer in looked_at(house, fault, table)
                        if answer.seconds > 3.5
                    }
            recovered(house)
    assert not any(seen.values()), "\n".join(
        f"{fault}: {column}: {what}"
        for fault, wrong in seen.items()
        for column, what in wrong.items()
    )


def looked_at(house, fault, table):
    """(column, word, answer) of each cell: one after the other, or all at once where
    each of them takes its time. The comment comes last: the others would show it."""
    pages = [column for column in table[fault] if column != "a comment sent"]
    with ThreadPoolExecutor(len(pages) if fault.endswith("slow") else 1) as pool:
        seen = dict(zip(pages, pool.map(house.get, pages), strict=True))
    seen["a comment sent"] = house.send_comment()
    return [(column, word, seen[column]) for column, word in table[fault].items()]


def described(answer):
    return f"{answer.status} in {answer.seconds:.1f} s {answer.body[:300]!r}"


def recovered(house):
    """All is as before, without anybody having started anything again."""
    until(
        lambda: (
            house.get("home").body == house.in_good_times["home"].body
            and 'name="body"' in house.get("comments").body
            and house.get("desk").status == 200
        ),
        seconds=RECOVERS_WITHIN,
    )


def signed_in(person):
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies["sessionid"].value


def test_who_is_asked_to_end_finishes_what_was_asked(tmp_path, wim, ines):
    factories.publish(factories.article(by=wim), editor=ines)
    sync.deliver_waiting()
    sockets = Path(credentials.read()["postgresql"])
    port = free_port()
    url = f"http://127.0.0.1:{port}{PublishedArticle.objects.get().get_absolute_url()}"
    with (
        Proxy(sockets / ".s.PGSQL.5432") as proxy,
        running(
            *("public", "gunicorn", "cms.wsgi", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"),
            PUBLIC_DATABASE_URL=through(proxy, "cms_reader", PUBLIC),
        ) as process,
        ThreadPoolExecutor(3) as readers,
    ):
        until(lambda: answers(url), seconds=60)
        with stalling(proxy):
            under_way = [readers.submit(Answer, url) for _ in range(3)]
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        for answer in under_way:
            assert answer.result().status == 200
            assert "</html>" in answer.result().body
        assert process.wait(20) == 0
