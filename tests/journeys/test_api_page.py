"""The page to try the API, in a real Chromium, under the site's own policy."""

import os

import pytest

from publishing import sync
from tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def test_somebody_tries_an_endpoint(visitor, wim, ines):
    factories.publish(factories.article(by=wim, title="Harbour lights"), editor=ines)
    sync.deliver_waiting()
    page = visitor()
    page.goto("/api/v1/docs/")
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

    assert page.complaints == []
