"""Lists, nested to any reasonable depth. A list is one block."""

from editorial.blocks.attributes import YES_OR_NO, one_of, whole
from editorial.blocks.nodes import FLOW, NODES, Node, attrs_of, declare, html_of


def html_of_flow(nodes, page):
    """Parts of a cell or item; a first paragraph that is the only one needs no <p>."""
    first = nodes[0] if nodes else None
    alone = sum(node["type"] == "paragraph" for node in nodes) == 1
    if first and alone and first["type"] == "paragraph" and not attrs_of(first):
        return NODES["paragraph"].inner(first, page) + html_of(nodes[1:], page)
    return html_of(nodes, page)


@declare
class ListItem(Node):
    name = "listItem"
    holds = FLOW

    def html(self, node, page):
        return f"<li>{html_of_flow(node.get('content', []), page)}</li>\n"


@declare
class BulletList(Node):
    name = "bulletList"
    block = "list"
    holds = ("listItem",)
    least = 1

    def html(self, node, page):
        return f"<ul>\n{html_of(node['content'], page)}</ul>\n"


@declare
class OrderedList(Node):
    name = "orderedList"
    block = "list"
    attributes = {
        "start": whole(-1_000_000, 1_000_000),
        "style": one_of("1", "a", "A", "i", "I"),
        "reversed": YES_OR_NO,
    }
    holds = ("listItem",)
    least = 1

    def html(self, node, page):
        attrs = attrs_of(node)
        given = ""
        if attrs.get("start") not in (None, 1):
            given += f' start="{attrs["start"]}"'
        if attrs.get("style") not in (None, "1"):
            given += f' type="{attrs["style"]}"'
        if attrs.get("reversed"):
            given += " reversed"
        return f"<ol{given}>\n{html_of(node['content'], page)}</ol>\n"
