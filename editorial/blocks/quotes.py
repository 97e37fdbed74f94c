"""Quotes with their source, and callouts."""

from html import escape

from editorial.blocks.attributes import LINK, YES_OR_NO, one_of, required
from editorial.blocks.inline import Inline
from editorial.blocks.nodes import FLOW, Node, attrs_of, declare, html_of


@declare
class Citation(Inline):
    """Who said it. Stands last in a quote."""

    name = "citation"

    def html(self, node, page):
        return f"<footer><cite>{self.inner(node, page)}</cite></footer>\n"


@declare
class Blockquote(Node):
    name = "blockquote"
    block = "quote"
    attributes = {"cite": LINK, "pull": YES_OR_NO}
    holds = FLOW
    last = "citation"

    def html(self, node, page):
        attrs = attrs_of(node)
        given = ' class="pull"' if attrs.get("pull") else ""
        if attrs.get("cite"):
            given += f' cite="{escape(attrs["cite"])}"'
        inner = html_of(node.get("content", []), page)
        return f"<blockquote{given}>\n{inner}</blockquote>\n"


TONES = ("note", "tip", "warning", "danger")


@declare
class Callout(Node):
    """A box beside the story: a note, a tip, a warning."""

    name = block = "callout"
    attributes = {"tone": required(one_of(*TONES))}
    holds = FLOW

    def html(self, node, page):
        tone = attrs_of(node)["tone"]
        inner = html_of(node.get("content", []), page)
        return f'<aside class="callout callout-{tone}">\n{inner}</aside>\n'
