"""Writing in the block editor, in a real Chromium: by keyboard, block by block.

Each story opens one page and asks many things of it; the blocks that are looked at are
those that the editor would save.
"""

import time

import pytest
from django.urls import reverse
from PIL import Image

from editorial.models import Article, Status
from tests import factories
from tests.journeys.caret import settle
from tests.serving import until

pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

TEXT = ".body-editor .ProseMirror"


MANY_STEPS = """many => {
  const { editor } = document.querySelector(".body-editor").body;
  let steps = 0;
  for (let n = 0; n < many; n++) {
    const { doc } = editor.state;
    const key = n % 2 ? "ArrowUp" : "ArrowDown";
    const how = { key, altKey: true, bubbles: true, cancelable: true };
    editor.view.dom.dispatchEvent(new KeyboardEvent("keydown", how));
    if (editor.state.doc !== doc) steps++;
  }
  return steps;
}"""
"""Moves of the block with the cursor; how many of them moved it."""


def change(item):
    return reverse(f"admin:editorial_{item._meta.model_name}_change", args=[item.pk])


def open_text(page, item):
    page.goto(change(item))
    page.wait_for_selector(".body-editor.is-ready")
    page.focus(TEXT)
    return page.keyboard


def blocks_of(page):
    return page.evaluate("document.querySelector('.body-editor').body.blocks()")


def kinds_of(page):
    return [one["type"] for one in blocks_of(page)]


def words_of(block):
    """The text of a block, parts joined by spaces."""

    def walk(node):
        if "text" in node:
            return [node["text"]]
        return [word for child in node.get("content", []) for word in walk(child)]

    return " ".join(walk(block["content"]))


def said(page):
    return page.inner_text(".body-live").strip()


