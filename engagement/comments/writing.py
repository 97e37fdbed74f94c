"""From what a reader typed to HTML that is safe to show."""

import html
import re

import nh3
from markdown_it import MarkdownIt

MAX_LENGTH = 5000

_markdown = (
    MarkdownIt("zero", {"html": False, "linkify": True, "breaks": True})
    .enable(
        [
            "autolink",
            "backticks",
            "blockquote",
            "emphasis",
            "entity",
            "escape",
            "fence",
            "link",
            "linkify",
            "list",
            "newline",
            "strikethrough",
        ]
    )
    .enable("text_join")
)
# "example.org" in running text stays text; addresses begin with a scheme.
_markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})

_TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "del",
    "em",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "strong",
    "ul",
}
_SCHEMES = {"http", "https", "mailto"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"<[^>]+>")


def clean_text(body):
    """What was typed, without control characters and outer blanks."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", body).strip()


def to_html(body):
    """A little Markdown: emphasis, links, lists, quotes, code. Never headings."""
    return clean_html(_markdown.render(body))


def clean_html(markup):
    """Only harmless tags; links tell search engines that a reader wrote them."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="nofollow ugc noopener",
    ).strip()


def to_text(markup):
    """The words of some HTML, for imports that have nothing else."""
    blocks = re.sub(r"(?i)<br\s*/?>|</(p|div|li|blockquote|pre)>", "\n", markup)
    return clean_text(html.unescape(_TAG.sub("", nh3.clean(blocks, tags=set()))))


def count_links(body_html):
    return body_html.count("<a ")
