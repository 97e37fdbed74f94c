"""What readers searched in some days: how often, with what outcome, what they opened.

Two queries for a list, however many searches there were: one for its rows, one for the
days. Days are UTC, as those of the views are.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connections

from cms.databases import ENGAGEMENT
from engagement.refs.models import ContentRef

SHOWN = 100
IN_A_SHEET = 10_000
LISTS = {
    # name: (its title, what belongs to it, which comes first)
    "most": ("Most searched", "searches > 0", "searches DESC"),
    "nothing": ("Nothing found", "nothing > 0", "nothing DESC"),
    "unopened": (
        "Found, never opened",
        "searches > 0 AND nothing < searches AND opened = 0",
        "searches DESC",
    ),
    "otherwise": (
        "Found otherwise",
        "otherwise > 0",
        "otherwise DESC",
    ),
}
BY_QUERY = """
SELECT * FROM (
    SELECT search.query,
        count(*) FILTER (WHERE page = 1) AS searches,
        count(DISTINCT visitor) AS readers,
        count(*) FILTER (WHERE page = 1 AND outcome = 'nothing' AND filters = '{{}}')
            AS nothing,
        count(*) FILTER (WHERE page = 1 AND outcome IN ('corrected', 'some'))
            AS otherwise,
        count(click.search_id) AS opened,
        (array_agg(results ORDER BY searched_at DESC))[1] AS results,
        (array_agg(corrected_to ORDER BY searched_at DESC)
            FILTER (WHERE corrected_to <> ''))[1] AS corrected_to,
        max(searched_at) AS newest
    FROM search_queries AS search
    LEFT JOIN (SELECT DISTINCT search_id FROM search_clicks) AS click
        ON click.search_id = search.id
    WHERE searched_at >= %(first)s AND searched_at < %(after)s
    GROUP BY search.query) AS summed
WHERE {belongs} ORDER BY {order}, readers DESC, query LIMIT %(most)s
"""
BY_DAY = """
SELECT (searched_at AT TIME ZONE 'UTC')::date, count(*)
FROM search_queries
WHERE page = 1 AND searched_at >= %(first)s AND searched_at < %(after)s
    AND (%(query)s = '' OR query = %(query)s)
GROUP BY 1
"""
OPENED = """
SELECT content_kind, content_id, count(*), round(avg(position), 1)
FROM search_clicks JOIN search_queries AS search ON search.id = search_id
WHERE search.query = %(query)s
    AND searched_at >= %(first)s AND searched_at < %(after)s
GROUP BY content_kind, content_id ORDER BY count(*) DESC, content_id LIMIT 20
"""


@dataclass(slots=True)
class Searched:
    """A query, summed over some days."""

    query: str
    searches: int
    readers: int
    nothing: int
    """How often there was nothing at all, with nothing that narrowed it."""
    otherwise: int
    """How often another spelling, or some of the words, found something."""
    opened: int
    """After how many of them a result was opened."""
    results: int
    corrected_to: str | None
    newest: datetime


def searched(name, period, *, most=SHOWN):
    """The rows of a list, see `LISTS`."""
    _, belongs, order = LISTS[name]
    statement = BY_QUERY.format(belongs=belongs, order=order)
    return [Searched(*row) for row in _rows(statement, period, most=most)]


def by_day(period, query=""):
    """{day: searches} of all days of the period, in order."""
    known = dict(_rows(BY_DAY, period, query=query))
    days = (period.first + timedelta(days=n) for n in range(period.days))
    return {day: known.get(day, 0) for day in days}


def opened(period, query):
    """[(item, how often, its mean position)] of what was opened after a query."""
    rows = _rows(OPENED, period, query=query)
    known = ContentRef.objects.filter(state=ContentRef.State.LIVE).in_bulk(
        [pk for _, pk, _, _ in rows]
    )
    return [(known[pk], count, mean) for _, pk, count, mean in rows if pk in known]


def _rows(statement, period, **values):
    # The day after the last of all days is not known to PostgreSQL's clients.
    last = min(period.last, date.max - timedelta(days=1))
    values |= {
        "first": f"{period.first} 00:00+00",
        "after": f"{last + timedelta(days=1)} 00:00+00",
    }
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
