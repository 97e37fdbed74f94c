"""Runs: the tokens of running text, and what becomes of them.

A token is ("text", words, marks), ("break",) for <br>, ("newline",) for one of the
source, ("stop",) between paragraphs, ("node", node) for a block that stands in the
text, ("raw", html) for what no text can have, ("aside", html) for what nobody sees.
"""

import re

from editorial.blocks.canonical import joined
from editorial.blocks.inline import ORDER
from editorial.blocks.nodes import NODES
from editorial.blocks.rendering import Page

SPACES = re.compile(r"[ \t\n\r\f]+")


class Run(list):
    """Tokens since the last block. It can go back to how it was before an element.

    What was taken out is kept for that; copying the run for each element instead
    would cost its length every time.
    """

    def __init__(self):
        super().__init__()
        self._taken = []

    def take(self):
        """All tokens, and the run is empty."""
        tokens = list(self)
        self.clear()
        self._taken.append(tokens)
        return tokens

    def mark(self):
        return len(self._taken), len(self)

    def back_to(self, mark):
        taken, length = mark
        if taken < len(self._taken):
            self[:] = self._taken[taken]
            del self._taken[taken:]
        del self[length:]


def add_mark(marks, mark):
    """Marks with one more; a second one of a kind replaces the first."""
    others = [one for one in marks if one["type"] != mark["type"]]
    return tuple(sorted([*others, mark], key=lambda one: ORDER.index(one["type"])))


def has_words(token):
    return token[0] == "text" and bool(token[1].strip(" \t\n\r\f"))


def inline_content(tokens):
    """Text and breaks as nodes: spaces folded, nothing loose at the edges."""
    found, is_soft = [], False
    for token in tokens:
        if token[0] == "text":
            text = SPACES.sub(" ", token[1])
            if (
                not found
                or found[-1]["type"] == "hardBreak"
                or found[-1]["text"].endswith(" ")
            ):
                text = text.lstrip(" ")
            if text:
                node = {"type": "text", "text": text}
                if token[2]:
                    node["marks"] = [dict(mark) for mark in token[2]]
                found.append(node)
            continue
        _trim(found)
        # A line break of the source is none beside a <br>.
        beside = bool(found) and found[-1]["type"] == "hardBreak"
        if found and not (beside and (token[0] == "newline" or is_soft)):
            found.append({"type": "hardBreak"})
            is_soft = token[0] == "newline"
        else:
            is_soft = False
    _trim(found)
    while found and found[-1]["type"] == "hardBreak":
        found.pop()
        _trim(found)
    return joined(found)


def _trim(found):
    """Take spaces off the end."""
    while found and found[-1]["type"] == "text":
        text = found[-1]["text"].rstrip(" ")
        if text:
            found[-1] = found[-1] | {"text": text}
            return
        found.pop()


def source_of_tokens(tokens):
    """A paragraph with foreign markup in it, as HTML."""
    page, parts = Page(), []
    for token in tokens:
        if token[0] in ("raw", "aside"):
            parts.append(token[1])
        elif token[0] == "node":
            parts.append(NODES[token[1]["type"]].html(token[1], page).strip())
        elif token[0] == "text":
            node = {"type": "text", "text": token[1], "marks": list(token[2])}
            parts.append(NODES["text"].html(node, page))
        else:
            parts.append("<br>")
    return f"<p>{''.join(parts).strip()}</p>"
