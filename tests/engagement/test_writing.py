import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement.comments.writing import (
    clean_html,
    clean_text,
    count_links,
    to_html,
    to_text,
)


def test_a_little_markdown_becomes_html():
    assert to_html("Hi *there*, **you**\nnext\n\n- one\n- two") == (
        "<p>Hi <em>there</em>, <strong>you</strong><br>\nnext</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"
    )


def test_links_say_that_a_reader_wrote_them():
    assert to_html("see https://example.org/a?b=1&c=2") == (
        '<p>see <a href="https://example.org/a?b=1&amp;c=2" '
        'rel="nofollow ugc noopener">https://example.org/a?b=1&amp;c=2</a></p>'
    )


def test_headings_and_images_are_not_for_comments():
    assert "<h1" not in to_html("# Loud")
    assert "<img" not in to_html("![x](https://example.org/pixel.gif)")


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHN2Zz4=)",
        '[x](https://e.org "onmouseover=alert(1)")',
        "<https://e.org/\"onclick='alert(1)'>",
        "```\n</code><svg onload=alert(1)>\n```",
        '<a href="https://e.org" style="position:fixed">x</a>',
    ],
)
def test_nothing_that_runs_gets_through(body):
    shown = to_html(body)

    assert "<script" not in shown
    assert "<svg" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
    assert '<a href="https://e.org" style' not in shown


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing_more(text):
    once = to_html(clean_text(text))

    assert clean_html(once) == once


def test_imported_html_keeps_harmless_tags_only():
    assert clean_html(
        '<p onclick="x()">Hi <b>you</b><iframe src="x"></iframe></p>'
    ) == ("<p>Hi <b>you</b></p>")


def test_text_of_html_keeps_the_words_and_the_lines():
    assert to_text("<p>Tom &amp; <b>Ann</b><br>two</p><p>three</p>") == (
        "Tom & Ann\ntwo\nthree"
    )


def test_control_characters_do_not_reach_the_database():
    assert clean_text(" a\x00b\r\nc\x1b ") == "ab\nc"


def test_links_are_counted():
    assert count_links(to_html("https://a.org and [b](https://b.org)")) == 2
