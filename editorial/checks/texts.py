"""The text that is checked: an item as it is kept, or as somebody has it open."""

import re
from dataclasses import dataclass
from functools import cached_property

from lxml import html
from lxml.etree import LxmlError

from editorial import blocks
from editorial.blocks.nodes import text_of
from editorial.models import Media

SHOWN = 60


@dataclass(frozen=True)
class Body:
    """Blocks with the place they stand in."""

    blocks: list
    lesson: str = ""
    title: str = ""
    field: str = ""

    def where(self, block):
        """Keyword arguments of `Check.found`."""
        if self.field:
            return {"field": self.field}
        return {"block": block["id"], "lesson": self.lesson}


@dataclass(frozen=True)
class Link:
    href: str
    words: str
    body: Body
    block: dict

    @property
    def where(self):
        return self.body.where(self.block)


class Text:
    def __init__(self, item, snapshot=None, *, viewer=None):
        self.item = item
        self.snapshot = item.snapshot() if snapshot is None else snapshot
        self.viewer = viewer
        """Who is told: of what they may not see, they learn nothing. None sees all."""

    @property
    def title(self):
        return self.snapshot["title"]

    @property
    def seo(self):
        return self.snapshot["seo"]

    @property
    def summary(self):
        """The words under the title: an article's excerpt, a course's description."""
        return self.snapshot.get("excerpt", self.snapshot.get("description", ""))

    @property
    def summary_field(self):
        return "excerpt" if "excerpt" in self.snapshot else "description"

    @cached_property
    def bodies(self):
        if "blocks" in self.snapshot:
            return [Body(self.snapshot["blocks"])]
        description, _ = blocks.from_html(self.snapshot["description"])
        return [Body(description, field="description")] + [
            Body(lesson["blocks"], lesson=lesson["id"], title=lesson["title"])
            for section in self.snapshot["sections"]
            for lesson in section["lessons"]
        ]

    @cached_property
    def media(self):
        """{id: the picture or file} of all that it shows, in one query."""
        ids = {self.snapshot["image"], self.seo.get("og_image_id")}
        for body in self.bodies:
            ids |= blocks.media_ids(body.blocks)
        return {str(one.pk): one for one in Media.objects.filter(pk__in=ids - {None})}

    def nodes(self):
        """(body, block, node) for every node, from the first to the last."""
        for body in self.bodies:
            for block in body.blocks:
                for node in below(block["content"]):
                    yield body, block, node

    @cached_property
    def links(self):
        return [
            Link(href, words, body, block)
            for body in self.bodies
            for block in body.blocks
            for href, words in _links_of(block["content"])
        ]


def below(node):
    """A node and all that stands in it."""
    yield node
    for child in node.get("content") or ():
        yield from below(child)


def words_of(node):
    return text_of(node).strip()


def shown(words, length=SHOWN):
    """A piece of a text in quotation marks, to know the place by."""
    words = " ".join(words.split())
    if len(words) > length:
        words = words[:length].rsplit(" ", 1)[0] + "…"
    return f"“{words}”"


def attrs_of(node):
    return node.get("attrs") or {}


_ANCHOR = re.compile(r"<a\s", re.IGNORECASE)


def _links_of(node):
    """(address, words) of each link; texts with one link between them are one."""
    kind = node["type"]
    if kind == "image" and attrs_of(node).get("href"):
        yield attrs_of(node)["href"], attrs_of(node).get("alt") or ""
    if kind == "embed" and attrs_of(node).get("url"):
        yield attrs_of(node)["url"], ""
    if kind == "html":
        yield from _links_of_raw(node)
    href, words = None, ""
    for child in node.get("content") or ():
        link = next(
            (mark for mark in child.get("marks") or () if mark["type"] == "link"), None
        )
        if child["type"] == "text" and link and attrs_of(link).get("href") == href:
            words += child["text"]
            continue
        if href:
            yield href, words
        href, words = None, ""
        if child["type"] == "text" and link:
            href, words = attrs_of(link).get("href"), child["text"]
        elif child["type"] not in ("text", "hardBreak"):
            yield from _links_of(child)
    if href:
        yield href, words


def _links_of_raw(node):
    source = attrs_of(node).get("html") or ""
    if not _ANCHOR.search(source):
        return
    try:
        parsed = html.fragment_fromstring(source, create_parent=True)
    except (LxmlError, ValueError):
        return  # what nobody can parse, the renderer shows as text
    for anchor in parsed.iter("a"):
        if anchor.get("href"):
            yield anchor.get("href").strip(), " ".join(anchor.itertext())
