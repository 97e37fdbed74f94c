"""The editor's body in a form: blocks as JSON, one schema on both sides, a bundle."""

import gzip
import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cms.databases import EDITORIAL, PUBLIC
from editorial import blocks
from editorial.admin.body import PostedBlocks, blocks_of, text_of
from editorial.blocks.inline import MARKS
from editorial.blocks.nodes import BLOCKS, NODES
from editorial.models import Article, ArticleBlock
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])

EDITOR = Path(__file__).parents[2] / "static" / "editor"


@pytest.fixture
def form(client, wim):
    """Posts what the editor sends for a draft; answers the response."""

    def post(item, body, by=wim, **changes):
        client.force_login(by, backend="accounts.backends.RoleBackend")
        address = reverse("admin:editorial_article_change", args=[item.pk])
        posted = {
            "title": item.title,
            "slug": item.slug,
            "kind": "post",
            "post_format": "standard",
            "menu_order": "0",
            "seen_revision": str(item.revision),
            "body-blocks": body if isinstance(body, str) else json.dumps(body),
            "_save": "1",
        }
        return client.post(address, posted | changes)

    return post


def saved():
    return Article.objects.get().block_list()


def text(words):
    return {"type": "text", "text": words}


def para(words):
    return {"type": "paragraph", "content": [text(words)]}


def block(kind, content):
    return {"id": str(uuid4()), "type": kind, "content": content}


# --- Works ------------------------------------------------------------------------


def test_blocks_of_the_editor_are_saved_with_their_ids(form, draft):
    image = factories.MediaFactory()
    body = [
        block("paragraph", para("The harbour at six.")),
        block(
            "callout",
            {"type": "callout", "attrs": {"tone": "tip"}, "content": [para("Early!")]},
        ),
        block(
            "gallery",
            {
                "type": "gallery",
                "content": [
                    {
                        "type": "image",
                        "attrs": {"media": str(image.pk), "alt": "A gull"},
                    }
                ],
            },
        ),
        draft.block_list()[0],
    ]

    answer = form(draft, body)

    assert answer.status_code == 302, answer.context["errors"]
    assert saved() == body


def test_the_page_holds_the_blocks_for_the_editor_and_the_text_without_it(
    client, wim, draft
):
    client.force_login(wim, backend="accounts.backends.RoleBackend")

    page = client.get(
        reverse("admin:editorial_article_change", args=[draft.pk])
    ).content.decode()

    held = re.search(r'<script id="id_body-blocks"[^>]*>(.*?)</script>', page)[1]
    assert json.loads(held) == draft.block_list()
    assert f'data-item="{draft.pk}"' in page and 'name="body"' in page
    assert ">\nThe harbour at five." in page
    assert "data-may-raw" not in page  # wim is an author


def test_a_body_that_was_not_touched_is_not_written(form, draft):
    before = list(ArticleBlock.objects.values("pk", "content", "updated_at"))

    form(draft, draft.block_list())

    assert list(ArticleBlock.objects.values("pk", "content", "updated_at")) == before


def test_a_lesson_is_written_in_the_same_editor(client, wim):
    lesson = factories.course(by=wim).lessons.first()
    address = reverse("admin:editorial_lesson_change", args=[lesson.pk])
    client.force_login(wim, backend="accounts.backends.RoleBackend")
    page = client.get(address)
    body = [block("paragraph", para("The bowline."))]
    posted = {
        "title": lesson.title,
        "section": lesson.section_id,
        "content_type": lesson.content_type,
        "order_index": lesson.order_index,
        "seen_revision": lesson.course.revision,
        "body-blocks": json.dumps(body),
        "_continue": "1",
    }

    answer = client.post(address, posted)

    assert 'data-kind="lesson"' in page.content.decode()
    assert answer.status_code == 302, answer.context["errors"]
    lesson.refresh_from_db()
    assert lesson.content_blocks == body


# --- Who may not ------------------------------------------------------------------


def test_only_editors_add_raw_html_and_what_stands_there_may_be_moved(
    form, draft, wim, ines
):
    raw = block("html", {"type": "html", "attrs": {"html": "<b>x</b>"}})
    body = [*draft.block_list(), raw]

    refused = form(draft, body)
    assert "Raw HTML may only be inserted by an editor." in refused.content.decode()
    assert "&lt;b\\u003E" in refused.content.decode() or "\\u003Cb" in (
        refused.content.decode()
    )

    assert form(draft, body, by=ines).status_code == 302
    draft.refresh_from_db()
    assert form(draft, body[::-1]).status_code == 302
    assert saved() == body[::-1]


# --- Bad input --------------------------------------------------------------------


