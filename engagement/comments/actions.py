"""Post, edit, delete, moderate: the comment, its counts and activity at once.

Each action holds the thread's first comment while it works. So a reply meets its
parent as it is, what is counted is what is visible, and two actions in one thread
wait for each other instead of deadlocking.
"""

from django.db import transaction
from django.utils import timezone

from cms.databases import ENGAGEMENT
from cms.uuids import uuid7
from engagement import locks
from engagement.activity.models import Activity
from engagement.comments import screening, writing
from engagement.comments.models import Comment
from engagement.comments.screening import Refused
from engagement.counters.models import CounterDelta, Metric

Status = Comment.Status

MODERATIONS = (Status.APPROVED, Status.WITHHELD, Status.REJECTED, Status.SPAM)
MAX_DEPTH = 30
"""Deeper replies hang beside the one they answer. Imported chains keep their depth."""


@transaction.atomic(using=ENGAGEMENT)
def post(*, by, ref, body, parent_id=None):
    """A member says something. Raises `Refused` with a sentence for them.

    `by` is the UserRef of the member, `ref` the ContentRef.
    """
    # Two clicks on "Post" are two requests: the second must see the first.
    locks.hold(f"comments of {by.pk}", using=ENGAGEMENT)
    body = writing.clean_text(body)
    parent = _parent(ref, parent_id)
    screening.refuse_unfit(body, ref=ref, parent=parent, user_id=by.pk)
    body_html = writing.to_html(body)
    status, reason = screening.verdict(body, body_html, user_id=by.pk)
    if parent is not None and parent.thread_depth >= MAX_DEPTH:
        parent = parent.parent

    pk = uuid7()
    comment = Comment(
        pk=pk,
        content_kind=ref.kind,
        content_id=ref.pk,
        user=by,
        parent=parent,
        root_id=parent.root_id if parent else pk,
        thread_depth=parent.thread_depth + 1 if parent else 0,
        body=body,
        body_html=body_html,
        status=status,
        reason=reason,
        is_author_reply=by.pk == ref.author_id,
    )
    comment.save(force_insert=True, using=ENGAGEMENT)
    _count(comment, was_visible=False)
    return comment


@transaction.atomic(using=ENGAGEMENT)
def edit(comment_id, *, by, body):
    """The author changes the text, within the time for that. `by` is their id."""
    comment = _held(comment_id)
    if comment.user_id != by:
        raise Refused("Only its author can change a comment.")
    if not comment.is_editable_by(by):
        raise Refused("The time to change this comment is over.")
    body = writing.clean_text(body)
    screening.refuse_length(body)
    if body == comment.body:
        return comment

    was_visible = comment.is_visible
    comment.body, comment.body_html = body, writing.to_html(body)
    comment.is_edited, comment.updated_at = True, timezone.now()
    if was_visible:
        # An edit is screened like a new comment: approval was for the old text.
        status, reason = screening.verdict(body, comment.body_html, user_id=by)
        if reason != Comment.Reason.FIRST:
            comment.status, comment.reason = status, reason
    comment.save(using=ENGAGEMENT)
    _count(comment, was_visible=was_visible)
    return comment


@transaction.atomic(using=ENGAGEMENT)
def delete(comment_id, *, by):
    """The author takes it back. The text is gone; replies keep their place."""
    comment = _held(comment_id)
    if comment.user_id != by:
        raise Refused("Only its author can delete a comment.")
    if comment.status == Status.DELETED:
        return comment
    if not comment.is_deletable_by(by):
        raise Refused("A moderator has decided about this comment already.")
    was_visible = comment.is_visible
    comment.status, comment.deleted_at = Status.DELETED, timezone.now()
    comment.body = comment.body_html = ""
    comment.is_pinned = False
    comment.save(using=ENGAGEMENT)
    _count(comment, was_visible=was_visible)
    return comment


@transaction.atomic(using=ENGAGEMENT)
def moderate(comment_id, *, by, status, reason=Comment.Reason.NONE, note=""):
    """A moderator decides: approve, withhold, reject or call it spam.

    `by` is the moderator's id; whether they may is asked by the caller.
    """
    status = Status(status)
    if status not in MODERATIONS:
        raise ValueError(f"{status} is not a moderator's decision.")
    comment = _held(comment_id)
    if comment.status == Status.DELETED:
        raise Refused("Its author has deleted this comment.")
    was_visible = comment.is_visible
    comment.status = status
    comment.reason, comment.reason_note = Comment.Reason(reason), note
    comment.moderated_by, comment.moderated_at = by, timezone.now()
    if status != Status.APPROVED:
        comment.is_pinned = False
    comment.save(using=ENGAGEMENT)
    _count(comment, was_visible=was_visible)
    return comment


@transaction.atomic(using=ENGAGEMENT)
def pin(comment_id, *, pinned=True):
    """Keep the first comment of a thread on top, or let it go."""
    comment = _held(comment_id)
    if pinned and (comment.parent_id or not comment.is_visible):
        raise Refused("Only a visible comment that begins a thread can be pinned.")
    comment.is_pinned = pinned
    comment.save(using=ENGAGEMENT, update_fields=["is_pinned"])
    return comment


def _parent(ref, parent_id):
    """The comment that is answered, with its thread held."""
    if parent_id is None:
        return None
    try:
        return _held(parent_id, Comment.objects.on(ref.kind, ref.pk))
    except Comment.DoesNotExist:
        raise Refused("The comment you answer is not there any more.") from None


def _held(comment_id, comments=None):
    """The comment as it is now, its thread locked until the transaction ends."""
    comments = Comment.objects.all() if comments is None else comments
    root_id = comments.values_list("root_id", flat=True).get(pk=comment_id)
    root = Comment.objects.select_for_update().get(pk=root_id)
    if root.pk == comment_id:
        return root
    return Comment.objects.select_for_update().get(pk=comment_id)


def _count(comment, *, was_visible):
    """Write what a change of visibility means for the numbers and the spine."""
    if comment.is_visible == was_visible:
        return
    amount = 1 if comment.is_visible else -1
    CounterDelta.objects.write(
        [(comment.content_kind, comment.content_id, Metric.COMMENT, amount)]
    )
    if comment.parent_id:
        Comment.objects.count_reply_below(comment, amount)
    if comment.is_visible:
        verb = Activity.Verb.REPLIED if comment.parent_id else Activity.Verb.COMMENTED
        Activity.objects.record(
            verb,
            actor_id=comment.user_id,
            kind=comment.content_kind,
            target_id=comment.content_id,
            object_id=comment.pk,
            key=f"comment:{comment.pk}",
        )