def tab_to(page, selector, key="Tab", most=90):
    """Press a key until what has the focus is what one looks for."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {key}.")


@pytest.fixture
def photo(media_folder, wim):
    Image.new("RGB", (320, 200), "teal").save(media_folder / "boats.png")
    return factories.MediaFactory(
        uploaded_by=wim,
        source_url="/media/boats.png",
        width=320,
        height=200,
        original_filename="boats.png",
        alt_text="",
    )


def test_a_text_is_written_and_submitted_with_the_keyboard_alone(desk, wim, photo):
    draft = factories.article(by=wim)
    page = desk(wim)
    keys = open_text(page, draft)
    keys.press("Control+a")
    settle(page)
    keys.press("Delete")

    # Markdown makes a heading; undo gives the letters back.
    keys.type("## ")
    assert page.locator(f"{TEXT} h2").count() == 1
    keys.press("Control+z")
    assert page.inner_text(f"{TEXT} p >> nth=0") == "## "
    keys.press("Control+a")
    settle(page)
    keys.type("## Low water")
    keys.press("Enter")
    keys.type("The market opens after the **water** has gone.")
    keys.press("Enter")

    # Two letters and Enter insert an image, by the library.
    keys.type("/im")
    page.wait_for_selector(".slash-menu [aria-selected=true] :text-is('Image')")
    keys.press("Enter")
    page.wait_for_selector("dialog.picker li button")
    page.focus("dialog.picker li button")
    keys.press("Enter")
    page.wait_for_selector(f"{TEXT} figure img")
    keys.type("Boats at the quay")
    tab_to(page, ".block-fields input", most=3)
    keys.type("Three boats at a stone quay.")
    page.focus(f"{TEXT}")
    keys.press("Control+End")
    settle(page)

    # Quote with its source, nested list, code with its language.
    keys.type("> Nobody asks when.")
    keys.press("Control+/")
    page.wait_for_selector(".block-menu")
    keys.press("n")
    keys.press("n")
    while page.evaluate("document.activeElement.textContent") != "Name its source":
        keys.press("ArrowDown")
    keys.press("Enter")
    keys.type("A fisherman")
    keys.press("Enter")
    keys.type("- one")
    keys.press("Enter")
    keys.type("two")
    keys.press("Tab")
    keys.press("Enter")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("```py ")
    keys.type("print(1)")
    page.locator(".code-language").select_option(label="Rust")
    keys.press("Control+End")
    settle(page)
    keys.type("/tab")
    page.wait_for_selector(".slash-menu [aria-selected=true] :text-is('Table')")
    keys.press("Enter")
    keys.type("Hour")
    keys.press("Tab")
    keys.type("Height")

    found = blocks_of(page)
    assert [one["type"] for one in found] == [
        "heading", "paragraph", "image", "quote", "list", "code", "table",
    ]  # fmt: skip
    heading, para, image, quote, items, code, table = (one["content"] for one in found)
    assert heading["attrs"] == {"level": 2}
    assert para["content"][1]["marks"] == [{"type": "bold"}]
    assert image["attrs"] == {
        "media": str(photo.pk),
        "alt": "Three boats at a stone quay.",
    }
    assert words_of(found[2]) == "Boats at the quay"
    assert quote["content"][-1]["type"] == "citation"
    assert items["content"][0]["content"][1]["type"] == "bulletList"
    assert code["attrs"] == {"language": "rust"} and words_of(found[5]) == "print(1)"
    assert [len(row["content"]) for row in table["content"]] == [3, 3, 3]
    assert words_of(found[6]) == "Hour Height"

    # What is typed is saved first; then it is submitted.
    tab_to(page, ".next-main", "Shift+Tab", most=120)
    keys.press("Enter")
    page.wait_for_selector("dialog[open] form")
    tab_to(page, "dialog form button[type=submit]", most=9)
    keys.press("Enter")
    page.wait_for_selector(".state-pending_review")
    saved = Article.objects.get()
    assert saved.status == Status.PENDING_REVIEW
    assert saved.block_list() == found
    assert not page.complaints


def test_blocks_are_moved_turned_copied_and_brought_back(desk, wim):
    body = [factories.paragraph(f"Paragraph {n}.") for n in range(1, 5)]
    page = desk(wim)
    keys = open_text(page, factories.article(by=wim, body=body))
    ids = [one["id"] for one in body]

    def order():
        return [ids.index(one["id"]) for one in blocks_of(page) if one["id"] in ids]

    # Keyboard, with a word to those who listen.
    page.click(f"{TEXT} p:text('Paragraph 3.')", position={"x": 5, "y": 5})
    settle(page)
    keys.press("Alt+ArrowUp")
    assert order() == [0, 2, 1, 3]
    assert said(page) == "Moved up. Block 2 of 4."
    keys.press("Alt+ArrowDown")
    keys.press("Alt+ArrowDown")
    keys.press("Alt+ArrowDown")
    assert order() == [0, 1, 3, 2] and said(page) == "It is the last block."

    # By the grip.
    page.hover(f"{TEXT} p:text('Paragraph 1.')")
    last = page.locator(f"{TEXT} p:text('Paragraph 4.')")
    below = {"x": 40, "y": last.bounding_box()["height"] - 2}
    page.locator(".block-grip").drag_to(last, target_position=below)
    until(lambda: blocks_of(page)[0]["id"] != ids[0])
    assert sorted(order()) == [0, 1, 2, 3] and order()[0] == 1
    shown = page.locator(f"{TEXT} > p").all_inner_texts()
    assert shown[:4] == [words_of(one) for one in blocks_of(page)]

    # Turned into something else, it is the same block; its copy is another one.
    page.click(f"{TEXT} p:text('Paragraph 2.')", position={"x": 5, "y": 5})
    settle(page)
    for letter, kind in (("q", "quote"), ("l", "list"), ("t", "paragraph")):
        keys.press("Control+/")
        page.wait_for_selector(".block-menu [role=menuitem]:focus")
        keys.press(letter)
        keys.press("Enter")
        [block] = [one for one in blocks_of(page) if one["id"] == ids[1]]
        assert block["type"] == kind and words_of(block) == "Paragraph 2."
    keys.press("Control+Shift+d")
    assert (
        len(blocks_of(page)) == 5 and len({one["id"] for one in blocks_of(page)}) == 5
    )

    # Deleted and brought back, ids and all; a hundred steps and more.
    before = blocks_of(page)
    keys.press("Control+/")
    page.wait_for_selector(".block-menu [role=menuitem]:focus")
    keys.press("End")
    keys.press("Enter")
    assert len(blocks_of(page)) == 4
    keys.press("Control+z")
    assert blocks_of(page) == before
    steps = page.evaluate(MANY_STEPS, 121)
    assert steps > 100
    page.evaluate(
        "many => { const { editor } = document.querySelector('.body-editor').body;"
        " for (let n = 0; n < many; n++) editor.commands.undo(); }",
        steps,
    )
    assert blocks_of(page) == before
    assert not page.complaints


def test_a_table_is_edited_and_the_length_and_the_outline_follow(desk, wim, axe):
    page = desk(wim, color_scheme="dark")
    keys = open_text(page, factories.article(by=wim))
    keys.press("Control+End")
    settle(page)
    assert "4 words" in page.inner_text(".body-count")
    keys.type(" Five more words stand here.")
    page.wait_for_selector(".body-count:has-text('9 words · 1 min read')")
    keys.press("Enter")
    keys.type("## Tides")
    keys.press("Enter")
    keys.type("### Spring tides")
    keys.press("Enter")
    keys.type("/table")
    page.wait_for_selector(".slash-menu [aria-selected=true]")
    keys.press("Enter")

    # A click, and by Alt+F10 with the arrows.
    page.click(".table-tool:text-is('Row below')")
    page.click(".table-tool:text-is('Column after')")
    keys.press("Alt+F10")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Delete row"
    keys.press("Enter")
    page.fill(".table-block .block-fields input", "When the water comes")
    table = blocks_of(page)[-1]["content"]
    rows = [row for row in table["content"] if row["type"] == "tableRow"]
    assert [len(row["content"]) for row in rows] == [4, 4, 4]
    assert table["content"][-1]["type"] == "caption"

    # The outline follows, and leads to its heading.
    page.click(".bar-tool:text-is('Outline')")
    assert page.locator(".outline button").all_inner_texts() == [
        "Tides",
        "Spring tides",
    ]
    page.click(".outline button:text-is('Spring tides')")
    keys.press("End")
    keys.type(" and neap tides")
    page.click(".bar-tool:text-is('Outline')")
    page.wait_for_selector(".outline button:text-is('Spring tides and neap tides')")
    keys.press("Escape")

    # Find and replace, with one step to take it back.
    page.focus(TEXT)
    keys.press("Control+f")
    keys.type("tides")
    page.wait_for_selector(".find-said:text-is('1 of 3')")
    page.fill(".find-bar input >> nth=1", "currents")
    page.click(".find-bar button:text-is('Replace all')")
    keys.press("Escape")
    assert page.inner_text(f"{TEXT} h2") == "Currents" or "currents" in (
        page.inner_text(f"{TEXT} h2")
    )
    keys.press("Control+z")
    assert page.inner_text(f"{TEXT} h2") == "Tides"

    # Nothing but the text; menus, light and narrow pages are in order, too.
    page.click(".bar-tool:text-is('Only the text')")
    assert not page.is_visible("#header") and page.is_visible(TEXT)
    keys.press("Escape")
    assert page.is_visible("#header")
    keys.press("Control+/")
    page.wait_for_selector(".block-menu")
    assert not page.complaints  # axe itself makes some
    faults = axe(page, "#content-main")
    assert not faults, "\n".join(faults)
    keys.press("Escape")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 400, "height": 800})
    keys.press("Control+End")
    settle(page)
    keys.type("/")
    page.wait_for_selector(".slash-menu")
    faults = axe(page, "#content-main")
    assert not faults, "\n".join(faults)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_two_hundred_blocks_open_at_once(desk, wim, capsys):
    kinds = [
        lambda n: factories.paragraph(f"Paragraph {n} of a long story. " * 12),
        lambda n: {
            **factories.paragraph("x"),
            "type": "heading",
            "content": {
                "type": "heading",
                "attrs": {"level": 2},
                "content": [{"type": "text", "text": f"Part {n}"}],
            },
        },
    ]
    body = [kinds[n % 5 == 0](n) for n in range(200)]
    article = factories.article(by=wim, body=body)
    page = desk(wim)
    # The files are in the browser's cache then, and nothing of this visit is under way.
    page.goto(change(article))
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")

    started = time.perf_counter()
    page.goto(change(article), wait_until="commit")
    page.wait_for_selector(".body-editor.is-ready")
    page.focus(TEXT)
    page.keyboard.press("Control+End")
    page.keyboard.type("!")
    until(lambda: page.text_content(TEXT).endswith("!"))
    seconds = time.perf_counter() - started
    server = page.evaluate(
        "() => { const [one] = performance.getEntriesByType('navigation');"
        " return one.responseEnd - one.requestStart; }"
    )

    with capsys.disabled():
        print(
            f"\n200 blocks: the page after {server:.0f} ms, typing after "
            f"{seconds * 1000:.0f} ms"
        )
    before = blocks_of(page)
    assert before[:-1] == body[:-1]  # opened and typed: nothing else has changed
    assert not page.complaints
