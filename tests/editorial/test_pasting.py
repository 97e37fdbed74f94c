"""What comes from elsewhere: clipboards and Word files become blocks, and nothing else.

Works, who may not, bad input. The fixtures are what programs put on a clipboard.
"""

import io
import json
import re
import time
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions, blocks, intake
from editorial.intake import documents
from editorial.models import Media
from tests import factories
from tests.editorial.hostile import pastes
from tests.editorial.test_blocks_hostile import assert_inert
from tests.editorial.wordfile import PNG, word_file

PASTES = Path(__file__).parent / "fixtures" / "pastes"
FIXTURES = sorted(one for one in PASTES.iterdir() if one.suffix != ".json")

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture(autouse=True)
def _files_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def address(name):
    return reverse(f"admin:editorial_intake_{name}")


def without_ids(found):
    return [{"type": one["type"], "content": one["content"]} for one in found]


def html_of(html="", **others):
    pasted = intake.from_clipboard(html=html, **others)
    blocks.validate(pasted.blocks)
    return blocks.to_html(pasted.blocks)


# --- Programs ------------------------------------------------------------------------


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_clipboard_becomes_the_blocks_one_expects(path):
    kind = "html" if path.suffix == ".html" else "text"
    pasted = intake.from_clipboard(**{kind: path.read_text()})
    expected = json.loads(path.with_suffix(".json").read_text())

    blocks.validate(pasted.blocks)
    assert without_ids(pasted.blocks) == expected["blocks"]
    assert pasted.notes == expected["notes"]
    html = blocks.render(pasted.blocks)
    assert not re.search(
        r"(?i)style=|mso|<a>|<span|class=\"(?!language|table|embed)", html
    )


def test_a_line_of_its_own_is_a_card_only_where_it_stands_alone():
    video = "https://youtu.be/dQw4w9WgXcQ"
    [card] = intake.from_clipboard(text=video, is_alone=True).blocks
    assert (card["type"], card["content"]["attrs"]["url"]) == ("embed", video)
    assert "youtube.com/watch?v=dQw4w9WgXcQ" in blocks.render([card])
    [link] = intake.from_clipboard(text=video).blocks
    assert link["type"] == "paragraph"
    other = "https://example.org/page"
    [link] = intake.from_clipboard(text=other, is_alone=True).blocks
    assert blocks.to_html([link]).count(other) == 2


def test_small_habits_of_programs():
    assert html_of("<b style='font-weight:normal'><p>plain</p></b>") == "<p>plain</p>"
    assert html_of("a&nbsp;b c&nbsp;: 5&nbsp;km") == "<p>a b c\u00a0: 5\u00a0km</p>"
    assert html_of("<i>a few</i>", text=" a few ") == "<p><em> a few </em></p>"
    assert html_of("<p><a name=x></a>words</p>") == "<p>words</p>"
    assert html_of("<h1>One</h1><h3>Two</h3>") == "<h2>One</h2>\n<h4>Two</h4>"
    assert html_of("<h5>Low</h5>") == "<h4>Low</h4>"
    assert html_of("<p>x</p><table><tr><td>alone</td></tr></table>").endswith(
        "<p>alone</p>"
    )
    nested = "<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td></tr>"
    assert "<td>b</td><td>c</td>" in html_of(f"{nested}</table>")
    listed = "<ul><li>one<table><tr><td>b</td><td>c</td></tr></table></li></ul>"
    assert html_of(listed).startswith("<ul>")
    code = (
        '<div style="font-family: Menlo, monospace; white-space: pre;">'
        "<div><span>if x:</span></div><div><span>  y()</span></div></div>"
    )
    assert html_of(code) == "<pre><code>if x:\n  y()</code></pre>"


def test_an_address_of_ours_names_the_picture(wim):
    pk = factories.MediaFactory(uploaded_by=wim).pk
    [image] = intake.from_clipboard(
        html=f'<img src="/media/2026/01/{pk.hex}/a.jpg">'
    ).blocks
    assert image["content"]["attrs"] == {"media": str(pk)}
    unknown = intake.from_clipboard(
        html='<img src="https://example.org/a.jpg" alt="A">'
    )
    assert unknown.blocks == []
    assert unknown.notes == [
        "A picture did not come along (“A”). Save it and drop the file here."
    ]


# --- The desk ------------------------------------------------------------------------


