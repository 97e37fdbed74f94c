"""One form for one meaning, and ids that outlive an edit of the whole text."""

from difflib import SequenceMatcher

from cms.uuids import uuid7
from editorial.blocks.inline import ORDER
from editorial.blocks.nodes import BLOCKS, text_of

ALIKE = 0.5
"""From this likeness on, a block is taken for the older one, rewritten."""

TYPE_OF = {}


def new_block(content):
    """A block with an id of its own around a node."""
    if not TYPE_OF:
        TYPE_OF.update({name: kind for kind, names in BLOCKS.items() for name in names})
    return {"id": str(uuid7()), "type": TYPE_OF[content["type"]], "content": content}


def canonical(blocks):
    """The same document without nulls, empty parts and accidents of editing.

    Equal documents have equal canonical forms, so hashes of them can be compared.
    """
    return [block | {"content": canonical_node(block["content"])} for block in blocks]


def canonical_node(node):
    found = {"type": node["type"]}
    attrs = {
        key: value
        for key, value in (node.get("attrs") or {}).items()
        if value not in (None, "")
    }
    if attrs:
        found["attrs"] = attrs
    if node.get("text"):
        found["text"] = node["text"]
    marks = sorted(node.get("marks") or [], key=lambda mark: ORDER.index(mark["type"]))
    if marks:
        found["marks"] = [canonical_node(mark) for mark in marks]
    children = joined([canonical_node(child) for child in node.get("content") or []])
    if children:
        found["content"] = children
    return found


def joined(nodes):
    """Neighbouring texts with the same marks are one text."""
    found = []
    for node in nodes:
        before = found[-1] if found else None
        if (
            before
            and before["type"] == node["type"] == "text"
            and before.get("marks") == node.get("marks")
        ):
            found[-1] = before | {"text": before["text"] + node["text"]}
        else:
            found.append(node)
    return found


def reuse_ids(old_blocks, new_blocks):
    """`new_blocks` with the ids of the old blocks that they are, or came from.

    So comments, three-way merges and the version list see an edit, not a new text.
    """
    old, new = canonical(old_blocks), canonical(new_blocks)
    keys = [[repr(one["content"]) for one in blocks] for blocks in (old, new)]
    ids = [None] * len(new)
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    for match in matcher.get_matching_blocks():
        for index in range(match.size):
            ids[match.b + index] = old[match.a + index]["id"]
    taken = {one for one in ids if one}
    _moved(old, keys, ids, taken)
    _rewritten(old, new, ids, taken)
    return [
        block | {"id": known or block["id"]}
        for block, known in zip(new_blocks, ids, strict=True)
    ]


def _moved(old, keys, ids, taken):
    """The same block at another place."""
    left = {}
    for key, block in zip(keys[0], old, strict=True):
        if block["id"] not in taken:
            left.setdefault(key, []).append(block["id"])
    for index, key in enumerate(keys[1]):
        if ids[index] is None and left.get(key):
            ids[index] = left[key].pop(0)
            taken.add(ids[index])


def _rewritten(old, new, ids, taken):
    """Changed blocks, between the same neighbours and still alike."""
    place = {block["id"]: index for index, block in enumerate(old)}
    for index, block in enumerate(new):
        if ids[index] is not None:
            continue
        before = next((place[one] for one in reversed(ids[:index]) if one), -1)
        after = next((place[one] for one in ids[index + 1 :] if one), len(old))
        best, likeness = None, ALIKE
        for candidate in old[before + 1 : after][:50]:
            if candidate["id"] in taken:
                continue
            score = _likeness(candidate, block)
            if score > likeness or (score == likeness and best is None):
                best, likeness = candidate["id"], score
        if best:
            ids[index] = best
            taken.add(best)


def _likeness(one, other):
    if one["type"] != other["type"]:
        return 0.0
    texts = [text_of(block["content"])[:5_000] for block in (one, other)]
    if not any(texts):
        return 0.75
    words = [text.split() for text in texts]
    return SequenceMatcher(None, *words, autojunk=False).ratio()
