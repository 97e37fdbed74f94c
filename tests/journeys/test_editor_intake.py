"""What comes into a text from elsewhere: pastes, images, addresses, links, blocks.

One newsroom, one page for each story; the blocks that are looked at are those that the
editor would save.
"""

import io
import json
from pathlib import Path

import pytest
from django.urls import reverse
from PIL import Image

from editorial import intake
from editorial.blocks import to_html
from editorial.models import Article, Media
from tests import factories, serving
from tests.editorial.hostile import pastes
from tests.editorial.wordfile import word_file
from tests.journeys.caret import settle

pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
]

PASTES = Path(__file__).parents[1] / "editorial" / "fixtures" / "pastes"
TEXT = ".body-editor .ProseMirror"
VIDEO = "https://youtu.be/dQw4w9WgXcQ"

PASTE = """([kinds, files]) => {
  const data = new DataTransfer();
  for (const [kind, value] of Object.entries(kinds)) data.setData(kind, value);
  for (const [name, type, bytes] of files)
    data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const told = { clipboardData: data, bubbles: true, cancelable: true };
  document.querySelector(".body-editor .ProseMirror")
    .dispatchEvent(new ClipboardEvent("paste", told));
}"""


def change(article):
    return reverse("admin:editorial_article_change", args=[article.pk])


def open_text(page, article):
    page.goto(change(article))
    page.wait_for_selector(".body-editor.is-ready")
    page.click(TEXT)
    return page


def paste(page, *files, **kinds):
    names = {"html": "text/html", "text": "text/plain"}
    given = {names.get(kind, kind): value for kind, value in kinds.items()}
    page.evaluate(PASTE, [given, list(files)])


def blocks_of(page):
    return page.evaluate("document.querySelector('.body-editor').body.blocks()")


def kinds_of(page):
    return [one["type"] for one in blocks_of(page)]


def until(page, condition):
    serving.until(
        lambda: page.evaluate(
            f"() => {{ const body = document.querySelector('.body-editor').body; const"
            f" kinds = body.blocks().map((one) => one.type); return {condition}; }}"
        )
    )


def picture(colour):
    out = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "PNG")
    return list(out.getvalue())


def empty_article(by):
    return factories.article(
        by=by, title="Intake", body=[factories.paragraph("Start.")]
    )


def test_a_word_paste_becomes_blocks_and_is_undone_in_one_step(desk, wim):
    article = empty_article(wim)
    page = open_text(desk(wim), article)
    page.keyboard.press("Control+End")
    settle(page)
    page.keyboard.press("Enter")
    paste(page, html=(PASTES / "word.html").read_text(), text="The harbour")

    expected = json.loads((PASTES / "word.json").read_text())
    until(page, "kinds.includes('table')")
    found = [one["content"] for one in blocks_of(page)[1:]]
    assert found == [one["content"] for one in expected["blocks"]]
    report = page.locator(".intake-report")
    assert "did not come along" in report.inner_text()
    report.get_by_role("button", name="Close").click()
    page.keyboard.press("Control+z")
    until(page, "kinds.length === 1")
    page.keyboard.press("Control+Shift+z")
    until(page, "kinds.includes('table')")

    # In the middle of a sentence: words join words.
    page.evaluate(
        "(blocks) => document.querySelector('.body-editor').body.setBlocks(blocks)",
        [factories.paragraph("Before after.")],
    )
    page.click(TEXT)
    page.keyboard.press("Control+Home")
    settle(page)
    for _ in "Before":
        page.keyboard.press("ArrowRight")
    settle(page)
    paste(page, html="<p>one</p><ul><li>two</li></ul><p>three</p>", text="x")
    until(page, "kinds.includes('list')")
    words = page.locator(TEXT).inner_text().split()
    assert words == ["Beforeone", "two", "three", "after."]
    assert kinds_of(page) == ["paragraph", "list", "paragraph"]

    # A Word file is read, and its picture is in the library.
    page.keyboard.press("Control+End")
    settle(page)
    page.keyboard.press("Enter")
    paste(page, ["harbour.docx", "", list(word_file())])
    until(page, "kinds.includes('image')")
    assert "<li>By telephone.</li>" in to_html(blocks_of(page))
    assert Media.objects.get().alt_text == "A red dot"

    # Without a server, the words at least.
    page.route("**/intake/paste/", lambda route: route.abort())
    page.keyboard.press("Control+End")
    settle(page)
    paste(page, html="<h2>Kept</h2><p>words</p>", text="Kept\n\nwords")
    page.locator(".intake-report", has_text="Only the words").wait_for()
    assert "Kept" in page.locator(TEXT).inner_text()
    said = [one for one in page.complaints if "Failed to load resource" not in one]
    assert said == []


