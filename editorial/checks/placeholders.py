"""Words that stand for others which were to come."""

import re

from editorial.checks.registry import WARN, declare, looks
from editorial.checks.texts import attrs_of, shown, words_of

PLACEHOLDER = declare("placeholder", "No placeholders are left", WARN)

# Capitals only: "tk" is a name for many things. The second letters are Cyrillic, as a
# keyboard that was not switched back types them; the last are what templates leave.
_MARK = re.compile(
    r"(?<!\w)(?:(?:TK)+|(?:ТК)+|X{3,}|Х{3,}|TODO|FIXME|TBC|TBD)(?!\w)"
    r"|\blorem ipsum\b|\[(?:\.\.\.|…|\?{1,3})\]|\?{4,}"
)
FIELDS = (
    ("title", "title"),
    ("excerpt", "standfirst"),
    ("description", "description"),
)
SEO_FIELDS = (
    ("meta_title", "search title"),
    ("meta_description", "search description"),
    ("og_title", "social title"),
    ("og_description", "social description"),
)
AROUND = 40


def placeholders_in(words):
    """(placeholder, the words around it) for each one."""
    for match in _MARK.finditer(words):
        start = max(0, match.start() - AROUND)
        yield match[0], words[start : match.end() + AROUND].strip()


@looks
def placeholders(text):
    fields = [(name, label, text.snapshot.get(name)) for name, label in FIELDS]
    fields += [(name, label, text.seo.get(name)) for name, label in SEO_FIELDS]
    for name, label, words in fields:
        for mark, around in placeholders_in(words or ""):
            yield PLACEHOLDER.found(
                f"“{mark}” is left in the {label}: {shown(around, 90)}",
                "Write what was to come.",
                field=name,
            )
    for body in text.bodies:
        if body.field:
            continue  # a course's description is one of the fields
        for mark, around in placeholders_in(body.title):
            yield PLACEHOLDER.found(
                f"“{mark}” is left in the title of a lesson: {shown(around, 90)}",
                "Write what was to come.",
                lesson=body.lesson,
            )
        for block in body.blocks:
            for words in _texts_of(block["content"]):
                for mark, around in placeholders_in(words):
                    yield PLACEHOLDER.found(
                        f"“{mark}” is left in the text: {shown(around, 90)}",
                        "Write what was to come.",
                        **body.where(block),
                    )


def _texts_of(node):
    """The words of a block, and of its alternative texts; code means what it says."""
    if node["type"] in ("codeBlock", "html"):
        return
    children = node.get("content") or []
    if any(child["type"] == "text" for child in children):
        yield words_of(node)
    else:
        for child in children:
            yield from _texts_of(child)
    for name in ("alt", "title"):
        if attrs_of(node).get(name):
            yield attrs_of(node)[name]
