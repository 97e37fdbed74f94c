"""Versions and releases in a real Chromium: compared by keyboard, brought back block by
block, two items previewed, live together and back together."""

import pytest

from editorial.models import Article, Release, ReleaseItem, Status
from publishing.models import PublishedArticle
from tests import factories
from tests.factories import paragraph
from tests.serving import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def is_sound(page, axe):
    """Nothing complained, and axe finds nothing serious; its own noise is none."""
    assert not page.complaints
    found = axe(page, include="#content")
    page.complaints.clear()
    assert not found
    return True


def read(slug):
    """What readers have of an article, or nothing."""
    found = PublishedArticle.objects.filter(slug=slug).first()
    return found.content_html if found else None


def test_two_versions_are_compared_by_keyboard_and_a_block_comes_back(
    desk, axe, wim, ines
):
    body = [paragraph(f"Paragraph {name}.") for name in ("one", "two", "three")]
    article = factories.publish(factories.article(by=wim, body=body), editor=ines)
    later = [
        body[2],
        paragraph("Paragraph 1, anew.", body[0]["id"]),
        paragraph("Four."),
    ]
    factories.edit(article, by=wim, title="Second light", body=later)
    page = desk(wim)
    page.goto(f"/admin/editorial/article/{article.pk}/change/")
    assert "Live: v1" in page.inner_text(".item-bar")
    page.click(".item-bar >> text=this draft differs in 4 blocks and the title")
    page.wait_for_url("**/compare/**")

    said = page.inner_text(".diff-sum")
    assert said == (
        "1 block changed, 1 block added, 1 block removed, 1 block moved, title differs."
    )
    for name in ("Title", "Moved up", "Changed", "Removed", "Added"):
        page.keyboard.press("n")
        assert name in page.inner_text("[data-change]:focus .diff-what")
    page.keyboard.press("p")
    assert "4 of 5" in page.inner_text("[data-place]")
    assert is_sound(page, axe)
    page.keyboard.press("o")
    page.wait_for_url("**only=1")
    page.keyboard.press("s")
    page.wait_for_url("**view=side**")
    assert page.inner_text(".diff-heads").split("\n\n") == ["v1", "the draft"]
    assert is_sound(page, axe)

    page.keyboard.press("i")
    page.wait_for_selector(".diff-heads", state="detached")
    page.focus("text=Bring back this block")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The block was restored as v3 of the draft")
    texts = [one["content"]["content"][0]["text"] for one in again(article)]
    assert texts == [
        "Paragraph three.",
        "Paragraph 1, anew.",
        "Paragraph two.",
        "Four.",
    ]

    page.focus("#scrub")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    page.wait_for_selector(".diff-sum:text('Nothing is different.')")

    page.goto(f"/admin/editorial/article/{article.pk}/versions/")
    page.click("button:has-text('Restore v1')")
    page.wait_for_selector("text=v1 was restored as v4")
    assert again(article) == body
    article.refresh_from_db()
    assert (article.status, article.live_version.number) == (Status.DRAFT, 1)
    assert not page.complaints


def again(article):
    return Article.objects.get(pk=article.pk).block_list()


def test_a_release_is_previewed_goes_live_and_goes_back_together(
    desk, axe, worker, wim, ines
):
    old = factories.publish(factories.article(by=wim, title="Old tide"), editor=ines)
    factories.approve(
        factories.edit(old, by=wim, body=[paragraph("The new words.")]), editor=ines
    )
    new = factories.approve(factories.article(by=wim, title="New tide"), editor=ines)
    release = Release.objects.create(name="Monday", created_by=ines)
    ReleaseItem.objects.create(release=release, kind="article", item_id=old.pk)
    page = desk(ines)
    page.goto(f"/admin/editorial/release/{release.pk}/change/")
    page.select_option("#id_items-1-item", f"article:{new.pk}")
    page.click("[name=_save]")
    page.wait_for_selector("text=Ready. Readers see all 2 changes in one moment.")
    assert "v2 replaces v1" in page.inner_text(".standings")
    assert is_sound(page, axe)

    page.click("text=Preview together")
    frame = page.frame_locator("iframe[title^='Old tide']")
    assert frame.locator("text=The new words.").inner_text() == "The new words."
    assert is_sound(page, axe)
    page.click("text=Back to the release")

    page.click("text=Release everything now")
    page.wait_for_selector("text=went out: readers see all of it, or none")
    until(lambda: read("new-tide"))
    assert "The new words." in read("old-tide")

    page.click("summary:has-text('Take all of it back')")
    page.click("button:has-text('Take it back')")
    page.wait_for_selector("text=readers have what they had before")
    until(lambda: read("new-tide") is None)
    assert "The harbour at five." in read("old-tide")
    assert not page.complaints
