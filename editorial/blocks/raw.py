"""HTML that no other block can say: kept as it is, and cleaned when it is shown."""

from html import unescape

import nh3

from editorial.blocks.attributes import required, text
from editorial.blocks.nodes import Node, attrs_of, declare

OPEN, CLOSE = "<!--html-->", "<!--/html-->"
"""Around raw HTML in the text that people edit."""


@declare
class RawHTML(Node):
    name = block = "html"
    attributes = {"html": required(text(2_000_000))}

    def html(self, node, page):
        return page.raw(attrs_of(node)["html"]) + "\n"

    def text(self, node):
        return unescape(nh3.clean(attrs_of(node)["html"], tags=set())).strip()
