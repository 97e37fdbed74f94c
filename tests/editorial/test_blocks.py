import uuid

import pytest
from django.core.exceptions import ValidationError

from editorial import blocks

ONE = "0199a2b4-0000-7000-8000-000000000001"
TWO = "0199a2b4-0000-7000-8000-000000000002"


def text(words, *marks):
    node = {"type": "text", "text": words}
    if marks:
        node["marks"] = [
            mark if isinstance(mark, dict) else {"type": mark} for mark in marks
        ]
    return node


def link(href):
    return {"type": "link", "attrs": {"href": href}}


def paragraph(*words):
    return {
        "type": "paragraph",
        "content": [text(one) if isinstance(one, str) else one for one in words],
    }


def block(content, type=None):
    known = {"bulletList": "list", "orderedList": "list", "blockquote": "quote"}
    known |= {"codeBlock": "code", "horizontalRule": "divider"}
    name = content["type"]
    return {
        "id": str(uuid.uuid4()),
        "type": type or known.get(name, name),
        "content": content,
    }


def image(media=ONE, *caption, **attrs):
    node = {"type": "image", "attrs": {"media": media, **attrs}}
    if caption:
        node["content"] = [text(words) for words in caption]
    return node


def item(*parts):
    return {"type": "listItem", "content": list(parts)}


def cell(words, name="tableCell", **attrs):
    node = {"type": name, "content": [paragraph(words)]}
    return node | ({"attrs": attrs} if attrs else {})


EVERY_KIND = [
    paragraph("Plain, ", text("bold", "bold"), " & <angled>."),
    {"type": "heading", "attrs": {"level": 2}, "content": [text("A heading")]},
    {
        "type": "orderedList",
        "attrs": {"start": 3, "style": "a"},
        "content": [
            item(
                paragraph("one"),
                {"type": "bulletList", "content": [item(paragraph("inner"))]},
            ),
            item(paragraph("two"), paragraph("and more")),
        ],
    },
    {
        "type": "blockquote",
        "attrs": {"cite": "https://example.org/speech"},
        "content": [
            paragraph("Said so."),
            {"type": "citation", "content": [text("Somebody")]},
        ],
    },
    {
        "type": "codeBlock",
        "attrs": {"language": "python"},
        "content": [text("if a < b:\n    pass\n")],
    },
    image(ONE, "By the sea", alt="A boat", align="left"),
    {
        "type": "gallery",
        "attrs": {"columns": 2},
        "content": [
            image(ONE),
            image(TWO, "Second"),
            {"type": "caption", "content": [text("All of them")]},
        ],
    },
    {
        "type": "table",
        "content": [
            {
                "type": "tableRow",
                "content": [
                    cell("Name", "tableHeader"),
                    cell("Count", "tableHeader", align="right"),
                ],
            },
            {"type": "tableRow", "content": [cell("Both", colspan=2)]},
            {"type": "caption", "content": [text("How many")]},
        ],
    },
    {
        "type": "callout",
        "attrs": {"tone": "warning"},
        "content": [paragraph("Careful.")],
    },
    {
        "type": "embed",
        "attrs": {"url": "https://youtu.be/dQw4w9WgXcQ", "title": "A film"},
        "content": [text("Seen often")],
    },
    {"type": "horizontalRule"},
    {"type": "html", "attrs": {"html": "<details open>More</details>"}},
]
MEDIA = {
    ONE: {
        "url": "/media/boat.jpg",
        "width": 1600,
        "height": 900,
        "alt": "From the library",
        "variants": [
            {"url": "/media/boat-400.avif", "width": 400, "type": "image/avif"},
            {"url": "/media/boat-800.avif", "width": 800, "type": "image/avif"},
            {"url": "/media/boat-400.jpg", "width": 400, "type": "image/jpeg"},
        ],
    },
    TWO: {
        "url": "/media/two.jpg",
        "width": 10,
        "height": 20,
        "alt": "",
        "variants": [],
    },
}


def every_kind():
    return [block(content) for content in EVERY_KIND]


# --- validate ---------------------------------------------------------------------


