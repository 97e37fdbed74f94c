"""What changed between two snapshots, block by block."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from editorial.blocks import canonical, plain_text

NOT_FIELDS = {"blocks", "sections"}


def difference(old, new):
    """{"fields": {name: [old, new]}, "blocks": {"added", "removed", "changed",
    "moved"}} with lists of ids; a course has the same under "lessons".

    `old` is None for a first version: everything is new.
    """
    old = old or {}
    fields = {
        name: [old.get(name), new.get(name)]
        for name in sorted(set(old) | set(new))
        if name not in NOT_FIELDS and old.get(name) != new.get(name)
    }
    found = {"fields": fields}
    if "blocks" in new:
        found["blocks"] = by_id(old.get("blocks", []), new["blocks"])
    if "sections" in new:
        found["sections"] = by_id(old.get("sections", []), new["sections"])
        found["lessons"] = by_id(lessons_in(old), lessons_in(new))
    return found


def lessons_in(snapshot):
    return [
        lesson
        for section in snapshot.get("sections", [])
        for lesson in section["lessons"]
    ]


def by_id(old, new):
    """Ids of what was added, removed, changed and moved between two lists."""
    before = {one["id"]: one for one in old}
    after = {one["id"]: one for one in new}
    order = [one["id"] for one in new if one["id"] in before]
    stayed = staying(list(before), order)
    return {
        "added": [pk for pk in after if pk not in before],
        "removed": [pk for pk in before if pk not in after],
        "changed": [pk for pk in order if before[pk] != after[pk]],
        "moved": [pk for pk in order if pk not in stayed],
    }


def staying(before, after):
    """The most ids that keep their order; whatever else is in both has moved.

    The longest increasing run of old places, in the new order.
    """
    place = {pk: index for index, pk in enumerate(before)}
    both = [pk for pk in after if pk in place]
    ends, tails, previous = [], [], {}
    for pk in both:
        at = bisect_left(ends, place[pk])
        previous[pk] = tails[at - 1] if at else None
        ends[at : at + 1] = [place[pk]]
        tails[at : at + 1] = [pk]
    found, pk = set(), tails[-1] if tails else None
    while pk is not None:
        found.add(pk)
        pk = previous[pk]
    return found


def describe(changes):
    """A short sentence for the version list, when nobody wrote one."""
    parts = [name.replace("_", " ") for name in changes["fields"]]
    for noun in ("blocks", "lessons"):
        counts = changes.get(noun, {})
        parts += [
            f"{len(ids)} {noun.rstrip('s') if len(ids) == 1 else noun} {verb}"
            for verb, ids in counts.items()
            if ids
        ]
    return ("Changed: " + ", ".join(parts) + ".") if parts else "No change."


LABELS = {"image": "featured image", "seo": "search and social", "slug": "address"}


def extent(old, new):
    """How much is different, for a sentence: "4 blocks and the title", or ""."""
    changes = difference(old, new)
    if "blocks" in new:
        # As the comparison tells it, and not by ids alone.
        changes["blocks"] = story((old or {}).get("blocks", []), new["blocks"]).ids()
    names = [
        f"the {LABELS.get(one, one.replace('_', ' '))}" for one in changes["fields"]
    ]
    parts = []
    for noun in ("section", "lesson", "block"):
        if ids := set().union(*changes.get(f"{noun}s", {}).values()):
            parts.append(f"{len(ids)} {noun}{'s' if len(ids) > 1 else ''}")
    if len(names) > 3:
        names = [f"{len(names)} fields"]
    parts += names
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if parts[1:] else "".join(parts)


def with_block_back(now, then, block_id):
    """The blocks `now` with one of `then` as it was, or None if it has no such one.

    A block that is still there gets its old content. One that is gone comes back
    after the nearest block before it that is left, else before the nearest after it.
    """
    order = [block["id"] for block in then]
    if block_id not in order:
        return None
    index = order.index(block_id)
    old, body = then[index], list(now)
    place = {block["id"]: at for at, block in enumerate(body)}
    if block_id in place:
        body[place[block_id]] = old
        return body
    before = next((place[pk] for pk in reversed(order[:index]) if pk in place), None)
    after = next((place[pk] for pk in order[index:] if pk in place), len(body))
    body.insert(after if before is None else before + 1, old)
    return body


# --- The story of a text, from its old form to its new one ------------------------

ALIKE = 0.5
"""From this likeness on, a block without a known id is an older one, rewritten."""
ALIKE_ANYWHERE = 0.6
"""The same, where the block stands elsewhere than it stood."""
LOOKED_AT = 40
"""Old blocks that one new block without a known id is held against."""


@dataclass
class Step:
    """One block of the story, in reading order.

    `what` is "same", "changed", "added", "removed", "moved" (it stands here now) or
    "left" (it stood here, and is told of where it stands now).
    """

    what: str
    old: dict | None = None
    new: dict | None = None
    is_changed: bool = False
    """Of a block that moved: whether its content changed, too."""
    way: str = ""
    """Of a block that moved: "up" or "down"."""

    @property
    def block(self):
        return self.new or self.old

    @property
    def shows_change(self):
        return self.what != "same"


@dataclass
class Story:
    steps: list = field(default_factory=list)

    def before(self):
        """The old text, read off the story: no block of it is missing."""
        return [one.old for one in self.steps if one.old and one.what != "moved"]

    def after(self):
        """The new text, read off the story."""
        return [one.new for one in self.steps if one.new and one.what != "left"]

    def ids(self):
        """{what happened: ids of the blocks}."""
        found = {}
        for step in self.steps:
            if step.what not in ("same", "left"):
                found.setdefault(step.what, []).append(step.block["id"])
        return found

    def counts(self):
        """How many blocks were added, removed, changed and moved."""
        found = Counter()
        for step in self.steps:
            if step.what in ("added", "removed", "changed", "moved"):
                found[step.what] += 1
            if step.what == "moved" and step.is_changed:
                found["changed"] += 1
        return found


def story(old, new):
    """How the blocks `old` became the blocks `new`.

    Blocks are known by their ids. Where an editor or an import gave new ids, the
    same content is the same block, and so is one between the same neighbours that
    is still alike.
    """
    old, new = without_doubles(old), without_doubles(new)
    pairs = _pairs(old, new)
    was = {pairs[block["id"]]: block["id"] for block in new if block["id"] in pairs}
    before = {block["id"]: block for block in old}
    place = {block["id"]: index for index, block in enumerate(old)}
    order = [pairs[block["id"]] for block in new if block["id"] in pairs]
    stayed = staying(list(before), order)

    anchors = _next_places(new, pairs, {pk: place[pk] for pk in stayed}, len(old))

    told, next_old = Story(), 0
    for index, block in enumerate(new):
        pk = pairs.get(block["id"])
        end = place[pk] if pk in stayed else anchors[index]
        # What went comes first, then what came in its place.
        for one in old[next_old:end]:
            what = "left" if one["id"] in was else "removed"
            told.steps.append(Step(what, old=one))
        next_old = end
        if pk is None:
            told.steps.append(Step("added", new=block))
            continue
        changed = not _same(before[pk], block)
        if pk in stayed:
            what = "changed" if changed else "same"
            told.steps.append(Step(what, before[pk], block, changed))
            next_old = place[pk] + 1
        else:
            way = "up" if index < place[pk] else "down"
            told.steps.append(Step("moved", before[pk], block, changed, way))
    for one in old[next_old:]:
        told.steps.append(Step("left" if one["id"] in was else "removed", old=one))
    return told


def without_doubles(blocks):
    """Blocks with each id once; old imports may have repeated one."""
    return list({block["id"]: block for block in blocks}.values())


def _same(one, other):
    return one == other or _key(one) == _key(other)


def _pairs(old, new):
    """{id of a new block: id of the old block that it is, or came from}."""
    before = {block["id"]: block for block in old}
    pairs = {block["id"]: block["id"] for block in new if block["id"] in before}
    lost = [block for block in old if block["id"] not in pairs]
    found = [block for block in new if block["id"] not in pairs]
    if not lost or not found:
        return pairs
    left = {}
    for block in lost:
        left.setdefault(_key(block), []).append(block["id"])
    for block in found:
        if same := left.get(_key(block)):
            pairs[block["id"]] = same.pop(0)
    _rewritten(old, new, before, pairs)
    return pairs


def _key(block):
    return block["type"], repr(canonical([block])[0]["content"])


def _rewritten(old, new, before, pairs):
    """Blocks that are still alike: at first between their old neighbours only."""
    lost = {block["id"] for block in old} - set(pairs.values())
    if not lost:
        return
    place = {block["id"]: index for index, block in enumerate(old)}
    bags = {pk: _words(before[pk]) for pk in lost}
    ends, start = _next_places(new, pairs, place, len(old)), 0
    for index, block in enumerate(new):
        if (pk := pairs.get(block["id"])) is not None:
            start = place[pk] + 1
            continue
        if best := _likest(block, old[start : ends[index]], lost, bags, ALIKE):
            pairs[block["id"]] = best
            lost.discard(best)
            start = place[best] + 1
    for block in new:
        if lost and block["id"] not in pairs:
            left = [one for one in old if one["id"] in lost]
            if best := _likest(block, left, lost, bags, ALIKE_ANYWHERE):
                pairs[block["id"]] = best
                lost.discard(best)


def _likest(block, candidates, lost, bags, least):
    """The id of the lost block that this one is most like, if it is at all."""
    best, likeness, mine = None, least, _words(block)
    for candidate in candidates[:LOOKED_AT]:
        pk = candidate["id"]
        if pk in lost and candidate["type"] == block["type"]:
            score = _likeness(bags[pk], mine)
            if score >= likeness and (best is None or score > likeness):
                best, likeness = pk, score
    return best


def _next_places(new, pairs, place, end):
    """For each new block: where in the old text the next known one stands."""
    found = [end] * len(new)
    for index in range(len(new) - 1, -1, -1):
        found[index] = end
        end = place.get(pairs.get(new[index]["id"]), end)
    return found


def _words(block):
    return Counter(plain_text([block]).lower().split())


def _likeness(one, other):
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.75
