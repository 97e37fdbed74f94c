"""Comments of a WordPress site: new ones come in, changed ones are brought up to date.

Nothing is announced. What a moderator decided or an author edited here since then is
theirs: a newer export does not touch it.
"""

from django.db import transaction

from cms.databases import ENGAGEMENT
from engagement import locks
from engagement.comments import imports, writing
from engagement.comments.models import Comment
from engagement.counters.models import CounterDelta, Metric


@transaction.atomic(using=ENGAGEMENT)
def keep(fresh, changed):
    """Take rows of `ImportedComment` in; {source key: id} of those that are so now."""
    _hold_threads(fresh, changed)
    imports.take_in(fresh)
    kept = [row.source_key for row in fresh]
    kept += [row.source_key for row in changed if _bring_up_to_date(row)]
    found = Comment.objects.filter(source_key__in=kept)
    return dict(found.values_list("source_key", "id"))


def _hold_threads(fresh, changed):
    """All of them and in one order: whoever holds several never waits for another."""
    locks.hold(imports.ONE_AT_A_TIME, using=ENGAGEMENT)
    keys = {row.source_key for row in changed}
    keys |= {row.parent_key for row in fresh if row.parent_key}
    roots = Comment.objects.filter(source_key__in=keys).values("root_id")
    list(
        Comment.objects.select_for_update()
        .filter(pk__in=roots)
        .order_by("pk")
        .values_list("pk")
    )


def _bring_up_to_date(row):
    """Whether the comment is now as the row says. Threads stay as they are."""
    root_id = Comment.objects.filter(source_key=row.source_key).values_list("root_id")
    root = Comment.objects.select_for_update().filter(pk__in=root_id).first()
    if root is None:
        imports.take_in([row])
        return True
    comment = Comment.objects.select_for_update().get(source_key=row.source_key)
    if comment.moderated_at or comment.is_edited or comment.deleted_at:
        return False
    was_visible = comment.is_visible
    body_html = writing.clean_html(row.body_html)
    if comment.body_html != body_html:
        comment.body, comment.body_html = writing.to_text(row.body_html), body_html
    comment.status = Comment.Status(row.status)
    comment.guest_name = row.guest_name[:255]
    comment.guest_email_hash = row.guest_email_hash
    comment.guest_url = row.guest_url
    comment.user_id = row.user_id
    comment.is_author_reply = row.is_author_reply
    comment.save(using=ENGAGEMENT)
    if comment.is_visible != was_visible:
        amount = 1 if comment.is_visible else -1
        CounterDelta.objects.write(
            [(comment.content_kind, comment.content_id, Metric.COMMENT, amount)]
        )
        if comment.parent_id:
            Comment.objects.count_reply_below(comment, amount)
    return True
