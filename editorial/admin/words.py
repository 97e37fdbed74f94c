"""Two texts as one, with what went and what came marked, safe to print."""

import re
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 20_000
"""Pieces beyond which words are not compared one by one."""


def marked(old, new):
    """HTML of `new` with insertions and deletions against `old`, word by word."""
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if len(before) + len(after) > LONGEST:
        return format_html("<del>{}</del> <ins>{}</ins>", old, new)
    out = []
    for tag, i, j, k, m in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        gone, came = "".join(before[i:j]), "".join(after[k:m])
        if tag == "equal":
            out.append(format_html("{}", gone))
            continue
        if gone:
            out.append(format_html("<del>{}</del>", gone))
        if came:
            out.append(format_html("<ins>{}</ins>", came))
    return format_html_join("", "{}", ((piece,) for piece in out)) or mark_safe("")
