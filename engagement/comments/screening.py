"""What happens to a comment before anybody else sees it.

Refusals are told to the writer and nothing is stored; a verdict stores the comment
and says who must look at it first, and why. The order is from cheap to dear.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from engagement.comments.models import Comment
from engagement.comments.writing import MAX_LENGTH, count_links

Status, Reason = Comment.Status, Comment.Reason


class Refused(Exception):
    """The comment is not taken. The message is for its writer."""


def refuse_unfit(body, *, ref, parent, user_id, at=None):
    """Raise `Refused` for what is not stored at all."""
    at = at or timezone.now()
    if not ref.is_live:
        raise Refused("This page is no longer published, so it takes no comments.")
    if not ref.comments_open:
        raise Refused("Comments are closed here.")
    refuse_length(body)
    if parent is not None and not parent.is_visible:
        raise Refused("The comment you answer is not there any more.")

    latest = Comment.objects.by(user_id).filter(created_at__gt=at - timedelta(hours=1))
    same = latest.on(ref.kind, ref.pk).exclude(status=Status.DELETED)
    if same.filter(body=body).exists():
        raise Refused("You have said exactly this here already.")
    per_minute = getattr(settings, "COMMENTS_PER_MINUTE", 5)
    if latest.filter(created_at__gt=at - timedelta(minutes=1)).count() >= per_minute:
        raise Refused("That was a lot at once. Please wait a minute, then try again.")


def refuse_length(body):
    if not body:
        raise Refused("Please write something first.")
    if len(body) > MAX_LENGTH:
        raise Refused(
            f"A comment has at most {MAX_LENGTH} characters; this one has {len(body)}."
        )


def verdict(body, body_html, *, user_id, at=None):
    """(status, reason) of a comment that is fit to be stored."""
    words = [word.lower() for word in getattr(settings, "COMMENT_CHECKED_WORDS", ())]
    lower = body.lower()
    if any(word in lower for word in words):
        return Status.WITHHELD, Reason.WORDS
    if count_links(body_html) > getattr(settings, "COMMENT_MAX_LINKS", 2):
        return Status.PENDING, Reason.LINKS
    own = Comment.objects.by(user_id)
    if (
        getattr(settings, "COMMENT_FIRST_IS_HELD", False)
        and not own.filter(status=Status.APPROVED).exists()
    ):
        return Status.PENDING, Reason.FIRST
    month_ago = (at or timezone.now()) - timedelta(days=30)
    rejected = own.filter(
        status__in=[Status.REJECTED, Status.SPAM], created_at__gt=month_ago
    )
    if rejected.count() >= getattr(settings, "COMMENT_REJECTIONS_UNTIL_HELD", 3):
        return Status.PENDING, Reason.HISTORY
    return Status.APPROVED, Reason.NONE
