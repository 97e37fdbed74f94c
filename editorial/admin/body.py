"""The body of an item in a form: blocks from the editor, or a text without scripts."""

import json
import re

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from editorial import blocks
from editorial.models.articles import images

RAW = "html"
_PLAIN_PARAGRAPH = re.compile(r"<p>([^\n]+)</p>")
_ADDRESS = re.compile(r"https?://\S+")
"""Alone on a line it would become an embed."""

PAGES = {
    "library": "admin:editorial_media_library",
    "upload": "api:media",
    "paste": "admin:editorial_intake_paste",
    "word": "admin:editorial_intake_word",
    "links": "admin:editorial_intake_links",
    "address": "admin:editorial_intake_address",
}
"""Addresses that the editor may ask, by the name under which `body.item.urls` has
them."""
ITEM_PAGES: dict[str, str] = {}
"""Those of one item: names with {kind} in them, reversed with the item's id. A kind
that has no such page goes without."""


class PostedBlocks(str):
    """What the editor posted: JSON of a list of blocks."""


class BodyWidget(forms.Textarea):
    """A textarea with the text as HTML; the editor's script takes its place."""

    class Media:
        css = {"all": ["editor/editor.css"]}
        js = [Script("editor/editor.js", defer=True)]

    def __init__(self, attrs=None):
        super().__init__({"rows": 24, "class": "body-text", **(attrs or {})})
        self.kind, self.item, self.revision = "article", None, 0
        self.old, self.may_insert_raw = [], False

    def value_from_datadict(self, data, files, name):
        if posted := data.get(f"{name}-blocks"):
            return PostedBlocks(posted)
        return super().value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data, files, name):
        return name not in data and f"{name}-blocks" not in data

    def render(self, name, value, attrs=None, renderer=None):
        shown = self.blocks_for(value)
        area = super().render(name, words_of(value), attrs, renderer)
        return render_to_string(
            "admin/editorial/body.html",
            {
                "area": area,
                "id": (attrs or {}).get("id", f"id_{name}"),
                "kind": self.kind,
                "item": self.item,
                "revision": self.revision,
                "may_insert_raw": self.may_insert_raw,
                "addresses": addresses(self.kind, self.item),
                "blocks": shown,
                "media": images(media_ids_of(shown)),
            },
        )

    def blocks_for(self, value):
        """What the editor shows: what was posted, even where it is not valid."""
        if isinstance(value, PostedBlocks):
            try:
                return read(value)
            except ValidationError:
                return self.old
        value = value or ""
        if same_text(value, text_of(self.old)):
            return self.old
        return blocks.reuse_ids(self.old, blocks.from_html(value)[0])


class BodyField(forms.CharField):
    """A body. `blocks_of` makes blocks of what was posted."""

    widget = BodyWidget

    def __init__(self, **kwargs):
        kwargs.setdefault("required", False)
        kwargs.setdefault("strip", False)
        kwargs.setdefault("label", "Text")
        super().__init__(**kwargs)

    def open(self, old, *, kind, item=None, revision=0, may_insert_raw=False):
        """Say which text is edited, before the field is shown."""
        self.widget.old, self.widget.kind = old, kind
        self.widget.item, self.widget.revision = item, revision
        self.widget.may_insert_raw = may_insert_raw

    def to_python(self, value):
        return value if isinstance(value, PostedBlocks) else super().to_python(value)


def addresses(kind, item):
    """{name: address} of what the editor may ask about this item."""
    found = {name: reverse(page) for name, page in PAGES.items()}
    for name, page in ITEM_PAGES.items():
        try:
            found[name] = item and reverse(page.format(kind=kind), args=[item])
        except NoReverseMatch:
            continue
    return {name: address for name, address in found.items() if address}


def media_ids_of(body):
    """Ids of the images, in a body that need not be valid."""
    found = set()
    for block in body:
        try:
            blocks.validate([block])
        except ValidationError:
            continue
        found |= blocks.media_ids([block])
    return found


def text_of(body):
    """What the textarea shows: blocks apart by blank lines, plain paragraphs bare."""
    return "\n\n".join(_bare(blocks.to_html([block])) for block in body)


def _bare(html):
    """A paragraph without its tags, where it will be read as one again."""
    found = _PLAIN_PARAGRAPH.fullmatch(html)
    if found is None or _ADDRESS.fullmatch(found[1]):
        return html
    return found[1]


def words_of(value):
    """A posted body as text, for the field without scripts and for comparing."""
    if not isinstance(value, PostedBlocks):
        return "" if value is None else value
    try:
        body = read(value)
        blocks.validate(body)
    except ValidationError:
        return str(value)
    return text_of(body)


def read(posted):
    """The list of blocks in what the editor posted; not validated."""
    try:
        body = json.loads(posted)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, list):
        raise ValidationError(
            "The editor sent a text that cannot be read. Nothing was saved. Copy what "
            "you wrote, reload the page and try again."
        )
    return body


def same_text(one, other):
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def blocks_of(posted, *, old, may_insert_raw):
    """(blocks, notes) of a posted body that replaces the blocks `old`.

    A body that was not touched gives back the very same blocks, so that opening and
    saving an item changes nothing. Raises ValidationError in sentences.
    """
    if isinstance(posted, PostedBlocks):
        made, notes = read(posted), []
        if made == old:
            return old, []
        blocks.validate(made)
    else:
        if same_text(posted, text_of(old)):
            return old, []
        made, notes = blocks.from_html(posted)
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
