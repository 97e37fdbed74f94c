"""From a blank page to a reader, in a real Chromium, with each service's own keys.

The web process and the Celery worker are the real ones, connected to PostgreSQL as
the roles they have in production; nothing is delivered by the test itself.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections

from cms import embedded
from cms.databases import ALIASES, OWNER, PUBLIC, SERVICES
from editorial.models import Article, Status
from publishing.models import PublishedArticle
from tests import factories
from tests.journeys.test_public_alone import ROOT, free_port, url_as

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

URL_OF = {
    "default": "EDITORIAL_DATABASE_URL",
    "public": "PUBLIC_DATABASE_URL",
    "engagement": "ENGAGEMENT_DATABASE_URL",
}


@contextmanager
def running(service, *command, **env):
    """A service of ours as a process, with the keys that this service has."""
    keys = {URL_OF[alias]: url_as(SERVICES[service][alias], alias) for alias in ALIASES}
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={
            **os.environ,
            **keys,
            "CMS_SERVICE": service,
            "DEBUG": "1",
            "SECRET_KEY": "x" * 50,
            "STAFF_NEED_MFA": "0",
            "REDIS_URL": embedded.redis_url(),
            "CELERY_BROKER_URL": embedded.broker_url(),
            **env,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def until(true, seconds=30):
    """Wait for what another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.2)
    raise AssertionError("It did not happen in time.")


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def newsroom():
    """The address of a running newsroom with a worker behind it."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(
            running(
                *("all", "gunicorn", "cms.wsgi", "--no-control-socket"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"),
                SITE_ORIGIN=base,
            )
        )
        stack.enter_context(
            running(
                *("worker", "celery", "--app", "cms", "worker", "--pool", "solo"),
                *("--without-mingle", "--without-gossip"),
                SITE_ORIGIN=base,
            )
        )
        until(lambda: answers(f"{base}/healthz"), seconds=90)
        yield base
    throw_out_the_services()


def throw_out_the_services():
    """A connection that outlives its process would keep the test databases."""
    superuser = embedded.database_url(PUBLIC, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = ANY(%s) AND usename <> %s",
            [[connections[alias].settings_dict["NAME"] for alias in ALIASES], OWNER],
        )


@pytest.fixture
def browser():
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        # Playwright's loop has connections of its own, which only it can close.
        connections.close_all()
        found.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def sign_in(browser, newsroom):
    def enter(person, **options):
        # The tests' own hashing is quick and unknown to a real service.
        type(person).objects.filter(pk=person.pk).update(
            password=PBKDF2PasswordHasher().encode(factories.PASSWORD, "salt")
        )
        context = browser.new_context(
            base_url=newsroom, viewport={"width": 1280, "height": 900}, **options
        )
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/admin/login/?next=/admin/")
        page.fill("#id_login", person.email)
        page.fill("#id_password", factories.PASSWORD)
        page.click(".door button:text-is('Sign in')")
        page.wait_for_url(f"{newsroom}/admin/")
        return page

    return enter


def press(page, label):
    """A verb of the header, through its question where it asks one."""
    page.click(f".verbs :is(summary, button):text-matches('^{label}')")
    if page.locator("details.verb[open]").count():
        page.click("details.verb[open] button[type=submit]")
    page.wait_for_load_state()


def test_from_a_blank_page_to_a_reader(sign_in, newsroom, wim, ines):
    factories.CategoryFactory(name="Harbour", slug="harbour")

    desk = sign_in(wim)
    desk.click("a:text('New article')")
    desk.fill("#id_title", "Low water")
    desk.fill("#id_body", "The market opens after the water.\n\nNobody asks when.")
    desk.select_option("#id_category", label="Harbour")
    desk.click("button:text-is('Save draft')")
    desk.wait_for_url("**/change/")
    assert "on the desk as a draft" in desk.inner_text(".messagelist")
    assert "9 words" in desk.inner_text(".body-count")
    press(desk, "Submit for review")
    assert "Waiting for review" in desk.inner_text(".state-line")

    theirs = sign_in(ines)
    theirs.click(".panel a:text('Low water')")
    press(theirs, "Start the review")
    press(theirs, "Approve")
    press(theirs, "Publish now")
    assert "live v1" in theirs.inner_text(".state-line")

    until(lambda: PublishedArticle.objects.filter(slug="low-water").exists())
    theirs.click("a:text-is('Live page')")
    assert theirs.inner_text("h1") == "Low water"
    theirs.go_back()
    until(lambda: theirs.reload() and "live in" in theirs.inner_text(".facts"))
    assert not [
        said for page in (desk, theirs) for said in page.complaints if "Policy" in said
    ]


def test_the_whole_path_works_without_scripts(sign_in, newsroom, wim, ines):
    draft = factories.article(by=wim)
    page = sign_in(wim, java_script_enabled=False)

    page.goto(f"/admin/editorial/article/{draft.pk}/change/")
    page.fill("#id_body", "Words without scripts.")
    page.click("button:text-is('Save and submit for review')")
    assert Article.objects.get().status == Status.PENDING_REVIEW

    page = sign_in(ines, java_script_enabled=False)
    page.goto(f"/admin/editorial/article/{draft.pk}/change/")
    for label in ("Start the review", "Approve", "Publish now"):
        press(page, label)
    assert Article.objects.get().status == Status.PUBLISHED


def test_no_page_of_the_desk_scrolls_sideways_or_breaks_the_policy(
    sign_in, newsroom, wim, ines
):
    article = factories.publish(factories.article(by=wim), editor=ines)
    factories.MediaFactory(uploaded_by=wim)
    factories.course(by=wim)
    page = sign_in(ines)
    item = f"/admin/editorial/article/{article.pk}"

    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for path in (
            "/admin/",
            "/admin/editorial/article/",
            "/admin/editorial/article/add/",
            f"{item}/change/",
            f"{item}/versions/",
            f"{item}/versions/1/",
            f"{item}/remarks/",
            f"{item}/do/archive/",
            "/admin/editorial/media/",
            "/admin/editorial/category/add/",
            "/admin/editorial/outboxevent/",
        ):
            page.goto(path)
            wide = page.evaluate(
                "document.documentElement.scrollWidth - window.innerWidth"
            )
            assert wide <= 0, (path, width)
    assert not [said for said in page.complaints if "Policy" in said]
