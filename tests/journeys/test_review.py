"""Reviewing in a browser: two people at one text, and somebody without an account."""

import pytest
from django.urls import reverse

from cms.uuids import uuid7
from editorial import actions, blocks
from editorial.models import ReviewComment
from tests import factories
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

TEXTS = (
    "The harbour at five.",
    "Boats come home with the tide, and gulls come with the boats.",
    "Nobody sleeps on the quay.",
)

LIST = {
    "id": str(uuid7()),
    "type": "list",
    "content": {
        "type": "bulletList",
        "content": [
            {
                "type": "listItem",
                "content": [
                    {
                        "type": "paragraph",
                        "content": [
                            {"type": "text", "text": "🐟 Herring"},
                            {"type": "hardBreak"},
                            {"type": "text", "text": "🦑 and squid"},
                        ],
                    },
                    paragraph("Mended nets")["content"],
                ],
            }
        ],
    },
}


def change_page(article):
    return reverse("admin:editorial_article_change", args=[article.pk])


def select(page, words):
    """Select words in the text, as somebody would with the mouse."""
    page.evaluate(
        """(words) => {
            const root = document.querySelector(".ProseMirror");
            const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(words);
                if (at < 0) continue;
                root.focus();
                const chosen = document.getSelection();
                chosen.setBaseAndExtent(
                    walker.currentNode, at, walker.currentNode, at + words.length);
                return;
            }
            throw new Error("These words are not there: " + words);
        }""",
        words,
    )


def test_a_remark_stays_on_its_words_while_another_types(desk, wim, ines, axe):
    rex = factories.staff("rex", "reviewer")
    body = [*(paragraph(text) for text in TEXTS), LIST]
    article = factories.article(by=wim, body=body)
    actions.submit(article, by=wim, reviewer=rex)
    writer, reader = desk(ines), desk(rex)
    writer.goto(change_page(article))

    # Who may only read it selects words, and remarks on them by keyboard.
    reader.goto(change_page(article))
    reader.locator(".body-editor.is-ready .ProseMirror").wait_for()
    reader.locator(".remarks-head button").first.wait_for(state="attached")
    select(reader, "gulls come with the boats")
    reader.locator(".remark-float").wait_for()
    reader.keyboard.press("Control+Alt+m")
    words = reader.locator(".remarks-new textarea")
    words.press_sequentially("Do they? @in")
    reader.locator(".remark-names li").first.wait_for()
    words.press("Enter")
    assert words.input_value() == "Do they? @ines "
    words.press("Control+Enter")
    reader.locator(".remark-card", has_text="Do they?").wait_for()
    assert reader.locator(".remark-mark").inner_text() == "gulls come with the boats"

    # Both sides count alike: emoji, line breaks, paragraphs in a list.
    select(reader, "nets")
    reader.keyboard.press("Control+Alt+m")
    reader.locator(".remarks-new textarea").fill("Which?")
    reader.locator(".remarks-new textarea").press("Control+Enter")
    reader.locator(".remark-card", has_text="Which?").wait_for()
    nets = ReviewComment.objects.get(quote="nets")
    text = blocks.flat_text(LIST["content"])
    assert text[nets.selection_start : nets.selection_end] == "nets"
    assert not nets.is_orphan
    nets.delete()

    # The other is told, finds it beside the text, and types before and in it.
    remark = ReviewComment.objects.get()
    assert remark.mentions.get().person == ines
    assert remark.quote == "gulls come with the boats"
    writer.locator(".body-editor.is-ready").wait_for()
    writer.goto(f"{change_page(article)}#remark-{remark.pk}")
    writer.reload()
    mark = writer.locator(".remark-mark.is-active")
    mark.wait_for()
    writer.locator(".ProseMirror p").nth(1).click()
    writer.keyboard.press("Home")
    writer.keyboard.type("In spring, ")
    select(writer, "gulls")
    writer.keyboard.type("terns")
    assert writer.locator(".remark-mark").inner_text() == "terns come with the boats"
    card = writer.locator(f"#remark-{remark.pk}")
    card.locator("button.remark-quoted", has_text="terns come").wait_for()

    # From the words to the remark, and the answer.
    writer.locator(".remark-mark").click()
    card.get_by_role("button", name="Answer").click()
    card.locator("textarea").fill("They do now.")
    card.locator("textarea").press("Control+Enter")
    card.locator(".remark-answer", has_text="They do now.").wait_for()
    card.get_by_role("button", name="Resolve").click()
    writer.locator(".remark-mark").wait_for(state="detached")
    remark.refresh_from_db()
    assert remark.resolved_by == ines
    assert remark.replies.get().author == ines
    assert not writer.complaints and not reader.complaints
    reader.locator(".bell").click()
    reader.locator(".told", has_text="asks you to review").wait_for()
    assert not axe(writer) and not axe(reader)


def test_a_guest_remarks_by_a_link_until_it_is_revoked(desk, visitor, wim, axe):
    article = factories.article(by=wim, body=[paragraph(text) for text in TEXTS])
    writer, guest = desk(wim), visitor()
    writer.goto(reverse("admin:editorial_article_guests", args=[article.pk]))
    writer.get_by_label("For whom").fill("Dr. Okafor")
    writer.get_by_role("button", name="Make a link").click()
    address = writer.locator("#link-address").input_value().split("/", 3)[3]

    guest.goto(f"/{address}")
    guest.evaluate(
        """() => {
            const part = document.querySelectorAll(".review-words")[1];
            const words = part.querySelector("p");
            document.getSelection().setBaseAndExtent(
                words.firstChild, 35, words.firstChild, 40);
            document.dispatchEvent(new PointerEvent("pointerup"));
        }"""
    )
    form = guest.locator(".review-ask[open] form")
    form.locator(".review-quote", has_text="gulls").wait_for()
    form.get_by_label("Your name").fill("Ada Okafor")
    form.get_by_label("Your remark").fill("Terns, I think.")
    form.get_by_role("button", name="Send the remark").click()
    guest.get_by_text("It has reached the newsroom.").wait_for()
    assert not guest.complaints and not axe(guest)

    writer.goto(f"{change_page(article)}#panel-remarks")
    card = writer.locator(".remark-card", has_text="Ada Okafor (external)")
    card.locator("button.remark-quoted", has_text="gulls").click()
    assert writer.locator(".remark-mark.is-active").inner_text() == "gulls"
    writer.goto(reverse("admin:editorial_article_guests", args=[article.pk]))
    assert "1 time" in writer.locator(".link-table").inner_text()
    writer.get_by_role("button", name="Revoke").click()
    writer.get_by_text("opens nothing now").wait_for()
    assert guest.goto(f"/{address}").status == 404
    assert not writer.complaints
