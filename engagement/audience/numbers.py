"""What readers did with an item, from the sums that are kept: hours, days, rows.

No raw view is read here, so any period costs what it has days, not what it has views.
Days are UTC, as the sums are.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connections
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from cms.databases import ENGAGEMENT
from engagement.comments.models import Comment
from engagement.reactions.models import Reaction
from engagement.views.models import ViewBreakdown, ViewDay

SHOWN = 10


@dataclass
class Reading:
    """Sums of some time. Averages are None where nobody told."""

    views: int = 0
    bots: int = 0
    reads: int = 0
    finished: int = 0
    seconds: int = 0
    visitors: int | None = None
    comments: int = 0
    reactions: int = 0

    @property
    def average_seconds(self):
        return self.seconds / self.reads if self.reads else None

    @property
    def completion(self):
        """Per cent of those who told how far they read."""
        return 100 * self.finished / self.reads if self.reads else None

    def add(self, other):
        for name in ("views", "bots", "reads", "finished", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.comments += other.comments
        self.reactions += other.reactions


@dataclass
class Audience:
    first: date
    last: date
    days: dict[date, Reading]
    whole: Reading
    breakdowns: list[tuple[str, list[tuple[str, int]]]]
    reactions: list[tuple[str, int]]
    periods: list[Reading] = field(default_factory=list)
    """Between the moments that were asked for; the first ends at the first of them."""

    def plotted(self, name):
        return [(day, getattr(reading, name)) for day, reading in self.days.items()]


_HOURS = """
SELECT {bucket}, sum(view_count)::bigint, sum(bot_count)::bigint,
    sum(read_count)::bigint, sum(finished_count)::bigint,
    sum(read_seconds_sum)::bigint
FROM content_view_stats
WHERE content_id = %(item)s AND hour >= %(first)s AND hour < %(end)s
GROUP BY 1
"""


def of_item(item_id, first, last, *, moments=()):
    """The audience of an item from day to day, both included: seven queries.

    `moments`: when it changed, oldest first; the readings between them are `periods`,
    exact to the hour in which a moment lies."""
    days = {
        first + timedelta(days=n): Reading() for n in range((last - first).days + 1)
    }
    for day, *sums in _sums(item_id, first, last, "(hour AT TIME ZONE 'UTC')::date"):
        days[day] = _reading(sums)
    for day, number in ViewDay.objects.filter(
        content_id=item_id, day__range=(first, last)
    ).values_list("day", "visitor_count"):
        days[day].visitors = number
    for name, rows in (
        ("comments", Comment.objects.filter(content_id=item_id, status="approved")),
        ("reactions", Reaction.objects.filter(target_id=item_id)),
    ):
        for day, number in _by_day(rows, first, last):
            setattr(days[day], name, number)
    whole = Reading()
    for reading in days.values():
        whole.add(reading)
    return Audience(
        first=first,
        last=last,
        days=days,
        whole=whole,
        breakdowns=_breakdowns(item_id, first, last),
        reactions=_kinds_of_reactions(item_id),
        periods=_periods(item_id, first, last, moments) if moments else [],
    )


def _bounds(first, last):
    return {
        "first": datetime.combine(first, datetime.min.time(), UTC),
        "end": datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC),
    }


def _sums(item_id, first, last, bucket, **more):
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            _HOURS.format(bucket=bucket),
            {"item": item_id, **_bounds(first, last), **more},
        )
        return cursor.fetchall()


def _reading(sums):
    views, bots, reads, finished, seconds = sums
    return Reading(views, bots, reads, finished, seconds)


def _periods(item_id, first, last, moments):
    found = [Reading() for _ in range(len(moments) + 1)]
    bucket = "width_bucket(hour, %(moments)s::timestamptz[])"
    hours = [moment.replace(minute=0, second=0, microsecond=0) for moment in moments]
    for number, *sums in _sums(item_id, first, last, bucket, moments=hours):
        found[number] = _reading(sums)
    return found


def _by_day(rows, first, last):
    bounds = _bounds(first, last)
    return (
        rows.filter(created_at__gte=bounds["first"], created_at__lt=bounds["end"])
        .values_list(TruncDate("created_at", tzinfo=UTC))
        .annotate(number=Count("*"))
        .order_by()
    )


def _breakdowns(item_id, first, last):
    found: dict[str, list[tuple[str, int]]] = {}
    rows = (
        ViewBreakdown.objects.filter(content_id=item_id, day__range=(first, last))
        .values_list("dimension", "value")
        .annotate(views=Sum("view_count"))
        .order_by("-views", "value")
    )
    for dimension, value, views in rows:
        values = found.setdefault(dimension, [])
        if len(values) < SHOWN:
            values.append((value, views))
    return [
        (label, found[name])
        for name, label in ViewBreakdown.Dimension.choices
        if name in found
    ]


def _kinds_of_reactions(item_id):
    counted = dict(
        Reaction.objects.filter(target_id=item_id)
        .values_list("kind")
        .annotate(number=Count("*"))
        .order_by()
    )
    return [
        (label, counted[kind])
        for kind, label in Reaction.Kind.choices
        if kind in counted
    ]


def most_read(first, last, *, limit=100):
    """(item, Reading) of what is live and was read most in these days: one query."""
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            """
            SELECT ref.id, ref.kind, ref.title, ref.url, sums.*,
                (SELECT count(*) FROM comments
                 WHERE content_id = ref.id AND status = 'approved'
                     AND created_at >= %(first)s AND created_at < %(end)s),
                (SELECT count(*) FROM reactions
                 WHERE target_id = ref.id
                     AND created_at >= %(first)s AND created_at < %(end)s)
            FROM (
                SELECT content_id, sum(view_count)::bigint AS views,
                    sum(bot_count)::bigint, sum(read_count)::bigint,
                    sum(finished_count)::bigint, sum(read_seconds_sum)::bigint
                FROM content_view_stats
                WHERE hour >= %(first)s AND hour < %(end)s
                GROUP BY content_id
                ORDER BY views DESC, content_id
                LIMIT %(limit)s
            ) AS sums
            JOIN content_refs AS ref ON ref.id = sums.content_id AND ref.state = 'live'
            ORDER BY sums.views DESC, ref.id
            """,
            {**_bounds(first, last), "limit": limit},
        )
        return [
            (
                {"id": row[0], "kind": row[1], "title": row[2], "url": row[3]},
                Reading(*row[5:10], comments=row[10], reactions=row[11]),
            )
            for row in cursor.fetchall()
        ]


def of_house(first, last):
    """Views of everything by day."""
    days = {first + timedelta(days=n): 0 for n in range((last - first).days + 1)}
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            """
            SELECT (hour AT TIME ZONE 'UTC')::date, sum(view_count)::bigint
            FROM content_view_stats WHERE hour >= %(first)s AND hour < %(end)s
            GROUP BY 1
            """,
            _bounds(first, last),
        )
        days.update(cursor.fetchall())
    return days
