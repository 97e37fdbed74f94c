"""Comments that come from elsewhere, in bulk, as often as one likes.

Each row has a `source_key`. What is known by its key is left as it is here: what our
moderators decided since then stands.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from cms.databases import ENGAGEMENT
from cms.uuids import uuid7
from engagement import locks
from engagement.comments import writing
from engagement.comments.models import Comment
from engagement.counters.models import CounterDelta, Metric

ONE_AT_A_TIME = "import of comments"


@dataclass
class ImportedComment:
    """One comment as another system has it.

    `body` is plain text; where there is only HTML give `body_html` and leave it
    empty. `parent_key` is the `source_key` of the comment that it answers; one that
    is unknown, on other content, or in a circle makes it begin a thread.
    """

    source_key: str
    content_kind: str
    content_id: UUID
    created_at: datetime
    body: str = ""
    body_html: str = ""
    kind: str = Comment.Kind.COMMENT
    status: str = Comment.Status.APPROVED
    parent_key: str | None = None
    user_id: UUID | None = None
    guest_name: str = ""
    guest_email_hash: str = ""
    guest_url: str = ""
    is_author_reply: bool = False
    reason: str = field(default=Comment.Reason.NONE)


@transaction.atomic(using=ENGAGEMENT)
def take_in(rows):
    """Create what is new of `rows`; answer how many that were.

    The comments, their threads and the counter deltas are one transaction, so a
    repeated or interrupted import counts nothing twice.
    """
    # Parents are found by key before they are pointed to: one import at a time.
    locks.hold(ONE_AT_A_TIME, using=ENGAGEMENT)
    rows = {row.source_key: row for row in rows}
    parent_keys = {row.parent_key for row in rows.values() if row.parent_key}
    known = {
        comment.source_key: comment
        for comment in Comment.objects.filter(source_key__in={*rows, *parent_keys})
    }
    fresh = []
    for key in _parents_first(rows):
        if key in known:
            continue
        comment = _comment(rows[key], known.get(rows[key].parent_key))
        known[key] = comment
        fresh.append(comment)
    _count_replies(fresh, known)
    Comment.objects.bulk_create(fresh, batch_size=1000)
    CounterDelta.objects.write(
        (kind, content_id, Metric.COMMENT, number)
        for (kind, content_id), number in _visible_by_content(fresh).items()
    )
    return len(fresh)


def _parents_first(rows):
    """The keys in an order in which each parent stands before its replies."""
    ordered, done = [], set()
    for key in rows:
        chain, seen = [], set()
        while key in rows and key not in done and key not in seen:
            seen.add(key)
            chain.append(key)
            key = rows[key].parent_key
        for link in reversed(chain):
            done.add(link)
            ordered.append(link)
    return ordered


def _comment(row, parent):
    if parent is not None and (parent.content_kind, parent.content_id) != (
        row.content_kind,
        row.content_id,
    ):
        parent = None
    pk = uuid7()
    body = writing.clean_text(row.body) or writing.to_text(row.body_html)
    status = Comment.Status(row.status)
    return Comment(
        pk=pk,
        source_key=row.source_key,
        content_kind=row.content_kind,
        content_id=row.content_id,
        kind=Comment.Kind(row.kind),
        user_id=row.user_id,
        guest_name=row.guest_name[:255],
        guest_email_hash=row.guest_email_hash,
        guest_url=row.guest_url,
        parent_id=parent.pk if parent else None,
        root_id=parent.root_id if parent else pk,
        thread_depth=parent.thread_depth + 1 if parent else 0,
        body=body,
        body_html=writing.clean_html(row.body_html)
        if row.body_html
        else writing.to_html(body),
        status=status,
        reason=row.reason,
        is_author_reply=row.is_author_reply,
        created_at=row.created_at,
        updated_at=row.created_at,
        deleted_at=row.created_at if status == Comment.Status.DELETED else None,
    )


def _count_replies(fresh, known):
    """Set the reply counts above the new comments, and save those that exist."""
    by_pk = {comment.pk: comment for comment in known.values()}
    new = {comment.pk for comment in fresh}
    stored = {}
    for comment in fresh:
        above = by_pk.get(comment.parent_id)
        while above is not None and above.pk in new:
            above.reply_count += comment.is_visible
            above = by_pk.get(above.parent_id)
        if above is not None:
            stored[above] = stored.get(above, 0) + comment.is_visible
    # Threads that exist are held like in `actions`, all of them and in one order.
    list(
        Comment.objects.select_for_update()
        .filter(pk__in={comment.root_id for comment in stored})
        .order_by("pk")
    )
    for comment, number in stored.items():
        if number:
            Comment.objects.filter(pk=comment.pk).update(
                reply_count=F("reply_count") + number
            )
            Comment.objects.count_reply_below(comment, number)


def _visible_by_content(comments):
    numbers = {}
    for comment in comments:
        if comment.is_visible:
            place = comment.content_kind, comment.content_id
            numbers[place] = numbers.get(place, 0) + 1
    return numbers