def test_the_editor_is_given_blocks_and_pictures_that_came_along(signed_in, wim):
    data = "data:image/png;base64," + PNG
    html = f'<p>Before</p><p><img src="{data}" alt="A dot"></p>'
    answer = signed_in(wim).post(address("paste"), {"html": html}).json()

    kinds = [one["type"] for one in answer["blocks"]]
    assert kinds == ["paragraph", "image"]
    media = Media.objects.get()
    assert (media.alt_text, media.uploaded_by, media.mime_type) == (
        "A dot",
        wim,
        "image/png",
    )
    assert answer["media"][str(media.pk)]["url"] == media.url
    blocks.validate(answer["blocks"])


def test_a_word_document_becomes_blocks_with_its_pictures(signed_in, wim):
    upload = SimpleUploadedFile("harbour.docx", word_file())
    answer = signed_in(wim).post(address("word"), {"file": upload}).json()

    html = blocks.to_html(answer["blocks"])
    assert "<h2>The harbour</h2>" in html
    assert "<strong>first</strong>" in html
    assert 'href="https://example.org/office"' in html
    assert "boats<sup>[1]</sup>" in html
    assert re.search(r"<li>Nets<ul>\s*<li>for herring</li>", html)
    assert "<th>Boat</th>" in html or "<td>Boat</td>" in html
    assert re.search(r"<hr>\s*<ol>\s*<li>By telephone.</li>", html)
    media = Media.objects.get()
    assert f'data-media="{media.pk}"' in html
    assert media.alt_text == "A red dot"
    assert any("in the library" in one for one in answer["notes"])


def test_links_find_what_one_may_view_and_what_everybody_can_read(
    signed_in, draft, published, omar, ines
):
    published.refresh_from_db()
    url, words = address("links"), {"q": "first"}
    [mine] = signed_in(ines).get(url, words).json()["items"][:1]
    assert mine["href"].startswith("/articles/")
    found = signed_in(omar).get(url, words).json()["items"]
    assert [one["id"] for one in found] == [str(published.pk)]
    assert (found[0]["is_live"], found[0]["warning"]) == (True, "")


def test_a_draft_is_named_with_a_warning_to_those_who_may_view_it(
    signed_in, draft, wim, omar
):
    [row] = signed_in(wim).get(address("links"), {"q": "light"}).json()["items"]
    assert (row["status"], row["is_live"]) == ("Draft", False)
    assert row["open"] == reverse("admin:editorial_article_change", args=[draft.pk])
    assert "until it is published" in row["warning"]
    where = {"url": row["href"]}
    assert signed_in(wim).get(address("address"), where).json()["title"] == row["title"]
    assert signed_in(omar).get(address("links"), {"q": "light"}).json()["items"] == []
    assert signed_in(omar).get(address("address"), where).json() == {
        "href": row["href"],
        "kind": "inside",
    }


def test_the_new_title_of_a_live_article_is_no_business_of_others(
    signed_in, published, wim, omar, ines
):
    actions.revise(published, by=wim)
    with actions.editing(published, by=wim) as fresh:
        fresh.title = "Secret merger"
    found = signed_in(omar).get(address("links"), {"q": "merger"}).json()["items"]
    assert found == []
    [row] = signed_in(omar).get(address("links"), {"q": "first"}).json()["items"]
    assert row["title"] == "First light"


def test_an_address_is_named_for_what_it_is(signed_in, wim):
    def told(url):
        return signed_in(wim).get(address("address"), {"url": url}).json()

    video = told("https://youtu.be/dQw4w9WgXcQ?t=3")
    assert (video["kind"], video["provider"]) == ("embed", "YouTube")
    assert video["href"] == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert told("https://example.org/")["kind"] == "outside"
    for bad in ("javascript:alert(1)", "//evil.example", "", "https:///x", "a b"):
        assert "fault" in told(bad), bad


# --- Who may not ---------------------------------------------------------------------


def test_readers_are_not_let_in(signed_in, client, rosa):
    for name in ("paste", "word", "links", "address"):
        method = "get" if name in ("links", "address") else "post"
        assert getattr(client, method)(address(name)).status_code == 302
        assert getattr(signed_in(rosa), method)(address(name)).status_code in (302, 403)
        client.logout()


def test_each_door_takes_its_own_method(signed_in, wim):
    for name in ("paste", "word"):
        assert signed_in(wim).get(address(name)).status_code == 405
    for name in ("links", "address"):
        assert signed_in(wim).post(address(name)).status_code == 405


# --- Hostile -------------------------------------------------------------------------


