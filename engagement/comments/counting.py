"""What the counters should say about comments, and where comments show likes."""

from django.db import connections, transaction

from cms.databases import ENGAGEMENT
from engagement.counters.models import Metric
from engagement.counters.public import destination
from engagement.counters.reconciling import facts

facts(
    """
    SELECT content_kind AS kind, content_id AS target_id, 'comment' AS metric,
        count(*) AS amount
    FROM comments WHERE status = 'approved'
    GROUP BY content_kind, content_id
    """,
    metrics=[Metric.COMMENT],
)


@destination("comment")
def copy_likes(numbers):
    """Likes of comments are read in this database, e.g. to sort by them."""
    comment_ids = sorted(numbers, key=str)
    with (
        transaction.atomic(using=ENGAGEMENT),
        connections[ENGAGEMENT].cursor() as cursor,
    ):
        # Like every change in a thread: its first comment is locked first.
        cursor.execute(
            """
            SELECT FROM comments WHERE id IN (
                SELECT root_id FROM comments WHERE id = ANY(%s)
            ) ORDER BY id FOR UPDATE
            """,
            [comment_ids],
        )
        cursor.execute(
            """
            UPDATE comments SET like_count = fresh.amount
            FROM unnest(%s::uuid[], %s::bigint[]) AS fresh(id, amount)
            WHERE comments.id = fresh.id AND comments.like_count <> fresh.amount
            """,
            [comment_ids, [numbers[pk].get(Metric.LIKE, 0) for pk in comment_ids]],
        )
