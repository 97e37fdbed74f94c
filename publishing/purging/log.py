"""The log of what became out of date, written in the transaction that changes it."""

from django.db import connections

from cms.databases import PUBLIC
from publishing.page_cache.keys import EVERYTHING

CHANNEL = "page_changes"

NOTE = """
WITH tick AS (
    INSERT INTO page_clock AS clock (id, era, position)
    VALUES (1, gen_random_uuid(), 1)
    ON CONFLICT (id) DO UPDATE SET position = clock.position + 1
    RETURNING position)
INSERT INTO page_changes (position, keys, event_id, happened_at)
SELECT position, %s, %s, clock_timestamp() FROM tick
RETURNING position, pg_notify(%s, '')
"""
"""Nobody else commits between this and our own commit: they wait for the clock's row.
So positions have no gaps and become visible in their order."""


def note(keys, event_id=None):
    """Pages with one of these keys are out of date once this transaction commits.

    Call it last: from here on other deliveries wait for our commit. Returns the
    position, or None if there is nothing to say.
    """
    assert connections[PUBLIC].in_atomic_block
    if not keys:
        return None
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(NOTE, [sorted(keys), event_id, CHANNEL])
        return cursor.fetchone()[0]


def note_everything():
    """After a rebuild: every page is made anew."""
    return note({EVERYTHING})


def begin_an_era():
    """After a restore: positions that were seen before mean nothing any more."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("UPDATE page_clock SET era = gen_random_uuid() WHERE id = 1")
    return note_everything()


def forget_old():
    """What is older than a day, if every cache in front has been told."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(
            "DELETE FROM page_changes "
            "WHERE happened_at < clock_timestamp() - interval '1 day'"
        )
        return cursor.rowcount
