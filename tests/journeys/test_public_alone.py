"""The public service outlives the others: every page still answers 200."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from cms import embedded
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from editorial import actions
from publishing import sync
from publishing.models import PublishedArticle
from tests import factories
from tests.serving import ROOT, free_port, url_as


@pytest.fixture
def deliver_all(epochs):
    return sync.deliver_waiting


pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@contextmanager
def public_service():
    """The public service under gunicorn, holding a key to the public store alone."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "cms.wsgi", "--no-control-socket"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "2"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "CMS_SERVICE": "public",
            "DEBUG": "1",
            "PUBLIC_DATABASE_URL": url_as("cms_reader", PUBLIC),
            "SECRET_KEY": "x" * 50,
            "REDIS_URL": embedded.redis_url(),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextmanager
def refusing_connections(*aliases):
    """These databases refuse everybody, and whoever was connected is thrown out."""
    names = [connections[alias].settings_dict["NAME"] for alias in aliases]
    connections.close_all()
    superuser = embedded.database_url(PUBLIC, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        for name in names:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = ANY(%s)",
            [names],
        )
        try:
            yield
        finally:
            for name in names:
                connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_every_public_page_answers_with_the_other_databases_down(
    wim, ines, deliver_all
):
    tag = factories.TagFactory(name="Harbours", slug="harbours")
    item = factories.article(by=wim)
    with actions.editing(item, by=wim) as fresh:
        fresh.tags.add(tag)
    factories.publish(item, editor=ines)
    factories.publish(factories.course(by=wim, is_free=False), editor=ines)
    deliver_all()
    row = PublishedArticle.objects.get()

    with public_service() as base, refusing_connections(EDITORIAL, ENGAGEMENT):
        for path in (
            "/",
            row.get_absolute_url(),
            "/articles/",
            "/courses/",
            "/courses/sailing-for-beginners/",
            "/courses/sailing-for-beginners/knots/",
            "/courses/sailing-for-beginners/wind/",
            "/categories/",
            f"/categories/{row.category_slug}/",
            "/tags/harbours/",
            "/authors/wim/",
            "/archive/",
            "/search/?q=harbour",
            "/feed.rss",
            "/feed.atom",
            "/sitemap.xml",
            "/robots.txt",
            "/api/v1/content/articles/",
            f"/api/v1/content{row.get_absolute_url()}",
            "/api/v1/content/courses/sailing-for-beginners/",
            "/api/v1/content/courses/sailing-for-beginners/lessons/",
            "/api/v1/content/courses/sailing-for-beginners/lessons/wind/",
            "/api/v1/content/categories/",
            "/api/v1/content/tags/harbours/",
            "/api/v1/content/authors/wim/",
            "/api/v1/content/search/?q=harbour",
            "/api/v1/schema/",
            "/api/v1/docs/",
        ):
            status, body = get(base + path)
            assert status == 200, path
            assert "All about wind." not in body, path
        assert get(f"{base}/articles/nothing-here/")[0] == 404
        assert get(f"{base}/api/v1/content/articles/nothing-here/")[0] == 404
        assert get(f"{base}/api/v1/editorial/articles/")[0] == 404
        assert "The harbour at five." in get(base + row.get_absolute_url())[1]
