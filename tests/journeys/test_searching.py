"""Searching by keyboard: suggestions, facets, and what is told of it afterwards."""

import pytest

from engagement.searches.models import SearchClick, SearchQuery
from tests.publishing.factories import ArticleFactory, CategoryFactory
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]

READER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
LISTED = "#q ~ .suggestions:not([hidden])"


def test_a_reader_searches_by_keyboard_and_opens_what_was_found(visitor, axe):
    sea, land = CategoryFactory(name="Sea"), CategoryFactory(name="Land")
    for number in range(3):
        ArticleFactory(title=f"Harbour {number}", category=sea)
    found = ArticleFactory(title="The harbour wall", category=land, slug="wall")
    page = visitor(user_agent=READER)

    page.goto("/search/", wait_until="networkidle")
    page.focus("#q")
    page.keyboard.type("harb")
    page.wait_for_selector(LISTED)
    assert page.get_attribute("#q", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#q", "aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    assert not axe(page)
    page.keyboard.press("Escape")
    assert page.get_attribute("#q", "aria-expanded") == "false"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=harb*")

    page.goto("/search/?q=harbour", wait_until="networkidle")
    assert not axe(page)
    page.click(".facet a:has-text('Land')")
    page.wait_for_url("**category=*")
    page.wait_for_load_state("networkidle")
    page.click(".hit h2 a")
    page.wait_for_url("**/articles/wall/")

    assert until(lambda: SearchClick.objects.filter(content_id=found.id).exists())
    search = SearchClick.objects.get().search
    assert (search.query, search.filters) == ("harbour", {"category": land.slug})
    assert SearchQuery.objects.filter(query="harb", outcome="nothing").exists()
    assert page.complaints == []