def test_every_type_of_block_is_valid():
    blocks.validate(every_kind())

    assert {one["type"] for one in every_kind()} == set(blocks.BLOCKS)


def test_an_empty_body_is_valid():
    blocks.validate([])


def test_attributes_that_are_null_are_valid_as_editors_send_them():
    blocks.validate(
        [block({"type": "paragraph", "attrs": {"align": None}, "content": []})]
    )


def test_a_fault_names_its_block_and_its_type():
    body = [*every_kind()[:2], block({"type": "image", "attrs": {"alt": "Nothing"}})]

    with pytest.raises(ValidationError) as caught:
        blocks.validate(body)

    assert caught.value.messages == ["Block 3 (image): no image is chosen."]


def test_every_fault_is_listed():
    body = [
        block({"type": "heading", "attrs": {"level": 7}}),
        block(paragraph(text("x", link("javascript:alert(1)")))),
    ]

    with pytest.raises(ValidationError) as caught:
        blocks.validate(body)

    first, second = caught.value.messages
    assert first.startswith("Block 1 (heading): level of a heading is none of 2, 3, 4")
    assert second.startswith("Block 2 (paragraph): a link has an address")
    assert "javascript:" in second


def test_one_id_cannot_be_two_blocks():
    one = block(paragraph("a"))

    with pytest.raises(ValidationError, match="that of another block"):
        blocks.validate([one, one])


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        "text",
        [None],
        [[]],
        [{}],
        [{"id": ONE, "type": [], "content": {}}],
        [{"id": ONE, "type": "paragraph", "content": None}],
        [{"id": ONE, "type": "paragraph", "content": paragraph("a"), "more": 1}],
        [{"id": "1", "type": "paragraph", "content": paragraph("a")}],
        [{"id": ONE.upper(), "type": "paragraph", "content": paragraph("a")}],
        [{"id": ONE, "type": "heading", "content": paragraph("a")}],
        [block({"type": "script", "content": []}, "html")],
        [block(paragraph(text("a", "blink")))],
        [block(paragraph(text("a", "bold", "bold")))],
        [block(paragraph({"type": "text", "text": 7}))],
        [block(paragraph({"type": "text", "text": ""}))],
        [block(paragraph(text("a\x00b")))],
        [block(paragraph(text("half \ud83d")))],
        [block(paragraph("a") | {"onclick": "x"})],
        [block(paragraph("a") | {"attrs": {"style": "color:red"}})],
        [block(paragraph("a") | {"attrs": []})],
        [block(paragraph("a") | {"content": {}})],
        [block(paragraph(paragraph("nested")))],
        [block({"type": "heading", "attrs": {"level": True}})],
        [block({"type": "heading", "attrs": {"level": 2.0}})],
        [block({"type": "heading", "attrs": {"level": "2><script>"}})],
        [block({"type": "heading"})],
        [block({"type": "bulletList", "content": []})],
        [block({"type": "bulletList", "content": [paragraph("a")]})],
        [block({"type": "codeBlock", "content": [text("a", "bold")]})],
        [block({"type": "codeBlock", "attrs": {"language": '"><b>'}})],
        [block({"type": "table", "content": []})],
        [block({"type": "table", "content": [{"type": "tableRow", "content": []}]})],
        [block(image("../etc"))],
        [block(image(None, src="data:image/svg+xml,<svg onload=alert(1)>"))],
        [block(image(None, src="mailto:a@example.org"))],
        [block(image(ONE, href="javascript:alert(1)"))],
        [block(image(ONE, width=-1))],
        [block({"type": "embed", "attrs": {"url": "https://evil.example/x"}})],
        [block({"type": "embed", "attrs": {"url": "https://youtube.com.evil.ex/x"}})],
        [block({"type": "embed", "attrs": {"url": "https://a@youtu.be/x"}})],
        [block({"type": "embed", "attrs": {"url": "javascript:alert(1)"}})],
        [block({"type": "callout", "attrs": {"tone": 'x" onclick="y'}})],
        [block({"type": "html", "attrs": {}})],
        [block({"type": "html", "attrs": {"html": ["x"]}})],
    ],
)
def test_a_malformed_body_is_refused(body):
    with pytest.raises(ValidationError):
        blocks.validate(body)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "blob:https://x",
        "file:///etc/passwd",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "https:evil.example",
        "http:///x",
        "https://",
        "http://[::1",
        "x:y",
        "a b",
        "",
        "https://example.org/" + "x" * 3000,
    ],
)
def test_a_link_that_leads_astray_is_refused(href):
    with pytest.raises(ValidationError):
        blocks.validate([block(paragraph(text("x", link(href))))])


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/a?b=c#d",
        "http://пример.рф/путь",
        "/articles/one/",
        "#h-part",
        "?page=2",
        "other/page",
        "mailto:ines@example.org",
        "tel:+491234",
    ],
)
def test_a_link_that_leads_somewhere_is_valid(href):
    blocks.validate([block(paragraph(text("x", link(href))))])


