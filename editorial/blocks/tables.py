"""Tables with header cells and spans."""

from html import escape

from editorial.blocks.attributes import ALIGN, whole, whole_numbers
from editorial.blocks.inline import Inline
from editorial.blocks.lists import html_of_flow
from editorial.blocks.nodes import FLOW, NODES, Node, attrs_of, declare, html_of


class Cell(Node):
    attributes = {
        "colspan": whole(1, 100),
        "rowspan": whole(1, 1_000),
        "colwidth": whole_numbers(1, 10_000, at_most=100),
        "align": ALIGN,
    }
    holds = FLOW

    def html(self, node, page, tag="td", scope=""):
        attrs = attrs_of(node)
        given = f' scope="{scope}"' if scope and not page.editing else ""
        for span in ("colspan", "rowspan"):
            if (attrs.get(span) or 1) > 1:
                given += f' {span}="{attrs[span]}"'
        if attrs.get("align"):
            given += f' class="align-{escape(attrs["align"])}"'
        return f"<{tag}{given}>{html_of_flow(node.get('content', []), page)}</{tag}>"


@declare
class TableCell(Cell):
    name = "tableCell"


@declare
class TableHeader(Cell):
    name = "tableHeader"

    def html(self, node, page, tag="th", scope="row"):
        return super().html(node, page, tag, scope)


@declare
class TableRow(Node):
    name = "tableRow"
    holds = ("tableCell", "tableHeader")
    least = 1

    def html(self, node, page):
        return f"<tr>{html_of(node['content'], page)}</tr>\n"

    def head(self, node, page):
        header = NODES["tableHeader"]
        cells = "".join(
            header.html(cell, page, scope="col") for cell in node["content"]
        )
        return f"<tr>{cells}</tr>\n"

    def text(self, node):
        return " ".join(NODES[cell["type"]].text(cell) for cell in node["content"])


@declare
class Table(Inline):
    name = block = "table"
    holds = ("tableRow",)
    least = 1
    last = "caption"

    def html(self, node, page):
        rows, caption = self.split(node)
        heads = 0
        while heads < len(rows) and all(
            cell["type"] == "tableHeader" for cell in rows[heads]["content"]
        ):
            heads += 1
        row = NODES["tableRow"]
        inner = ""
        if caption:
            inner += f"<caption>{NODES['caption'].inner(caption, page)}</caption>\n"
        if heads:
            head = "".join(row.head(one, page) for one in rows[:heads])
            inner += f"<thead>\n{head}</thead>\n"
        if rows[heads:]:
            inner += f"<tbody>\n{html_of(rows[heads:], page)}</tbody>\n"
        table = f"<table>\n{inner}</table>\n"
        if page.editing:
            return table
        # A wide table scrolls in a frame of its own, by keyboard too.
        return (
            '<div class="table-scroll" role="region" aria-label="Table" tabindex="0">\n'
            f"{table}</div>\n"
        )

    def text(self, node):
        return Node.text(self, node)
