"""Text, line breaks, and the marks that text can have."""

import json
from html import escape
from itertools import groupby

from editorial.blocks.attributes import LINK, required, text
from editorial.blocks.nodes import Node, check_string, declare

MARKS = {
    # name: (tag, attributes), from the outermost to the innermost
    "link": ("a", {"href": required(LINK), "title": text(500)}),
    "bold": ("strong", {}),
    "italic": ("em", {}),
    "underline": ("u", {}),
    "strike": ("s", {}),
    "subscript": ("sub", {}),
    "superscript": ("sup", {}),
    "abbreviation": ("abbr", {"title": required(text(500))}),
    "code": ("code", {}),
}
ORDER = list(MARKS)


def check_marks(node, checking, allowed):
    marks = node.get("marks")
    if marks is None:
        return
    if not isinstance(marks, list) or len(marks) > len(MARKS):
        checking.fault("the marks of a text are not a list")
        return
    seen = set()
    for mark in marks:
        name = mark.get("type") if isinstance(mark, dict) else None
        if not isinstance(name, str) or name not in MARKS:
            checking.fault(f"a text has an unknown mark “{str(name)[:40]}”")
            continue
        if not allowed:
            checking.fault(f"text there cannot be {name}")
        if name in seen:
            checking.fault(f"a text is {name} twice")
        seen.add(name)
        checking.keys(mark, {"type", "attrs"}, name)
        checking.attributes(MARKS[name][1], mark.get("attrs"), name)


@declare
class Text(Node):
    name = "text"

    def check(self, node, checking, depth, marks):
        checking.keys(node, {"type", "text", "marks"}, self.name)
        check_string(node.get("text"), checking, self.name)
        if node.get("text") == "":
            checking.fault("a text is empty")
        check_marks(node, checking, marks)

    def html(self, node, page):
        return html_of_inline([node], page)

    def text(self, node):
        return node["text"]


@declare
class HardBreak(Node):
    name = "hardBreak"

    def check(self, node, checking, depth, marks):
        checking.keys(node, {"type", "marks"}, self.name)
        check_marks(node, checking, marks)

    def html(self, node, page):
        return "<br>"

    def text(self, node):
        return "\n"


def marks_of(node):
    """{name: canonical text of the mark} of a text."""
    return {
        mark["type"]: json.dumps(mark.get("attrs") or {}, sort_keys=True)
        for mark in node.get("marks") or []
    }


def html_of_inline(nodes, page):
    """Texts and breaks; neighbours with the same mark share one element."""
    return _wrapped(nodes, ORDER, page)


def _wrapped(nodes, order, page):
    marks = {mark["type"] for node in nodes for mark in node.get("marks") or ()}
    if not order or not marks:
        return "".join(_bare(node, page) for node in nodes)
    name, rest = order[0], order[1:]
    if name not in marks:
        return _wrapped(nodes, rest, page)
    parts = []
    for mark, group in groupby(nodes, key=lambda node: marks_of(node).get(name)):
        inner = _wrapped(list(group), rest, page)
        parts.append(inner if mark is None else _element(name, json.loads(mark), inner))
    return "".join(parts)


def _bare(node, page):
    return "<br>" if node["type"] == "hardBreak" else page.escape_text(node["text"])


def _element(name, attrs, inner):
    tag, _ = MARKS[name]
    given = "".join(
        f' {key}="{escape(value)}"' for key, value in attrs.items() if value is not None
    )
    if tag == "a":
        given += ' rel="noopener noreferrer"'
    return f"<{tag}{given}>{inner}</{tag}>"


def text_of_inline(nodes):
    return "".join("\n" if one["type"] == "hardBreak" else one["text"] for one in nodes)


class Inline(Node):
    """What holds text and breaks, and nothing else."""

    holds = ("text", "hardBreak")

    def inner(self, node, page):
        return html_of_inline(node.get("content", []), page)

    def text(self, node):
        return text_of_inline(node.get("content", []))


@declare
class Caption(Inline):
    """Under a gallery or a table. Its place is last."""

    name = "caption"

    def html(self, node, page):
        return f"<figcaption>{self.inner(node, page)}</figcaption>"
