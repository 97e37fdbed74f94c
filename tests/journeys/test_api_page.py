"""The page to try the API, in a real Chromium, under the site's own policy."""

import os
import shutil

import pytest
from django.db import connections

from publishing import sync
from tests import factories
from tests.api.serving import newsroom

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        page.set_default_timeout(60_000)
        yield page
        connections.close_all()  # the loop has some of its own
        chromium.close()


def test_somebody_tries_an_endpoint(page, wim, ines):
    factories.publish(factories.article(by=wim, title="Harbour lights"), editor=ines)
    sync.deliver_waiting()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    with newsroom(worker=False) as base:
        page.goto(f"{base}/api/v1/docs/")
        operation = page.locator("#operations-content-content_articles_list")
        operation.locator(".opblock-summary-control").click(no_wait_after=True)
        for button in ("Try it out", "Execute"):
            operation.get_by_role("button", name=button).click(no_wait_after=True)
        answer = operation.locator(".live-responses-table tbody .response-col_status")
        answer.wait_for()
        assert "200" in answer.inner_text()
        body = operation.locator(".live-responses-table .microlight").first
        assert "Harbour lights" in body.inner_text()
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/api.png")

    assert complaints == []