def test_two_hundred_hostile_pastes_leave_nothing_that_runs_in_the_editor(desk, wim):
    page = open_text(desk(wim), empty_article(wim))
    page.on("dialog", lambda dialog: page.complaints.append(dialog.message))
    found = [
        block
        for source in pastes()
        for block in intake.from_clipboard(html=source, text=source).blocks
    ]
    page.evaluate(
        "(blocks) => document.querySelector('.body-editor').body.setBlocks(blocks)",
        found,
    )
    active = page.evaluate(
        """() => {
          const tag = /^(script|iframe|object|embed|style|svg|math|form|base|link)$/i;
          const address = /^\\s*(javascript|data|vbscript):/i;
          const runs = ({ name, value }) => /^on|^srcdoc|^formaction/.test(name)
            || (/^(href|src|action)$/.test(name) && address.test(value));
          return [...document.querySelectorAll(".body-surface *")]
            .filter((one) => tag.test(one.tagName) || [...one.attributes].some(runs))
            .map((one) => one.outerHTML);
        }"""
    )
    assert active == []
    assert page.locator(".shielded").count() == 0
    assert len(blocks_of(page)) == len(found)
    # A clipboard that pretends to be ours.
    bad = {
        "type": "text",
        "text": "x",
        "marks": [{"type": "link", "attrs": {"href": "javascript:alert(1)"}}],
    }
    slice_ = {"content": [{"type": "paragraph", "content": [bad]}]}
    before = len(blocks_of(page))
    paste(
        page,
        text="x",
        **{"application/x-masthead-blocks": json.dumps({"slice": slice_})},
    )
    assert '"href": "javascript:' not in json.dumps(blocks_of(page))
    assert len(blocks_of(page)) == before
    assert page.complaints == []


def test_images_go_up_in_place_fail_are_tried_again_and_make_a_gallery(desk, wim):
    page = open_text(desk(wim), empty_article(wim))
    page.keyboard.press("Control+End")
    settle(page)
    page.route("**/api/v1/editorial/media/", lambda route: route.abort())
    paste(page, ["dot.png", "image/png", picture("red")])
    again = page.get_by_role("button", name="Try dot.png again")
    again.wait_for()
    assert kinds_of(page) == ["paragraph"]  # nothing of it is in the text yet
    page.keyboard.type(" Written meanwhile.")
    page.unroute("**/api/v1/editorial/media/")
    again.click()
    until(page, "kinds.includes('image')")
    media = Media.objects.get()
    image = blocks_of(page)[1]
    assert image["content"]["attrs"] == {"media": str(media.pk)}
    assert "Written meanwhile." in page.locator(TEXT).inner_text()

    figure = page.locator(f"{TEXT} figure.image")
    figure.get_by_label("Describe it").fill("A red field.")
    figure.get_by_label("Credit").fill("Ana")
    figure.get_by_label("Width").select_option("wide")
    figure.get_by_label("It only decorates").check()
    attrs = blocks_of(page)[1]["content"]["attrs"]
    assert attrs == {
        "media": str(media.pk),
        "alt": "A red field.",
        "credit": "Ana",
        "align": "wide",
        "decorative": True,
    }

    page.locator(f"{TEXT} > p").first.click()
    page.keyboard.press("Control+End")
    settle(page)
    paste(
        page,
        ["one.png", "image/png", picture("teal")],
        ["two.png", "image/png", picture("navy")],
        ["note.txt", "text/plain", [65]],
    )
    assert "note.txt" in page.locator(".intake-report").inner_text()
    page.get_by_role("button", name="As a gallery").click()
    until(page, "kinds.includes('gallery')")
    assert Media.objects.count() == 3
    [gallery] = [one for one in blocks_of(page) if one["type"] == "gallery"]
    assert len(gallery["content"]["content"]) == 2
    # One that is cancelled leaves nothing.
    page.route("**/api/v1/editorial/media/", lambda route: route.abort())
    paste(page, ["three.png", "image/png", picture("red")])
    page.get_by_role("button", name="Cancel three.png").click()
    page.locator(".intake-waiting").wait_for(state="detached")
    said = [one for one in page.complaints if "Failed to load resource" not in one]
    assert said == []


