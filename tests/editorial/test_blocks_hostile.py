"""Whatever is sent as a body: it is refused, or it renders without active markup."""

import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from editorial import blocks
from editorial.blocks.inline import MARKS
from editorial.blocks.links import is_safe_link, is_safe_source
from editorial.blocks.sanitising import clean_page

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "//evil.example",
    "data:text/html;base64,PHNjcmlwdD4=",
    "</p></figure><iframe srcdoc='<script>alert(1)</script>'>",
    "' onmouseover='alert(1)",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<style>@import '//evil.example'</style>",
    "<base href='//evil.example'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action='//evil.example'><button>x</button></form>",
    "<!--><script>alert(1)</script>-->",
    "<!--/html--><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "{{ 7 * 7 }}{% load x %}",
    "\u202egnp.exe",
    "😀" * 3,
]
ACTIVE = {
    "script", "iframe", "object", "embed", "form", "input", "button", "style", "link",
    "meta", "base", "svg", "math", "template", "textarea", "select", "noscript",
}  # fmt: skip


def assert_inert(html):
    tree = lxml_html.fragment_fromstring(html, create_parent="div")
    for element in tree.iter():
        assert isinstance(element.tag, str), "a comment or instruction"
        assert element.tag not in ACTIVE
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in ("style", "srcdoc", "formaction", "action")
            if name in ("href", "cite"):
                assert is_safe_link(value)
            if name in ("src", "poster"):
                assert is_safe_source(value)
            if name == "srcset":
                assert not re.search(r"(?i)script:|//evil", value)
    # A second parser, html5ever, sees nothing to take out either.
    assert clean_page(html) == html


words = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=20), st.text("<>&\"'/ab \n", max_size=30)
)
names = st.sampled_from(
    [*blocks.NODES, *MARKS, *blocks.BLOCKS, "type", "attrs", "content", "marks", "text"]
)
ATTRIBUTES = [
    *("type", "attrs", "content", "marks", "text", "id", "style", "onclick", "class"),
    *{name for node in blocks.NODES.values() for name in node.attributes},
]
keys = st.one_of(st.sampled_from(ATTRIBUTES), words)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words, names),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=20,
)

marks = st.lists(
    st.one_of(
        st.sampled_from([{"type": "bold"}, {"type": "code"}, {"type": "italic"}]),
        st.builds(lambda href: {"type": "link", "attrs": {"href": href}}, words),
        st.builds(
            lambda title: {"type": "abbreviation", "attrs": {"title": title}}, words
        ),
        junk,
    ),
    max_size=3,
)
texts = st.builds(
    lambda value, found: {"type": "text", "text": value, "marks": found}, words, marks
)


@st.composite
def nodes(draw, depth=0):
    """Nodes that look right, with junk here and there."""
    if depth > 4 or draw(st.integers(0, 15)) == 0:
        return draw(st.one_of(texts, junk))
    name = draw(st.sampled_from(list(blocks.NODES)))
    if name == "text":
        return draw(texts)
    declared = blocks.NODES[name]
    node = {"type": name}
    attrs = {}
    for key in declared.attributes:
        attrs[key] = draw(
            st.one_of(
                st.none(),
                words,
                st.integers(0, 5),
                st.booleans(),
                st.sampled_from(
                    [
                        "left",
                        "warning",
                        "https://youtu.be/abcdefgh",
                        str(uuid.UUID(int=7)),
                    ]
                ),
            )
        )
    if attrs:
        node["attrs"] = attrs
    if declared.holds:
        node["content"] = draw(st.lists(nodes(depth + 1), max_size=3))
    return node


bodies = st.lists(
    st.builds(
        lambda kind, content: {
            "id": str(uuid.uuid4()),
            "type": kind,
            "content": content,
        },
        st.sampled_from(list(blocks.BLOCKS)),
        nodes(),
    ),
    max_size=3,
)
ANY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def check(body, media=None):
    try:
        blocks.validate(body)
    except ValidationError as refused:
        assert refused.messages
        return False
    assert_inert(blocks.render(body, media=media))
    blocks.plain_text(body)
    blocks.media_ids(body)
    return True


@ANY
@given(junk)
def test_junk_is_refused_or_harmless(body):
    check(body)


