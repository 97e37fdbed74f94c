"""Before publishing, in a real Chromium: checks that lead to their place, a preview
beside the text, cards, and one button that says what it does and what came of it.
"""

import os
import time

import pytest

from editorial import actions
from editorial.models import AuditLog, Status
from tests import factories
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]


def picture_of(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/before-{name}.png")


def faults_of(axe, page, part):
    """What axe finds; the console is ours up to here, and axe's own for a moment."""
    assert page.complaints == []
    found = axe(page, part)
    page.complaints.clear()
    return found


def tab(page, name):
    page.click(f'[role=tab]:has-text("{name}")')


def test_a_text_is_looked_at_from_all_sides_before_it_goes_out(
    desk, worker, axe, wim, ines
):
    draft = factories.article(by=wim, title="Not yet public")
    first = factories.paragraph("The market opens after the water.")
    placeholder = factories.paragraph("TK, said the mayor.")
    link = {
        "id": factories.paragraph("x")["id"],
        "type": "paragraph",
        "content": {
            "type": "paragraph",
            "content": [
                {
                    "type": "text",
                    "text": "the other story",
                    "marks": [
                        {
                            "type": "link",
                            "attrs": {"href": f"/articles/{draft.slug}/"},
                        }
                    ],
                }
            ],
        },
    }
    filler = [factories.paragraph(f"Paragraph {n}. " * 20) for n in range(12)]
    item = factories.article(
        by=wim,
        title="Low water",
        body=[first, placeholder, *filler, link],
        category=factories.CategoryFactory(name="Harbour", slug="harbour"),
    )
    actions.submit(item, by=wim)
    actions.start_review(item, by=ines)
    page = desk(ines, viewport={"width": 1440, "height": 900})
    page.goto(f"/admin/editorial/article/{item.pk}/change/")
    page.wait_for_selector(".body-editor.is-ready")

    # 24, 27, 29: what is found stands beside the text, and a click leads there.
    tab(page, "Checks")
    page.wait_for_selector(".concern-jump")
    assert page.inner_text("#tab-panel-checks .tab-count") == "2"
    assert "1 stops it" in page.inner_text("[data-checks-count]")
    page.click(".concern-jump:has-text('leads to something that is not published')")
    here = "document.querySelector('.body-editor').body.blockAt().node.attrs.id"
    assert page.evaluate(here) == link["id"]
    picture_of(page, "checks")

    # 20: the preview beside it, with what is typed now.
    tab(page, "Preview")
    frame = page.frame_locator(".preview-frame")
    frame.locator("h1:text-is('Low water')").wait_for()
    frame.locator(f'[data-block-id="{first["id"]}"]').click()
    until(lambda: page.evaluate(here) == first["id"])
    page.keyboard.press("End")
    started = time.monotonic()
    page.keyboard.type(" Nobody asks when.")
    frame.locator("p:has-text('Nobody asks when.')").wait_for()
    print(f"typed to preview: {time.monotonic() - started:.2f} s")
    page.keyboard.press("ArrowDown")
    frame.locator(f'[data-block-id="{placeholder["id"]}"].is-here').wait_for()
    for width in (768, 1280, 375):
        page.click(f".preview-widths [data-width='{width}']")
        inner = page.evaluate(
            "document.querySelector('.preview-frame').contentWindow.innerWidth"
        )
        assert inner == width
    picture_of(page, "preview")

    # 28: the cards say what the tags will say, while one types.
    tab(page, "Details")
    page.eval_on_selector(
        "#id_meta_title", "field => field.closest('details').open = true"
    )
    page.fill("#id_meta_title", "Low water in the harbour " * 3)
    tab(page, "Preview")
    page.wait_for_selector(".search-title:has-text('Low water in the harbour')")
    page.wait_for_selector("[data-length=title][data-verdict='too long']")
    assert faults_of(axe, page, "#panel-preview") == []
    tab(page, "Checks")
    page.wait_for_selector(".concern:has-text('cut the title')")
    assert faults_of(axe, page, "#panel-checks") == []

    # 22, 23, 24: one button; its question has checks and what will change.
    page.goto(f"/admin/editorial/article/{item.pk}/change/")
    assert page.inner_text(".next-main") == "Approve"
    page.click(".next-main")
    dialog = page.locator("dialog[open]")
    dialog.locator("text=These stop it").wait_for()
    assert "They see it for the first time" in dialog.inner_text()
    picture_of(page, "approve")
    assert faults_of(axe, page, "dialog[open]") == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className").find("next-main") > 0
    page.click(".next-main")
    dialog.get_by_label("Why it may go out").fill("The mayor is called TK.")
    dialog.get_by_role("button", name="Approve, all the same").click()
    page.wait_for_selector(".next-main:text-is('Publish now')")
    item.refresh_from_db()
    assert item.status == Status.APPROVED
    assert AuditLog.objects.filter(action="override_checks").count() == 1

    page.click(".next-others summary")
    page.click(".next-others a:has-text('Schedule…')")
    dialog.get_by_label("Publish at").fill("2031-03-03T09:00")
    dialog.get_by_role("button", name="Schedule for 3 Mar 2031 09:00 UTC").wait_for()
    picture_of(page, "schedule")
    page.keyboard.press("Escape")

    page.click(".next-main")
    dialog.locator("summary:has-text('in all')").click()
    assert "/categories/harbour/" in dialog.inner_text()
    picture_of(page, "publish")
    dialog.get_by_role("button", name="Publish now").click()
    page.wait_for_selector(".next-receipt.is-done:has-text('Live in')")
    assert page.inner_text(".next-main") == "Start the next version"
    picture_of(page, "receipt")
    assert page.complaints == []
