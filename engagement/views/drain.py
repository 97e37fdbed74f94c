"""From the stream into the tables: batches, each of them exactly once.

How far the stream was read is written in the transaction that writes the views. So
whatever dies, and whenever: either both are there or neither, and the next drain
begins right after what is committed. Redis forgets entries only after that.
"""

import json
import logging

from django.db import DataError, connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks
from engagement.views import stream
from engagement.views.models import IngestBatch

log = logging.getLogger(__name__)

BATCH = 20_000
"""A busy page has one hourly sum and one delta for each batch, however long it is."""

# One statement for a whole batch, which arrives as the JSON that the beacon made: no
# row passes through Python. Entries about content that is unknown here, or no longer
# live, are refused by the join. Ids carry the moment of the view (they decide on the
# partition), and no clock that is ahead may reach into a later one. Sums are written
# in the order of ids, so that direct writes and batches never deadlock.
_WRITE = """
WITH said AS MATERIALIZED (
    SELECT
        ref.kind, ref.id AS content_id, entry.v, entry.d, entry.r,
        entry.us, entry.um, entry.uc, entry.s, entry.p,
        least(entry.t, present.t) AS t
    FROM (
        SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS t
    ) AS present,
    json_to_recordset(%s::json) AS entry(
        k text, c uuid, t bigint, v uuid, d text, r text,
        us text, um text, uc text, s integer, p integer
    )
    JOIN content_refs AS ref
        ON ref.id = entry.c AND ref.kind = entry.k AND ref.state = 'live'
), viewed AS (
    INSERT INTO content_views
        (id, content_kind, content_id, visitor, device, referrer_host,
         utm_source, utm_medium, utm_campaign, viewed_at)
    SELECT uuidv7(to_timestamp(t / 1000.0) - clock_timestamp()),
        kind, content_id, v, d, coalesce(r, ''),
        coalesce(us, ''), coalesce(um, ''), coalesce(uc, ''), to_timestamp(t / 1000.0)
    FROM said WHERE s IS NULL
), sums AS MATERIALIZED (
    SELECT kind, content_id, t / 3600000 AS hour, count(*) AS entries,
        count(*) FILTER (WHERE s IS NULL) AS views, count(s) AS reads,
        coalesce(sum(s), 0) AS seconds, coalesce(sum(p), 0) AS scrolled
    FROM said GROUP BY kind, content_id, t / 3600000
), rolled AS (
    INSERT INTO content_view_stats AS known
        (content_kind, content_id, hour,
         view_count, read_count, read_seconds_sum, scroll_percent_sum)
    SELECT kind, content_id, to_timestamp(hour * 3600),
        views, reads, seconds, scrolled
    FROM sums ORDER BY content_id, hour
    ON CONFLICT (content_id, hour, content_kind) DO UPDATE SET
        view_count = known.view_count + excluded.view_count,
        read_count = known.read_count + excluded.read_count,
        read_seconds_sum = known.read_seconds_sum + excluded.read_seconds_sum,
        scroll_percent_sum = known.scroll_percent_sum + excluded.scroll_percent_sum
), counted AS (
    INSERT INTO counter_deltas (kind, target_id, metric, amount, is_held)
    SELECT kind, content_id, 'view', sum(views), false
    FROM sums GROUP BY kind, content_id HAVING sum(views) > 0
)
SELECT coalesce(sum(entries), 0)::bigint, coalesce(sum(views), 0)::bigint FROM sums
"""


def drain_views(*, batch=BATCH):
    """Empty the stream; answer how many entries it had."""
    drained = 0
    while True:
        try:
            count = drain_batch(batch)
        except stream.Unavailable as problem:
            log.warning("The views wait: Redis does not answer (%s).", problem)
            return drained
        drained += count
        if count < batch:
            return drained


def drain_batch(batch=BATCH):
    """Take one batch in. The lock and the position belong to one transaction."""
    life = stream.life()
    if life is None:
        return 0
    with transaction.atomic(using=ENGAGEMENT):
        if not locks.take("drain views", using=ENGAGEMENT):
            return 0
        position = (
            IngestBatch.objects.filter(stream=life)
            .order_by("-id")
            .values_list("last_entry", flat=True)
            .first()
        )
        number, last, entries = stream.read(after=position, count=batch)
        if not number:
            return 0
        taken, views = write(entries)
        IngestBatch.objects.create(
            batch_id=f"{life}:{last}",
            stream=life,
            last_entry=last,
            entry_count=number,
            view_count=views,
            refused_count=number - taken,
        )
    stream.forget(last)
    return number


def write_directly(entry):
    """One view without the stream, while Redis is down."""
    with transaction.atomic(using=ENGAGEMENT):
        write(json.dumps([entry]))


def write(entries):
    """Rows, hourly sums and counter deltas of a JSON array of entries.

    Within the caller's transaction. Answers how many entries were taken, and how
    many of them were views.
    """
    try:
        return _write(entries)
    except DataError as problem:
        log.error("A batch of views has an entry that is none: %s", problem)
    # One bad entry must not hold up all that follow it.
    taken = views = 0
    for entry in json.loads(entries):
        try:
            one, view = _write(json.dumps([entry]))
        except DataError:
            continue
        taken, views = taken + one, views + view
    return taken, views


def _write(entries):
    with (
        transaction.atomic(using=ENGAGEMENT),
        connections[ENGAGEMENT].cursor() as cursor,
    ):
        cursor.execute(_WRITE, [entries])
        return cursor.fetchone()