def test_two_hundred_hostile_pastes_leave_nothing_that_runs():
    found = list(pastes())
    assert len(found) >= 200
    for source in found:
        for given in ({"html": source}, {"text": source}, {"html": f"<p>{source}</p>"}):
            pasted = intake.from_clipboard(**given, is_alone=True)
            blocks.validate(pasted.blocks)
            assert not any(one["type"] == "html" for one in pasted.blocks), source
            # What the public page and the preview show, and the field without scripts.
            assert_inert(blocks.render(pasted.blocks))
            assert_inert(blocks.to_html(pasted.blocks).replace("&#91;", "["))


def test_markup_without_end_or_bottom_is_words():
    deep = "<div>" * 5_000 + "words" + "<b>" * 5_000
    pasted = intake.from_clipboard(html=deep)
    assert "words" in blocks.plain_text(pasted.blocks)
    wide = "<ul><li>" * 300 + "item"
    blocks.validate(intake.from_clipboard(html=wide).blocks)
    lists = "".join(
        f"<p style='mso-list:l0 level{1 + n % 9} lfo1'>item {n}</p>" for n in range(900)
    )
    pasted = intake.from_clipboard(html=lists)
    assert blocks.plain_text(pasted.blocks).count("item") == 900


def test_no_clipboard_keeps_the_server_busy_for_long():
    began = time.process_time()
    for source in ("<!--" * 50_000, "<html" * 50_000, "<?" * 100_000, "<" * 100_000):
        intake.from_clipboard(html=source, text="words")
    for text in ("[" * 500_000, "# x\n" + "[" * 20_000, "http://" * 50_000):
        intake.from_clipboard(text=text)
    spans = "<span style='font-weight:bold'>x</span> " * 3_000
    intake.from_clipboard(html=f"<p>{spans}</p>")
    # A second of it on a quiet machine; what grows with the square takes minutes.
    assert time.process_time() - began < 20


def test_too_much_is_refused_with_a_sentence(signed_in, wim):
    much = SimpleUploadedFile("html", b"<p>x</p>" * 400_000)
    answer = signed_in(wim).post(address("paste"), {"html": much})
    assert answer.status_code == 413
    assert "several parts" in answer.json()["error"]


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * (documents.MAX_XML + 1))
    return out.getvalue()


def laughs():
    entity = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    return word_file(document=entity)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no zip at all", "no Word document"),
        (word_file()[:900], "no Word document"),
        (bomb(), "unpacks to more"),
        (laughs(), "damaged"),
        (word_file(document="<w:document"), "damaged"),
        (word_file(document="<x>" * 300 + "</x>" * 300), "damaged"),
    ],
    ids=["text", "torn", "bomb", "laughs", "broken", "deep"],
)
def test_what_is_no_sound_document_is_refused(signed_in, wim, content, sentence):
    upload = SimpleUploadedFile("x.docx", content)
    answer = signed_in(wim).post(address("word"), {"file": upload})
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert not Media.objects.exists()


def test_a_picture_that_is_none_is_said_and_left_out(signed_in, wim):
    upload = SimpleUploadedFile("x.docx", word_file(picture=b"<svg onload=alert(1)>"))
    answer = signed_in(wim).post(address("word"), {"file": upload}).json()
    assert not any(one["type"] == "image" for one in answer["blocks"])
    assert any("refused" in one for one in answer["notes"])
    assert not Media.objects.exists()


def test_a_word_file_cannot_bring_styles_that_make_scripts(signed_in, wim):
    own = {"mammoth/style-map": "p => script"}
    upload = SimpleUploadedFile("x.docx", word_file(parts=own))
    answer = signed_in(wim).post(address("word"), {"file": upload}).json()
    assert "The harbour" in blocks.plain_text(answer["blocks"])


def test_images_of_one_use_may_decorate_and_name_their_author(wim):
    media = factories.MediaFactory(uploaded_by=wim)
    found = {str(media.pk): media.as_image()}
    attrs = {"media": str(media.pk), "decorative": True, "credit": "Photo: <Ana>"}
    body = [blocks.new_block({"type": "image", "attrs": attrs})]
    blocks.validate(body)
    html = blocks.render(body, media=found)
    assert 'alt=""' in html
    assert "Photo: &lt;Ana&gt;" in html
    [again] = blocks.from_html(blocks.to_html(body))[0]
    assert again["content"] == body[0]["content"]


def test_the_picture_of_the_fixture_is_one():
    import base64

    assert Image.open(io.BytesIO(base64.b64decode(PNG))).size == (2, 2)