def test_what_is_nested_too_deep_is_refused_and_does_not_crash():
    node = {"type": "bulletList", "content": [item(paragraph("x"))]}
    for _ in range(3000):
        node = {"type": "bulletList", "content": [item(node)]}

    with pytest.raises(ValidationError, match="levels deep"):
        blocks.validate([block(node)])


def test_what_is_too_large_is_refused():
    with pytest.raises(ValidationError, match="5,000,000 characters"):
        blocks.validate([block(paragraph("x" * 5_000_001))])
    with pytest.raises(ValidationError, match="5000 blocks"):
        blocks.validate([block(paragraph("x")) for _ in range(5001)])


# --- render -----------------------------------------------------------------------


def render(*contents, media=None):
    body = [block(content) for content in contents]
    blocks.validate(body)
    return blocks.render(body, media=media)


def test_text_is_escaped():
    html = render(paragraph('<script>alert("1")</script> & more'))

    assert html == '<p>&lt;script&gt;alert("1")&lt;/script&gt; &amp; more</p>\n'


def test_neighbours_with_one_link_share_it():
    html = render(
        paragraph(
            text("see ", link("/a")), text("this", link("/a"), "bold"), text(" now")
        )
    )

    assert html == (
        '<p><a href="/a" rel="noopener noreferrer">see <strong>this</strong></a>'
        " now</p>\n"
    )


def test_headings_have_ids_of_their_own():
    heading = {
        "type": "heading",
        "attrs": {"level": 3},
        "content": [text("Sea & sand")],
    }
    html = render(heading, heading)

    assert '<h3 id="h-sea-sand">Sea &amp; sand</h3>' in html
    assert '<h3 id="h-sea-sand-2">' in html


def test_a_heading_without_letters_still_has_an_id():
    heading = {"type": "heading", "attrs": {"level": 2}, "content": [text("***")]}

    assert 'id="h-section"' in render(heading)


def test_an_image_has_its_size_its_variants_and_its_words():
    html = render(image(ONE, "By the sea", alt="A boat", align="left"), media=MEDIA)

    assert html.startswith('<figure class="image align-left"><picture>')
    assert '<source type="image/avif" srcset="/media/boat-400.avif 400w, ' in html
    assert 'src="/media/boat.jpg"' in html
    assert 'srcset="/media/boat-400.jpg 400w"' in html
    assert 'alt="A boat"' in html
    assert 'width="1600" height="900"' in html
    assert 'loading="lazy"' in html
    assert "<figcaption>By the sea</figcaption>" in html


def test_an_image_takes_the_librarys_words_when_it_has_none():
    assert 'alt="From the library"' in render(image(ONE), media=MEDIA)


def test_an_image_that_is_gone_leaves_its_words():
    html = render(image(ONE, alt="A boat"), media={})

    assert "<img" not in html
    assert "A boat" in html


def test_a_library_with_a_hostile_address_shows_nothing_of_it():
    media = {
        ONE: {
            "url": 'javascript:alert(1)"',
            "variants": [
                {"url": "javascript:x", "width": 1, "type": "image/webp"},
                {"url": "/a.webp, javascript:y", "width": 1, "type": "image/webp"},
            ],
        }
    }

    assert "javascript" not in render(image(ONE), media=media)


