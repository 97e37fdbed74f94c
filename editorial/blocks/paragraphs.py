"""Paragraphs, headings and dividers."""

from editorial.blocks.attributes import ALIGN, one_of, required
from editorial.blocks.inline import Inline
from editorial.blocks.nodes import Node, attrs_of, declare


def align_class(node):
    align = attrs_of(node).get("align")
    return f' class="align-{align}"' if align else ""


@declare
class Paragraph(Inline):
    name = block = "paragraph"
    attributes = {"align": ALIGN}

    def html(self, node, page):
        return f"<p{align_class(node)}>{self.inner(node, page)}</p>\n"


@declare
class Heading(Inline):
    """Levels 2 to 4: the page's own heading is the title."""

    name = block = "heading"
    attributes = {"level": required(one_of(2, 3, 4)), "align": ALIGN}

    def html(self, node, page):
        tag = f"h{attrs_of(node)['level']}"
        given = page.heading_id(self.text(node)) + align_class(node)
        return f"<{tag}{given}>{self.inner(node, page)}</{tag}>\n"


@declare
class HorizontalRule(Node):
    """A divider; `more` ends the teaser and shows nothing, `page` ends a page."""

    name = "horizontalRule"
    block = "divider"
    attributes = {"kind": one_of("rule", "more", "page")}

    def html(self, node, page):
        kind = attrs_of(node).get("kind") or "rule"
        if page.editing and kind != "rule":
            return f"<!--{'more' if kind == 'more' else 'nextpage'}-->\n"
        if kind == "more":
            return ""
        return '<hr class="page-end">\n' if kind == "page" else "<hr>\n"

    def text(self, node):
        return ""
