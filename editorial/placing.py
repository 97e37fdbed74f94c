"""Keeps remarks on their words when a text is saved.

`actions.editing` asks before the change what stands in the text, and afterwards where
it is now. An item without remarks costs one look into an index.
"""

from dataclasses import dataclass

from editorial.anchors import FAR_QUOTE, Anchor, find_quote, follow, texts_of
from editorial.models import ReviewComment

PLACE = ("block_id", "selection_start", "selection_end", "quote", "is_orphan")


@dataclass
class Standing:
    remarks: list
    texts: dict


def standing_in(item):
    """The remarks that stand in the text, with that text; None if there are none."""
    if not hasattr(item, "block_list"):
        return None
    remarks = list(ReviewComment.objects.on(item).anchored())
    return Standing(remarks, texts_of(item.block_list())) if remarks else None


def follow_the_text(standing, item):
    """Put each remark where its words are now. What is lost is kept as an orphan."""
    if standing is None:
        return
    texts = texts_of(item.block_list())
    if texts == standing.texts:
        return
    moved = [one for one in standing.remarks if _place(one, standing.texts, texts)]
    ReviewComment.objects.bulk_update(moved, PLACE)


def anchor_of(remark):
    return Anchor(
        str(remark.block_id),
        remark.selection_start,
        remark.selection_end,
        remark.quote,
    )


def _place(remark, before, after):
    """Move one remark; whether anything about its place has changed."""
    old = tuple(getattr(remark, name) for name in PLACE)
    if remark.is_orphan:
        found = _found_again(remark, after)
    else:
        found = follow(anchor_of(remark), before, after)
    remark.is_orphan = found is None
    if found:
        put_at(remark, found)
    return tuple(getattr(remark, name) for name in PLACE) != old


def put_at(remark, anchor):
    remark.block_id = type(remark.id)(anchor.block)
    remark.selection_start, remark.selection_end = anchor.start, anchor.end
    remark.quote = anchor.quote


def _found_again(remark, texts):
    """An orphan whose words, or whose block, have come back."""
    home = str(remark.block_id)
    if remark.selection_start is None:
        return Anchor(home) if home in texts else None
    for quote in dict.fromkeys((remark.quote, remark.original_quote)):
        for block in [home, *texts]:
            if block not in texts or not (block == home or len(quote) >= FAR_QUOTE):
                continue
            if place := find_quote(texts[block], quote, remark.selection_start):
                return Anchor(block, *place, quote)
    return None