def test_addresses_become_links_and_cards_and_links_say_where_they_lead(
    desk, wim, omar, published
):
    factories.article(by=wim, title="Not yet out")
    article = empty_article(wim)
    page = open_text(desk(wim), article)
    # On a selection it is a link.
    page.keyboard.press("Control+a")
    settle(page)
    paste(page, text="https://example.org/start")
    [only] = blocks_of(page)
    mark = {"type": "link", "attrs": {"href": "https://example.org/start"}}
    assert only["content"]["content"] == [
        {"type": "text", "text": "Start.", "marks": [mark]}
    ]
    # Alone, on the list: a card, rebuilt by its id when it is shown. Else a link.
    page.keyboard.press("Control+End")
    settle(page)
    page.keyboard.press("Enter")
    paste(page, text=VIDEO)
    until(page, "kinds.includes('embed')")
    assert (
        "nothing of the other site loads" in page.locator("figure.embed").inner_text()
    )
    # Ctrl+K searches our own items and warns of a draft.
    page.locator(f"{TEXT} > p").last.click()
    page.keyboard.type("See ")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Link")
    dialog.get_by_role("combobox").fill("not yet")
    option = dialog.get_by_role("option", name="Not yet out")
    option.wait_for()
    assert "Draft" in option.inner_text()
    assert "until it is published" in option.inner_text()
    page.keyboard.press("Enter")
    until(page, "JSON.stringify(body.blocks()).includes('Not yet out')")
    # @ does so while one writes.
    page.keyboard.type(" and @first")
    page.get_by_role("option", name="First light").wait_for()
    page.keyboard.press("Enter")
    until(page, "JSON.stringify(body.blocks()).includes('First light')")
    live = Article.objects.get(pk=published.pk)
    assert f'"href": "/articles/{live.slug}/"' in json.dumps(blocks_of(page))
    # Beside a link: what is at its end, and a way to take it off.
    page.keyboard.press("ArrowLeft")
    beside = page.get_by_role("group", name="The link here")
    beside.get_by_text("Live").wait_for()
    beside.get_by_role("button", name="Remove").click()
    assert f"/articles/{live.slug}/" not in json.dumps(blocks_of(page))
    # /embed asks; a site that is not on the list may be a link.
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("/embed")
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog", name="Embed")
    asked.get_by_label("Address of").fill("https://example.org/video")
    page.keyboard.press("Enter")
    asked.get_by_text("not on the list").wait_for()
    asked.get_by_label("Address of").fill("https://vimeo.com/76979871")
    page.keyboard.press("Enter")
    until(page, "kinds.filter((one) => one === 'embed').length === 2")
    assert page.complaints == []


def test_blocks_travel_between_articles_and_get_new_ids(desk, wim):
    media = factories.MediaFactory(uploaded_by=wim)
    body = [
        factories.paragraph("First."),
        _block("heading", {"level": 2}, "A part"),
        {
            "id": factories.paragraph("x")["id"],
            "type": "image",
            "content": {"type": "image", "attrs": {"media": str(media.pk), "alt": "A"}},
        },
        factories.paragraph("Last."),
    ]
    source = factories.article(by=wim, title="Source", body=body)
    target = empty_article(wim)
    page = open_text(desk(wim), source)
    page.keyboard.press("Control+a")
    settle(page)
    page.keyboard.press("Control+c")
    page.goto(change(target))
    page.wait_for_selector(".body-editor.is-ready")
    page.click(TEXT)
    page.keyboard.press("Control+End")
    settle(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+v")
    until(page, "kinds.includes('image')")
    found = blocks_of(page)
    assert [one["content"] for one in found[1:]] == [one["content"] for one in body]
    assert not {one["id"] for one in found} & {one["id"] for one in body}
    assert len({one["id"] for one in found}) == len(found)
    known = [one for one in page.complaints if "photo-" not in one and "404" not in one]
    assert known == []


def _block(kind, attrs, text):
    content = {
        "type": kind,
        "attrs": attrs,
        "content": [{"type": "text", "text": text}],
    }
    return {"id": factories.paragraph("x")["id"], "type": kind, "content": content}
