"""Remarks on a draft: said, answered, resolved.

They belong to a review and never to the text: resolving one changes no version.
"""

from django.db import transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial import blocks
from editorial.actions import check
from editorial.exceptions import Refused
from editorial.models import Review, ReviewComment


def review_for_remarks(item):
    """The open review, or the latest: its remarks are answered after it has ended."""
    return item.open_review() or Review.objects.on(item).order_by("-created_at").first()


def add_remark(item, *, by, comment, block_id=None, quote="", parent=None):
    """A remark on the whole, on one block, or on words of it; or a reply."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        if not comment.strip():
            raise Refused("The remark is empty. Say what you mean.")
        review = parent.review if parent else review_for_remarks(item)
        if review is None or review.content_id != item.pk:
            raise Refused(
                "Remarks belong to a review, and nobody has begun one. Submit the "
                "text, or start its review first."
            )
        start, end = _where(item, block_id, quote)
        return ReviewComment.objects.create(
            review=review,
            parent=(parent.parent or parent) if parent else None,
            author=by,
            comment=comment.strip(),
            block_id=parent.block_id if parent else block_id,
            quote=quote,
            original_quote=quote,
            selection_start=start,
            selection_end=end,
        )


def _where(item, block_id, quote):
    """Offsets of the quoted words in the block's plain text."""
    if not block_id:
        return None, None
    block = next((one for one in item.block_list() if one["id"] == str(block_id)), None)
    if block is None:
        raise Refused("This block is no longer in the text. Reload the page.")
    if not quote:
        return None, None
    start = blocks.plain_text([block]).find(quote)
    if start < 0:
        raise Refused("These words are no longer in the block. Reload the page.")
    return start, start + len(quote)


def resolve_remark(remark, *, item, by, resolved=True):
    """Tick it off, or open it again."""
    with transaction.atomic(using=EDITORIAL):
        check(by, "comment_on_draft", item)
        remark = ReviewComment.objects.select_for_update(of=("self",)).get(pk=remark.pk)
        remark.is_resolved = resolved
        remark.resolved_by = by if resolved else None
        remark.resolved_at = timezone.now() if resolved else None
        remark.save()
        return remark