@ANY
@given(bodies)
def test_what_looks_right_is_refused_or_harmless(body):
    check(body)


@ANY
@given(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4), words)
def test_hostile_words_are_harmless_in_every_place(found, more):
    one, *rest = found
    text = {"type": "text", "text": (one + more).replace("\x00", "") or "x"}
    assume(not re.search("[\ud800-\udfff]", text["text"]))
    inline = [text, {"type": "hardBreak"}, *({"type": "text", "text": r} for r in rest)]
    paragraph = {"type": "paragraph", "content": inline}
    contents = {
        "paragraph": paragraph,
        "heading": {"type": "heading", "attrs": {"level": 2}, "content": inline},
        "list": {
            "type": "bulletList",
            "content": [{"type": "listItem", "content": [paragraph]}],
        },
        "quote": {
            "type": "blockquote",
            "content": [paragraph, {"type": "citation", "content": inline}],
        },
        "code": {"type": "codeBlock", "content": [text]},
        "html": {"type": "html", "attrs": {"html": one + more.replace("\x00", "")}},
        "image": {
            "type": "image",
            "attrs": {
                "media": str(uuid.UUID(int=1)),
                "alt": one,
                "title": one[:500],
            },
            "content": inline,
        },
        "callout": {
            "type": "callout",
            "attrs": {"tone": "note"},
            "content": [paragraph],
        },
        "embed": {
            "type": "embed",
            "attrs": {"url": "https://x.com/a?b=c&d", "title": one},
            "content": inline,
        },
    }
    body = [
        {"id": str(uuid.uuid4()), "type": kind, "content": content}
        for kind, content in contents.items()
    ]
    media = {
        str(uuid.UUID(int=1)): {
            "url": one,
            "alt": one,
            "width": one,
            "height": 3,
            "variants": [{"url": one, "width": 3, "type": one}],
        }
    }
    assert check(body, media)


@ANY
@given(st.lists(st.one_of(words, st.sampled_from(
    ["<p>", "</p>", "<ul><li>", "</ul>", "<b>", "</b>", "<a href='/x'>", "</a>", "\n\n",
     "<table><tr><td>", "</table>", "<figure><img src='/a.png'>", "</figure>", "<pre>",
     "</pre>", "<blockquote>", "<cite>", "</blockquote>", "[gallery ids='1']",
     "[caption]", "[/caption]", "<!--more-->", "<!--", "-->", "<!-- wp:group -->",
     "<!-- /wp:group -->", "<!-- wp:paragraph -->", "<br>", "<br>", "<div>", "</div>",
     "<!--html-->", "<!--/html-->", "<h3>", "</h3>", "<!-- wp:x /-->"]
)), max_size=12).map("".join))  # fmt: skip
def test_any_html_can_be_read_and_is_harmless_and_settles(source):
    for reader in (blocks.from_html, blocks.from_gutenberg):
        body, _ = reader(source)
        assert check(body)
        # What a text field shows is read back as the same, from the first time on.
        again, _ = blocks.from_html(blocks.to_html(body))
        once = [one["content"] for one in again]
        twice, _ = blocks.from_html(blocks.to_html(again))
        assert [one["content"] for one in twice] == once


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_html_is_harmless_when_it_is_imported(source):
    for template in (
        "{}",
        "<p>{}</p>",
        "<ul><li>{}</li></ul>",
        "<!--html-->{}<!--/html-->",
    ):
        body, _ = blocks.from_html(template.format(source))
        blocks.validate(body)
        assert_inert(blocks.render(body))


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"<b title='{number}'><p>x" for number in range(3_000)),
        "<div>" * 20_000,
        "<svg>" * 20_000,
        "a<br>" * 20_000,
        "[abc x=" * 20_000,
        '[gallery a="' * 20_000,
        "<!--html-->" * 20_000,
        "<!-- wp:group -->" * 20_000,
    ],
)
def test_a_few_kilobytes_never_become_gigabytes(source):
    for reader in (blocks.from_html, blocks.from_gutenberg):
        body, _ = reader(source)
        raw = blocks.new_block({"type": "html", "attrs": {"html": source}})
        for candidate in (body, [raw]):
            try:
                blocks.validate(candidate)
            except ValidationError:
                continue
            assert len(blocks.render(candidate)) < 20 * len(source)