def test_a_faulty_block_is_named_and_nothing_is_lost(form, draft):
    good = block("paragraph", para("Words that must not be lost."))
    faulty = {
        "an unknown type": block("poem", {"type": "poem"}),
        "a script as a link": block(
            "paragraph",
            {
                "type": "paragraph",
                "content": [
                    text("x")
                    | {"marks": [{"type": "link", "attrs": {"href": "javascript:x"}}]}
                ],
            },
        ),
        "an image without a file": block("image", {"type": "image"}),
        "a level that is none": block(
            "heading", {"type": "heading", "attrs": {"level": 7}}
        ),
        "no block at all": 7,
    }

    for what, one in faulty.items():
        answer = form(draft, [good, one])
        page = answer.content.decode()
        assert answer.status_code == 200, what
        assert "Block 2" in page, what
        held = re.search(r'<script id="id_body-blocks"[^>]*>(.*?)</script>', page)[1]
        assert json.loads(held) == [good, one], what
    assert saved() == draft.block_list()


def test_what_is_no_json_is_a_sentence_and_not_an_error():
    for posted in ("{", "null", '{"a": 1}', "[" * 100_000, '"text"'):
        with pytest.raises(ValidationError, match="cannot be read"):
            blocks_of(PostedBlocks(posted), old=[], may_insert_raw=True)


def test_a_save_that_was_refused_gives_the_words_back(form, draft, wim, ines):
    from editorial import actions

    actions.submit(draft, by=wim)

    answer = form(draft, [block("paragraph", para("Late words."))])

    assert answer.status_code == 403
    assert "Late words." in answer.content.decode()


# --- Races ------------------------------------------------------------------------


def test_a_stale_save_shows_both_texts_and_keeps_mine_in_the_editor(form, draft, ines):
    mine = [block("paragraph", para("What I wrote meanwhile."))]
    stale = {"initial-body": text_of(draft.block_list())}
    factories.edit(draft, by=ines, body=[factories.paragraph("What they wrote.")])
    draft.revision -= 1

    answer = form(draft, mine, **stale)

    page = answer.content.decode()
    held = re.search(r'<script id="id_body-blocks"[^>]*>(.*?)</script>', page)[1]
    assert json.loads(held) == mine
    assert "Somebody else saved this" in page and "What they wrote." in page


def test_a_stale_save_takes_their_text_where_i_wrote_nothing(form, draft, ines):
    opened = draft.block_list()
    factories.edit(draft, by=ines, body=[factories.paragraph("What they wrote.")])
    draft.revision -= 1

    answer = form(draft, opened, **{"initial-body": text_of(opened)}, title="Mine")

    page = answer.content.decode()
    held = re.search(r'<script id="id_body-blocks"[^>]*>(.*?)</script>', page)[1]
    assert json.loads(held) == saved()


# --- One schema, one bundle -------------------------------------------------------


def test_the_editor_and_the_server_know_the_same_blocks():
    schema = json.loads((EDITOR / "schema.json").read_text())
    types = {name: kind for kind, names in BLOCKS.items() for name in names}

    assert schema["blocks"] == types
    assert schema["marks"] == {
        name: sorted(attributes) for name, (_, attributes) in MARKS.items()
    }
    assert set(schema["nodes"]) == set(NODES)
    for name, node in NODES.items():
        client = schema["nodes"][name]
        assert client["attributes"] == sorted(node.attributes), name
        holds = {*node.holds, *filter(None, [node.last])}
        assert client["holds"] == sorted(holds), name
        if "text" in node.holds:
            allowed = sorted(MARKS) if node.marks else []
            assert client["marks"] == allowed, name


def test_the_bundle_is_small_and_says_whose_work_is_in_it():
    packed = sum(
        len(gzip.compress((EDITOR / name).read_bytes(), 9))
        for name in ("editor.js", "editor.css")
    )
    licences = (EDITOR / "THIRD_PARTY_LICENSES.txt").read_text()

    assert packed <= 250 * 1024
    assert "prosemirror-model" in licences and "@tiptap/core" in licences
    for package in re.findall(r"^[@\w/.-]+ [\d.]+ \((.+)\)$", licences, re.MULTILINE):
        assert package in ("MIT", "ISC", "BSD-3-Clause"), package


def test_every_kind_of_block_becomes_html_and_words():
    caption = [text("Under it")]
    bodies = [
        block("callout", {"type": "callout", "attrs": {"tone": "note"}, "content": []}),
        block(
            "gallery",
            {
                "type": "gallery",
                "attrs": {"columns": 2},
                "content": [
                    {"type": "image", "attrs": {"src": "/a.png"}, "content": caption},
                    {"type": "caption", "content": caption},
                ],
            },
        ),
        block(
            "code",
            {
                "type": "codeBlock",
                "attrs": {"language": "python"},
                "content": [text("1 < 2")],
            },
        ),
    ]
    blocks.validate(bodies)

    html = blocks.render(bodies)

    assert '<aside class="callout callout-note">' in html
    assert "columns-2" in html and html.count("Under it") == 2
    assert '<code class="language-python">1 &lt; 2</code>' in html
    assert blocks.plain_text(bodies).count("Under it") == 2
