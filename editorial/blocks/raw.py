"""HTML that no other block can say: kept as it is, and cleaned when it is shown."""

import re
from collections import Counter
from html import unescape

import nh3

from editorial.blocks.attributes import required, text
from editorial.blocks.nodes import Node, attrs_of, declare

OPEN, CLOSE = "<!--html-->", "<!--/html-->"
"""Around raw HTML in the text that people edit."""

MAX_OPEN = 200
"""Elements open at once. A browser's way of mending markup makes copies of them, so
that a few kilobytes with thousands of them would become gigabytes."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_NEVER_CLOSED = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody",
    "tfoot", "option", "colgroup", "rt", "rp",
}  # fmt: skip


def open_at_once(html):
    """How many elements are open at the same time, at least about."""
    counts, total, most = Counter(), 0, 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if name in _NEVER_CLOSED:
            continue
        if not closing:
            counts[name] += 1
            total += 1
            most = max(most, total)
        elif counts[name]:
            counts[name] -= 1
            total -= 1
    return most


def words_of(html):
    """The text of some HTML; markup that no reader could mend is text itself."""
    if open_at_once(html) > MAX_OPEN:
        return html.strip()
    return unescape(nh3.clean(html, tags=set())).strip()


@declare
class RawHTML(Node):
    name = block = "html"
    attributes = {"html": required(text(2_000_000))}

    def check(self, node, checking, depth, marks):
        super().check(node, checking, depth, marks)
        attrs = node.get("attrs")
        html = attrs.get("html") if isinstance(attrs, dict) else None
        if isinstance(html, str) and open_at_once(html) > MAX_OPEN:
            checking.fault(
                f"more than {MAX_OPEN} elements of its HTML are open at the same time; "
                "close them"
            )

    def html(self, node, page):
        return page.raw(attrs_of(node)["html"]) + "\n"

    def text(self, node):
        return words_of(attrs_of(node)["html"])
