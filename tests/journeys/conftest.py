"""One Chromium and one running newsroom for all journeys of a process.

The web process and the Celery worker are the real ones, connected to PostgreSQL as
the roles they have in production; nothing is delivered by a test itself.
"""

import os
import shutil

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from tests import serving

PATIENCE = 60_000
"""Milliseconds a page may take for anything: the machine may be busy elsewhere."""

LATENCY = int(os.environ.get("JOURNEYS_LATENCY", 0))
"""Milliseconds that every request takes longer, beside a processor four times slower.
With 400, what presses a key before the page listens fails each time, not sometimes."""


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    # Playwright's loop runs in this thread; the tests' own queries are no danger.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        connections.close_all()  # the loop has some of its own
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory):
    """Where the newsroom keeps its files."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session")
def newsroom(django_db_setup, media_folder):
    """The address of everything in one web process."""
    with serving.newsroom(
        threads=8,
        MEDIA_ROOT=str(media_folder),
        SERVE_MEDIA="1",  # as the web server in front does
        # Sessions that a test makes are read here.
        SECRET_KEY=settings.SECRET_KEY,
    ) as base:
        yield base
    serving.throw_out_the_services()


@pytest.fixture(scope="session")
def worker(newsroom, media_folder):
    """The Celery worker behind the newsroom, for journeys that reach readers."""
    with serving.worker(newsroom, MEDIA_ROOT=str(media_folder)) as process:
        yield process


@pytest.fixture
def visitor(chromium, newsroom):
    """Opens pages of strangers; `page.complaints` is what their consoles said."""
    contexts = []

    def open_page(**options):
        context = chromium.new_context(
            **{
                "base_url": newsroom,
                "viewport": {"width": 1280, "height": 900},
                **options,
            }
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        if LATENCY:
            slow_down(page)
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()


def slow_down(page):
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def network(offline):
        if page.is_closed():
            return
        devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": offline,
                "latency": LATENCY,
                "downloadThroughput": -1,
                "uploadThroughput": -1,
            },
        )

    network(offline=False)
    page.context.set_offline = network  # Playwright's own would end the latency


@pytest.fixture
def desk(visitor, newsroom, media_folder, settings, epochs):
    """`desk(person)` is a page of somebody who has signed in."""
    settings.MEDIA_ROOT = str(media_folder)

    def enter(person, **options):
        page = visitor(**options)
        page.context.add_cookies([session_of(person, newsroom)])
        return page

    return enter


def session_of(person, base):
    """The cookie of a sign-in: typing a password is another journey's subject."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": session.session_key, "url": base}


@pytest.fixture
def axe():
    """`axe(page)` lists the serious violations that axe-core finds on the page.

    `only` names the one rule to look for, where all of them were looked for before."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
        "resultTypes": ["violations"],
    }

    def look(page, include=None, only=None):
        if only:  # axe is on the page already
            asked = {"runOnly": [only], "resultTypes": ["violations"]}
            found = page.evaluate("asked => axe.run(document, asked)", asked)
        else:
            found = Axe().run(page, context=include, options=rules).response
        found = found["violations"]
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['target']}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    return look
