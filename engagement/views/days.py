"""What only raw views can tell, kept by the day before they are dropped: how many
different readers, and where they came from.

Whole days are counted anew and written as absolute numbers, so repeating is safe.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks
from engagement.views.models import ViewDay

VALUES_KEPT = 50
"""Of hosts and campaigns of one item and day: strangers may invent any number."""

# Ids are time-ordered: the day is a range of the primary key, in one or two partitions.
_READERS = """
WITH fresh AS (
    SELECT content_kind, content_id, count(DISTINCT visitor) AS visitors
    FROM content_views
    WHERE id >= uuidv7_floor(%(from)s) AND id < uuidv7_floor(%(until)s)
    GROUP BY content_kind, content_id
)
INSERT INTO content_view_days AS known (content_kind, content_id, day, visitor_count)
SELECT content_kind, content_id, %(day)s, visitors FROM fresh ORDER BY content_id
ON CONFLICT (content_id, day, content_kind) DO UPDATE
    SET visitor_count = excluded.visitor_count
    WHERE known.visitor_count <> excluded.visitor_count
"""

_BREAKDOWNS = """
WITH counted AS (
    SELECT content_kind, content_id, dimension, value, count(*) AS views
    FROM content_views, LATERAL (VALUES
        ('source', source),
        ('host', referrer_host),
        ('campaign',
            concat_ws(' / ', nullif(utm_source, ''), nullif(utm_campaign, ''))),
        ('device', device),
        ('country', country)
    ) AS said (dimension, value)
    WHERE id >= uuidv7_floor(%(from)s) AND id < uuidv7_floor(%(until)s)
        AND value <> ''
    GROUP BY content_kind, content_id, dimension, value
), fresh AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (
            PARTITION BY content_id, content_kind, dimension
            ORDER BY views DESC, value
        ) AS place
        FROM counted
    ) AS ranked
    WHERE place <= %(kept)s
), gone AS (
    DELETE FROM content_view_breakdowns AS known
    WHERE day = %(day)s AND NOT EXISTS (
        SELECT FROM fresh WHERE fresh.content_id = known.content_id
            AND fresh.content_kind = known.content_kind
            AND fresh.dimension = known.dimension AND fresh.value = known.value
    )
)
INSERT INTO content_view_breakdowns AS known
    (content_kind, content_id, day, dimension, value, view_count)
SELECT content_kind, content_id, %(day)s, dimension, value, views
FROM fresh ORDER BY content_id, dimension, value
ON CONFLICT (content_id, day, dimension, value, content_kind) DO UPDATE
    SET view_count = excluded.view_count
    WHERE known.view_count <> excluded.view_count
"""


def tally(*, today=None):
    """Count today and yesterday, and once a day the week before: entries may have
    waited in Redis for long. Answers the days."""
    today = today or datetime.now(UTC).date()
    with transaction.atomic(using=ENGAGEMENT):
        if not locks.take("tally days", using=ENGAGEMENT):
            return []
        is_new_day = not ViewDay.objects.filter(day=today).exists()
        days = [today - timedelta(days=n) for n in range(7 if is_new_day else 2)]
        for day in days:
            count(day)
    return days


def count(day: date):
    """One day anew, within the caller's transaction."""
    begin = datetime.combine(day, datetime.min.time(), UTC)
    said = {
        "day": day,
        "from": begin,
        "until": begin + timedelta(days=1),
        "kept": VALUES_KEPT,
    }
    with connections[ENGAGEMENT].cursor() as cursor:
        # All views of a day; the role's limit is meant for pages.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_READERS, said)
        cursor.execute(_BREAKDOWNS, said)
