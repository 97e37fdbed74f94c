"""Where a remark stands, and where its words are after somebody has edited the text.

A place is (block, start, end): code points of `blocks.flat_text`, which the editor's
`flat.js` counts alike. Nothing here knows models.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from editorial import blocks

FAR_QUOTE = 12
"""Words this long are looked for in the whole text; shorter ones stand everywhere."""
ALIKE = 0.5
"""So much of the words must be left for a remark to stay on what became of them."""
LONGEST_COMPARED = 20_000
"""Characters of a block up to which changes are compared word by word."""
LONGEST_LIKENED = 500
"""Characters of a quote up to which it is asked how much of it is left."""

_WORDS = re.compile(r"\w+|\W", re.ASCII)


@dataclass(frozen=True, slots=True)
class Anchor:
    block: str
    start: int | None = None
    end: int | None = None
    quote: str = ""

    @property
    def is_whole_block(self):
        return self.start is None


def texts_of(body):
    """{id of a block: its flat text}, in the order of the document."""
    return {one["id"]: blocks.flat_text(one["content"]) for one in body}


def find_quote(text, quote, near=0):
    """Where `quote` stands in `text`, as (start, end); the place next to `near`."""
    if not quote:
        return None
    before = text.rfind(quote, 0, near + len(quote))
    after = text.find(quote, near)
    found = [one for one in (before, after) if one >= 0]
    if not found:
        return None
    start = min(found, key=lambda one: abs(one - near))
    return start, start + len(quote)


def find_loosely(text, quote, near=0):
    """The same, whatever white space a browser's selection made of it."""
    words = quote.split()
    if not words:
        return None
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words))
    places = [match.span() for match in pattern.finditer(text)]
    return min(places, key=lambda one: abs(one[0] - near), default=None)


def anchor_at(body, block, quote="", start=None):
    """The anchor of words in a block, or of the whole block; None if not there."""
    text = texts_of(body).get(str(block))
    if text is None:
        return None
    if not quote:
        return Anchor(str(block))
    near = start or 0
    place = find_quote(text, quote, near) or find_loosely(text, quote, near)
    if place is None:
        return None
    return Anchor(str(block), *place, text[place[0] : place[1]])


# --- Following an edit ------------------------------------------------------------


def follow(anchor, before, after):
    """Where the anchor is in the texts `after`, or None: its words are gone.

    Both are what `texts_of` gives; `before` may lack the block.
    """
    text = after.get(anchor.block)
    if anchor.is_whole_block:
        return anchor if text is not None else None
    if text is not None:
        old = before.get(anchor.block)
        if found := _in_block(anchor, old, text):
            return found
    return _elsewhere(anchor, before, after)


def _in_block(anchor, old, text):
    if text[anchor.start : anchor.end] == anchor.quote and old == text:
        return anchor
    start = anchor.start
    if old is not None and old[anchor.start : anchor.end] == anchor.quote:
        start, end = mapped(old, text, anchor.start, anchor.end)
        if text[start:end] == anchor.quote:
            return Anchor(anchor.block, start, end, anchor.quote)
        # Rewritten, but not away. The same words further on are others.
        now = text[start:end]
        if now.strip() and _share(anchor.quote, now):
            return Anchor(anchor.block, start, end, now)
    if place := find_quote(text, anchor.quote, start):
        return Anchor(anchor.block, *place, anchor.quote)
    return None


def _share(old, new):
    """Whether enough of the old words is left to be about the same thing."""
    if max(len(old), len(new)) > LONGEST_LIKENED:
        return True
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= ALIKE


def _elsewhere(anchor, before, after):
    """A block that was split, or words that were moved to another one."""
    order = list(after)
    fresh = [one for one in order if one not in before]
    beside = set()
    if anchor.block in after:
        place = order.index(anchor.block)
        beside = {*order[max(place - 1, 0) : place + 2]}
    elif fresh:
        beside = set(fresh)
    for block in order:
        is_near = block in beside and block in fresh
        if block == anchor.block or not (is_near or len(anchor.quote) >= FAR_QUOTE):
            continue
        if place := find_quote(after[block], anchor.quote):
            return Anchor(block, *place, anchor.quote)
    return None


def mapped(old, new, start, end):
    """Two positions of the old text, in the new one."""
    head = _common_head(old, new)
    tail = _common_head(old[head:][::-1], new[head:][::-1])
    shift = len(new) - len(old)
    if end <= head:
        return start, end
    if start >= len(old) - tail:
        return start + shift, end + shift
    if start <= head and end >= len(old) - tail:
        return start, end + shift
    if max(len(old), len(new)) > LONGEST_COMPARED:
        return min(start, head), max(end + shift, min(start, head))
    return _mapped_by_words(old, new, start, end)


def _common_head(one, other):
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _mapped_by_words(old, new, start, end):
    olds, news = _WORDS.findall(old), _WORDS.findall(new)
    steps = SequenceMatcher(None, olds, news, autojunk=False).get_opcodes()
    olds_at, news_at = _offsets(olds), _offsets(news)

    def at(position, is_start):
        for kind, a, b, c, d in steps:
            first, last = olds_at[a], olds_at[b]
            inside = first <= position < last if is_start else first < position <= last
            if not inside:
                continue
            if kind == "equal":
                return news_at[c] + position - first
            return news_at[c] if is_start else news_at[d]
        return 0 if position == 0 else len(new)

    first = at(start, True)
    return first, max(at(end, False), first)


def _offsets(words):
    found = [0]
    for word in words:
        found.append(found[-1] + len(word))
    return found
