"""Two people wrote in one text. Whose words go where: nobody's are lost.

A writer says what each changed block was before, and the order before and after.
What nobody else touched is taken over; what both changed alike is there already; what
both changed differently is kept twice: theirs stays, the writer's stands after it. An
edit outweighs a deletion. The same edit of the same text gives the same result, and an
edit that is there already changes nothing.

Pure: lists in, lists out.
"""

import hashlib
import json
from bisect import bisect_left
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from editorial.blocks.canonical import canonical_node

COPIES = UUID("6f1f7b0e-3a55-5b0d-8b5c-0d4e6a4d4c11")
"""Namespace of the ids of second copies."""


@dataclass
class Edit:
    """What one writer did to the blocks since they last saw them."""

    changed: dict = field(default_factory=dict)
    """{id: (the block before, or None for a new one; the block now)}"""
    removed: dict = field(default_factory=dict)
    """{id: the block before}"""
    was_order: list = field(default_factory=list)
    order: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.changed or self.removed or self.order != self.was_order)


@dataclass
class Merged:
    blocks: list
    clashes: list = field(default_factory=list)
    """(id of the block that stayed, id of the copy after it)"""


def same(one, other):
    """Whether two blocks say the same, by whatever accidents of writing."""
    return _form(one) == _form(other)


def _form(block):
    try:
        return block["type"], canonical_node(block["content"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        # Nothing that we would store; it equals what is written the same.
        return None, repr(block)


def copy_id(block):
    """The id of a second copy: the same words of the same block, the same id."""
    words = json.dumps([block["type"], block["content"]], sort_keys=True)
    digest = hashlib.sha256(words.encode()).hexdigest()
    return str(uuid5(COPIES, f"{block['id']}:{digest}"))


def merge(current, edit):
    """The blocks as they are after `edit`, made of something older than `current`."""
    there = {block["id"]: block for block in current}
    texts, copies = dict(there), {}
    for pk, (was, now) in edit.changed.items():
        theirs = there.get(pk)
        if theirs is None or (was is not None and same(theirs, was)):
            texts[pk] = now
        elif not same(theirs, now):
            copies[pk] = {**now, "id": copy_id(now)}
    for pk, was in edit.removed.items():
        if pk in there and pk not in edit.changed and same(there[pk], was):
            del texts[pk]
    order = _order([block["id"] for block in current], edit, texts)
    found, clashes = [], []
    for pk in order:
        found.append(texts[pk])
        if pk in copies and copies[pk]["id"] not in texts:
            found.append(copies[pk])
            clashes.append((pk, copies[pk]["id"]))
    return Merged(found, clashes)


def _order(current, edit, texts):
    """All of `texts`: as they stand, but for what the writer moved or put in."""
    found = [pk for pk in current if pk in texts]
    known, mine = set(edit.was_order), set(edit.order)
    stayed = set(unmoved(edit.was_order, edit.order))
    standing = set(found)
    for place, pk in enumerate(edit.order):
        if pk not in texts or (pk in standing and (pk in stayed or pk not in known)):
            continue
        if pk in standing:
            found.remove(pk)
        earlier = reversed(edit.order[:place])
        before = next((one for one in earlier if one in standing), None)
        here = 0 if before is None else found.index(before) + 1
        # After what others have put in at the same place.
        while here < len(found) and found[here] not in known | mine:
            here += 1
        found.insert(here, pk)
        standing.add(pk)
    return found + [pk for pk in texts if pk not in standing]


def unmoved(before, after):
    """The most of what is in both that kept its order: the rest was moved."""
    place = {pk: index for index, pk in enumerate(before)}
    ends, tails, back = [], [], {}
    for pk in after:
        if pk not in place:
            continue
        here = bisect_left(ends, place[pk])
        back[pk] = tails[here - 1] if here else None
        if here == len(ends):
            ends.append(place[pk])
            tails.append(pk)
        else:
            ends[here], tails[here] = place[pk], pk
    found, pk = [], tails[-1] if tails else None
    while pk is not None:
        found.append(pk)
        pk = back[pk]
    return found[::-1]


def merge_text(current, was, now):
    """(the text, the writer's own where both changed it differently, or None)."""
    current, was, now = (_lines(text) for text in (current, was, now))
    if now in (was, current):
        return current, None
    if current == was:
        return now, None
    return current, now


def _lines(text):
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")
