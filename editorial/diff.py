"""What changed between two snapshots, block by block."""

from difflib import SequenceMatcher

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
        found["lessons"] = by_id(_lessons(old), _lessons(new))
    return found


def _lessons(snapshot):
    return [
        lesson
        for section in snapshot.get("sections", [])
        for lesson in section["lessons"]
    ]


def by_id(old, new):
    """Ids of what was added, removed, changed and moved between two lists."""
    before = {one["id"]: one for one in old}
    after = {one["id"]: one for one in new}
    both = [one["id"] for one in old if one["id"] in after]
    order = [one["id"] for one in new if one["id"] in before]
    stayed = set()
    for match in SequenceMatcher(
        None, both, order, autojunk=False
    ).get_matching_blocks():
        stayed.update(both[match.a : match.a + match.size])
    return {
        "added": [pk for pk in after if pk not in before],
        "removed": [pk for pk in before if pk not in after],
        "changed": [pk for pk in order if before[pk] != after[pk]],
        "moved": [pk for pk in order if pk not in stayed],
    }


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
