"""The body as one text: HTML or plain text in, blocks out, ids kept."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.urls import reverse_lazy

from editorial import blocks

RAW = "html"
_PLAIN_PARAGRAPH = re.compile(r"<p>([^\n]+)</p>")
_ADDRESS = re.compile(r"https?://\S+")
"""Alone on a line it would become an embed."""


class BodyWidget(forms.Textarea):
    """A large textarea; `body.js` adds a toolbar and a live word count."""

    class Media:
        js = [Script("admin_skin/body.js", defer=True)]

    def __init__(self, attrs=None):
        library = reverse_lazy("admin:editorial_media_library")
        own = {"rows": 24, "class": "body-text", "data-library": library}
        super().__init__({**own, **(attrs or {})})


class BodyField(forms.CharField):
    """Text of a body. `blocks_of` makes blocks of what was posted."""

    widget = BodyWidget

    def __init__(self, **kwargs):
        kwargs.setdefault("required", False)
        kwargs.setdefault("strip", False)
        kwargs.setdefault(
            "help_text",
            "A blank line begins a new paragraph. Clean HTML is welcome: headings, "
            "lists, quotes, links, images.",
        )
        super().__init__(**kwargs)


def text_of(body):
    """What the textarea shows: blocks apart by blank lines, plain paragraphs bare."""
    return "\n\n".join(_bare(blocks.to_html([block])) for block in body)


def _bare(html):
    """A paragraph without its tags, where it will be read as one again."""
    found = _PLAIN_PARAGRAPH.fullmatch(html)
    if found is None or _ADDRESS.fullmatch(found[1]):
        return html
    return found[1]


def same_text(one, other):
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def blocks_of(text, *, old, may_insert_raw):
    """(blocks, notes) for a posted text that replaces the blocks `old`.

    A text that was not touched gives back the very same blocks, so that opening and
    saving an item changes nothing. Raises ValidationError in sentences.
    """
    if same_text(text, text_of(old)):
        return old, []
    made, notes = blocks.from_html(text)
    made = blocks.reuse_ids(old, made)
    known = [block["content"] for block in old if block["type"] == RAW]
    for block in made:
        if (
            block["type"] == RAW
            and block["content"] not in known
            and not may_insert_raw
        ):
            raise ValidationError(
                "Raw HTML may only be inserted by an editor. Leave it out, or ask an "
                "editor to add it."
            )
    blocks.validate(made)
    return made, notes
