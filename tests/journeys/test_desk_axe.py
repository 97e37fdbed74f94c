"""Every main page of the desk: no serious barrier, in light and dark, and no sideways
scrolling where a page is 400 pixels wide, or enlarged twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from editorial import actions
from editorial.models import EditorialTask, Release, ReleaseItem, Review
from editorial.remarks import add_remark
from engagement.models import ContentRef
from engagement.views import days, drain
from tests import factories

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

WIDTHS = (640, 400)
"""1280 pixels at 200 %, and a telephone."""


def pages(ines, wim):
    """The addresses of a newsroom in which a little of everything is."""
    sea = factories.CategoryFactory(name="Sea")
    soon = timezone.now() + timedelta(hours=5)
    read = factories.article(by=wim, title="Tides", category=sea)
    actions.submit(read, by=wim)
    actions.start_review(read, by=ines)
    Review.objects.update(due_at=soon)
    add_remark(read, by=ines, comment="Is this so?")
    live = factories.publish(
        factories.article(by=wim, title="Salt", category=sea), editor=ines
    )
    factories.edit(live, by=ines, title="Salt and water")
    ready = factories.approve(
        factories.article(by=wim, title="Ropes", category=sea), editor=ines
    )
    course = factories.course(by=ines, title="Knots", category=sea)
    task = EditorialTask.objects.create(
        title="Ring the harbour master", assigned_to=ines, due_date=soon
    )
    release = Release.objects.create(name="Spring", created_by=ines)
    ReleaseItem.objects.create(release=release, kind="article", item_id=ready.pk)
    picture = factories.MediaFactory(
        title="A crane", uploaded_by=ines, source_url="/static/img/icon.svg"
    )

    ContentRef.objects.create(id=live.pk, kind="article", state="live", title="Salt")
    seen = {
        "event": "v",
        "visitor": uuid4().hex,
        "source": "search",
        "device": "mobile",
    }
    what = {"content_kind": "article", "content_id": live.pk.hex}
    drain.write_directly(seen | what | {"at": int(soon.timestamp() * 1000)})
    days.tally()

    def on(name, *args):
        return reverse(f"admin:{name}", args=args)

    return [
        on("index"),
        on("editorial_panels"),
        on("editorial_board"),
        on("editorial_calendar"),
        on("editorial_search") + "?q=tides",
        on("editorial_article_changelist"),
        on("editorial_article_change", read.pk),
        on("editorial_article_versions", live.pk),
        on("editorial_article_remarks", read.pk),
        on("editorial_article_do", ready.pk, "publish"),
        on("editorial_course_change", course.pk),
        on("editorial_lesson_change", course.lessons.first().pk),
        on("editorial_editorialtask_changelist"),
        on("editorial_editorialtask_change", task.pk),
        on("editorial_release_changelist"),
        on("editorial_release_change", release.pk),
        on("editorial_media_changelist"),
        on("editorial_media_change", picture.pk),
        on("editorial_outboxevent_changelist"),
        on("editorial_series_changelist"),
        on("editorial_article_compare", live.pk) + "?from=live",
        on("editorial_article_readers", live.pk),
        on("readers"),
        on("searches"),
        on("truth"),
        on("editorial_ledger") + "?address=/articles/salt/",
        on("engagement_comment_changelist"),
    ]


def too_wide(page):
    """What sticks out at a width, or nothing."""
    return page.evaluate(
        """() => {
            const room = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= room) return null;
            const scrolls = (one) => one && one !== document.body
              && (getComputedStyle(one).overflowX !== "visible"
                  || scrolls(one.parentElement));
            const out = [...document.querySelectorAll("body *")].filter((one) =>
              one.checkVisibility({ contentVisibilityAuto: true })
              && one.getBoundingClientRect().right > room + 1
              && !scrolls(one.parentElement));
            return out.slice(0, 3).map((one) => one.outerHTML.slice(0, 90)).join(" ");
        }"""
    )


STILL = """() => Promise.all(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
  .map((one) => one.finished.catch(() => null)))"""
"""Colours on their way from light to dark are neither."""


def test_no_page_of_the_desk_has_a_serious_barrier(desk, ines, wim, axe):
    page, found = desk(ines), []
    for address in pages(ines, wim):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.goto(address).status == 200, address
        # What axe itself says on the console is not the page's.
        found += [f"{address} complained: {said}" for said in page.complaints]
        found += [f"{address}: {one}" for one in axe(page)]
        page.emulate_media(color_scheme="dark")
        page.evaluate(STILL)
        found += [f"{address}, dark: {one}" for one in axe(page, only="color-contrast")]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if out := too_wide(page):
                found.append(f"{address} at {width}: {out}")
        page.complaints.clear()

    assert not found, "\n".join(["", *found])


def test_the_first_tab_skips_to_the_content_and_focus_is_seen(desk, ines):
    page = desk(ines)
    page.goto(reverse("admin:index"))

    page.keyboard.press("Tab")

    skip = page.get_by_role("link", name="Skip to main content")
    sync_api.expect(skip).to_be_focused()
    sync_api.expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    ring = page.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle + "
        "getComputedStyle(document.activeElement).outlineWidth"
    )
    assert ring == "solid3px"