def test_a_table_has_a_head_with_scopes_and_its_caption():
    html = render(EVERY_KIND[7])

    assert "<caption>How many</caption>" in html
    assert '<th scope="col">Name</th>' in html
    assert '<td colspan="2">Both</td>' in html
    assert 'tabindex="0"' in html


def test_an_embed_is_a_link_and_loads_nothing():
    html = render(EVERY_KIND[9])

    assert "<iframe" not in html
    assert 'href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"' in html
    assert ">A film</a>" in html


def test_raw_html_is_cleaned_when_it_is_shown_and_kept_as_it_is():
    source = (
        '<p onclick="x" class="cover" id="main" style="position:fixed">Hi'
        '<script>alert(1)</script><iframe src="https://a.example"></iframe>'
        '<a href="//evil.example">a</a><img src="x.png" srcset="javascript:1 1x"></p>'
    )
    content = {"type": "html", "attrs": {"html": source}}
    html = render(content)

    for bad in ("onclick", "script", "iframe", "style", "cover", "main", "evil"):
        assert bad not in html
    assert "Hi" in html
    assert content["attrs"]["html"] == source


def test_everything_renders_the_same_a_second_time():
    body = every_kind()

    assert blocks.render(body, media=MEDIA) == blocks.render(body, media=MEDIA)


# --- words and ids ----------------------------------------------------------------


def test_plain_text_has_the_words_of_every_block():
    words = blocks.plain_text(every_kind())

    for expected in (
        "Plain, bold & <angled>.",
        "A heading",
        "inner",
        "Somebody",
        "if a < b:",
        "By the sea",
        "All of them",
        "Both",
        "Careful.",
        "A film",
        "More",
    ):
        assert expected in words


def test_flat_text_counts_breaks_and_leaves():
    assert blocks.flat_text(paragraph("a😀", {"type": "hardBreak"}, "b")) == "a😀\nb"
    assert blocks.flat_text(EVERY_KIND[2]) == "one\ninner\ntwo\nand more"
    assert blocks.flat_text({"type": "horizontalRule"}) == "\ufffc"


def test_media_ids_are_found_in_images_galleries_lists_and_tables():
    nested = {"type": "bulletList", "content": [item(image(TWO))]}

    assert blocks.media_ids([block(image(ONE))]) == {ONE}
    assert blocks.media_ids([block(EVERY_KIND[6])]) == {ONE, TWO}
    assert blocks.media_ids([block(nested)]) == {TWO}
    assert (
        blocks.media_ids([block(image(None, src="https://x.example/a.png"))]) == set()
    )


def test_the_canonical_form_does_not_see_accidents():
    one = block(
        {
            "type": "paragraph",
            "attrs": {"align": None},
            "content": [text("a"), text("b"), text("c", "italic", "bold")],
        }
    )
    other = {**one, "content": paragraph("ab", text("c", "bold", "italic"))}

    assert blocks.canonical([one]) == blocks.canonical([other])


def test_unchanged_moved_and_rewritten_blocks_keep_their_ids():
    old = [
        block(paragraph(words))
        for words in (
            "The first of all.",
            "The second one has several words in it.",
            "The third one stays.",
            "The fourth moves up.",
        )
    ]
    new = [
        block(paragraph(words))
        for words in (
            "The fourth moves up.",
            "The first of all.",
            "The second one has other words in it.",
            "Something that was not there before at all, entirely new.",
            "The third one stays.",
        )
    ]
    kept = [one["id"] for one in blocks.reuse_ids(old, new)]

    assert kept[0] == old[3]["id"]
    assert kept[1] == old[0]["id"]
    assert kept[2] == old[1]["id"]
    assert kept[3] == new[3]["id"]
    assert kept[4] == old[2]["id"]
    assert len(set(kept)) == 5


def test_twins_keep_ids_apart():
    old = [block(paragraph("same")) for _ in range(2)]
    new = [block(paragraph("same")) for _ in range(3)]
    kept = [one["id"] for one in blocks.reuse_ids(old, new)]

    assert len(set(kept)) == 3
    assert kept[:2] == [one["id"] for one in old]
