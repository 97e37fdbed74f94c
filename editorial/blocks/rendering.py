"""From blocks to HTML and plain text. Total over whatever `validate` lets through."""

import re
from html import escape

from django.utils.text import slugify

from editorial.blocks.images import picture
from editorial.blocks.nodes import html_of, text_of
from editorial.blocks.raw import CLOSE, OPEN
from editorial.blocks.sanitising import clean_page, clean_raw

RENDERER_VERSION = 2
"""Raise it when the same blocks are to give other HTML."""

_SHORTCODE = re.compile(r"\[(?=/?(?:wp_)?(?:caption|gallery|embed)\b)")


class Page:
    """What the nodes of one document must know of each other and of its images."""

    editing = False

    def __init__(self, media=None):
        self.media = media or {}
        self.ids = set()

    def escape_text(self, value):
        return escape(value, quote=False)

    def heading_id(self, words):
        """` id="…"`, unique. The prefix keeps it apart from the page's own ids."""
        stem = f"h-{slugify(words, allow_unicode=True)[:80].strip('-_') or 'section'}"
        name, number = stem, 1
        while name in self.ids:
            number += 1
            name = f"{stem}-{number}"
        self.ids.add(name)
        return f' id="{escape(name)}"'

    def picture(self, attrs):
        return picture(attrs, self.media.get(attrs.get("media")))

    def raw(self, html):
        return clean_raw(html)


class Draft(Page):
    """The same document as HTML that a person can edit in a text field."""

    editing = True

    def escape_text(self, value):
        # Written out, these would be taken for shortcodes.
        return _SHORTCODE.sub("&#91;", escape(value, quote=False))

    def heading_id(self, words):
        return ""

    def picture(self, attrs):
        names = ("media", "src", "alt", "title", "width", "height")
        given = "".join(
            f' {"data-media" if name == "media" else name}="{escape(str(attrs[name]))}"'
            for name in names
            if attrs.get(name)
        )
        if attrs.get("credit"):
            given += f' data-credit="{escape(attrs["credit"])}"'
        if attrs.get("decorative"):
            given += " data-decorative"
        return f"<img{given}>"

    def raw(self, html):
        return f"{OPEN}{html.replace(CLOSE, '<!--/html -->')}{CLOSE}"


def render(blocks, media=None) -> str:
    """The HTML that readers get.

    `media` is {id: {"url", "width", "height", "alt", "variants", …}}, as
    `Media.as_image` gives it, for `media_ids`.
    """
    return clean_page(html_of([block["content"] for block in blocks], Page(media)))


def to_html(blocks) -> str:
    """Clean HTML for a text field; `from_html` reads it back."""
    return html_of([block["content"] for block in blocks], Draft()).strip()


def plain_text(blocks) -> str:
    """The words, for search, counting and excerpts."""
    return "\n\n".join(filter(None, (text_of(block["content"]) for block in blocks)))


def flat_text(content) -> str:
    """One block's text as comments count it, in code points.

    A line break is "\\n", any other leaf U+FFFC, and "\\n" stands between textblocks.
    """
    parts = []

    def walk(node):
        if node["type"] == "text":
            return node["text"]
        if node["type"] == "hardBreak":
            return "\n"
        children = node.get("content")
        if not children:
            leaf = node["type"] in ("horizontalRule", "html", "image", "embed")
            parts.append("\ufffc" if leaf else "")
        elif children[0]["type"] in ("text", "hardBreak"):
            parts.append("".join(map(walk, children)))
        else:
            for child in children:
                walk(child)
        return ""

    walk(content)
    return "\n".join(parts)


def media_ids(blocks) -> set[str]:
    """Ids of the media that the blocks show."""
    found = set()

    def walk(node):
        attrs = node.get("attrs") or {}
        if node["type"] == "image" and attrs.get("media"):
            found.add(attrs["media"])
        for child in node.get("content", []):
            walk(child)

    for block in blocks:
        walk(block["content"])
    return found
