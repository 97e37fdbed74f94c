"""Planning by mouse and by keys: the board, the calendar, the palette."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from editorial import actions, planning
from editorial.models import Article, Status
from tests import factories

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def card(page, title):
    return page.locator(".card", has_text=title)


def column(page, status):
    return page.locator(f".column[data-status={status}]")


def test_cards_are_moved_by_mouse_and_by_keys(desk, ines, wim):
    sea = factories.CategoryFactory(name="Sea")
    for title in ("Tides", "Salt"):
        factories.article(by=wim, title=title, category=sea)
    ropes = factories.article(by=wim, title="Ropes", category=sea)
    factories.approve(ropes, editor=ines)
    page = desk(ines)
    page.goto(reverse("admin:editorial_board"))

    # A drop is a step of the workflow.
    card(page, "Tides").drag_to(column(page, "pending_review"))
    expect(card(column(page, "pending_review"), "Tides")).to_be_visible()
    expect(page.locator("#board-said")).to_contain_text("Submitted for review")
    expect(column(page, "draft").locator("[data-count]")).to_have_text("1")

    # What no step leads to springs back, with the reason.
    card(page, "Salt").drag_to(column(page, "published"))
    expect(page.locator("#board-said")).to_contain_text("no step leads from there")
    expect(card(column(page, "draft"), "Salt")).to_be_visible()

    # By keys: the card's own menu, and a question where one is needed.
    card(page, "Ropes").locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.dataset.verb") != "schedule":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    when = timezone.now() + timedelta(days=2)
    asked = page.get_by_label("Publish at")
    expect(asked).to_be_focused()
    asked.fill(f"{when:%Y-%m-%dT%H:%M}")
    page.keyboard.press("Enter")
    moved = card(column(page, "scheduled"), "Ropes")
    expect(moved).to_contain_text("goes live")
    expect(moved.locator("a.row-title")).to_be_focused()

    assert Article.objects.get(title="Ropes").status == Status.SCHEDULED
    assert Article.objects.get(title="Tides").status == Status.PENDING_REVIEW
    # The browser itself says that 409 was an answer; nothing else complained.
    assert all("409" in one for one in page.complaints), page.complaints


def test_the_calendar_is_moved_by_mouse_and_by_keys(desk, ines, wim):
    story = factories.approve(factories.article(by=wim, title="Ropes"), editor=ines)
    # A day in the middle of a month that is not the last of the calendar's weeks.
    first = (timezone.localdate().replace(day=1) + timedelta(days=62)).replace(day=10)
    actions.schedule(story, by=ines, publish_at=planning.from_site(first))
    page = desk(ines)
    page.goto(reverse("admin:editorial_calendar") + f"?all=1&day={first}")
    later = first + timedelta(days=2)

    entry = page.locator(".entry", has_text="Ropes")
    entry.drag_to(page.locator(f"[data-day='{later}']"))
    expect(page.locator(f"[data-day='{later}'] .entry")).to_contain_text("09:00")
    expect(page.locator("#calendar-said")).to_contain_text("goes live on")

    # Into the past: refused, and it stays.
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    entry.get_by_label("Moment").fill("2020-01-01T10:00")
    page.keyboard.press("Enter")
    expect(page.locator("#calendar-said")).to_contain_text("in the future")
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    entry.get_by_label("Moment").fill(f"{first}T17:45")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-day='{first}'] .entry")).to_contain_text("17:45")

    story.refresh_from_db()
    assert planning.at_site(story.publish_at).date() == first
    assert all("409" in one for one in page.complaints), page.complaints


def test_the_palette_goes_anywhere_without_a_mouse(desk, wim):
    article = factories.article(by=wim, title="Ropes and knots")
    factories.article(by=wim, title="Tides")
    page = desk(wim)
    page.goto(reverse("admin:editorial_article_change", args=[article.pk]))
    page.goto(reverse("admin:index"))

    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search, go to, or do")
    expect(box).to_be_focused()
    lately = page.get_by_role("option", name="Ropes and knots")
    expect(lately).to_have_attribute("aria-selected", "true")
    box.fill("tid")
    found = page.get_by_role("option", name="Tides")
    expect(found).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == found.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/article/*/change/")

    page.goto(reverse("admin:index"))
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/board/")
    assert not page.complaints
