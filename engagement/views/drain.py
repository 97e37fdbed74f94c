"""From the stream into the tables: batches, each of them exactly once.

How far the stream was read is written in the transaction that writes the views. So
whatever dies, and whenever: either both are there or neither, and the next drain
begins right after what is committed. Redis forgets entries only after that.
"""

import logging

from django.db import DataError, connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks
from engagement.views import stream
from engagement.views.models import IngestBatch

log = logging.getLogger(__name__)

BATCH = 20_000
"""A busy page has one hourly sum and one delta for each batch, however long it is."""

COLUMNS = (
    "event",  # v: looked at; r: read, told when the reader leaves; b: a robot
    "content_kind",
    "content_id",
    "at",  # milliseconds since 1970
    "visitor",
    "device",
    "source",
    "referrer_host",
    "country",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "seconds",
    "scroll",
)
_COPY = f"COPY incoming_views ({', '.join(COLUMNS)}) FROM STDIN"
_NOTHING = {"visitor": r"\N", "seconds": r"\N", "scroll": r"\N"}
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

# One statement for a whole batch, which arrives as the lines that the beacon made: no
# row passes through Python. It takes the lines of its own transaction only. Entries
# about content that is unknown here, or no longer live, are refused by the join. Ids
# carry the moment of the view (they decide on the partition), and no clock that is
# ahead may reach into a later one. Sums are written in the order of ids, so that
# direct writes and batches never deadlock.
_WRITE = """
WITH came AS (
    DELETE FROM incoming_views RETURNING *
), said AS MATERIALIZED (
    SELECT came.*, least(came.at, present.at) AS seen
    FROM (
        SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at
    ) AS present, came
    JOIN content_refs AS ref ON ref.id = came.content_id
        AND ref.kind = came.content_kind AND ref.state = 'live'
), viewed AS (
    INSERT INTO content_views
        (id, content_kind, content_id, visitor, device, source, referrer_host,
         country, utm_source, utm_medium, utm_campaign, viewed_at)
    SELECT uuidv7(to_timestamp(seen / 1000.0) - clock_timestamp()),
        content_kind, content_id, visitor, device, source, referrer_host,
        country, utm_source, utm_medium, utm_campaign, to_timestamp(seen / 1000.0)
    FROM said WHERE event = 'v'
), sums AS MATERIALIZED (
    SELECT content_kind, content_id, seen / 3600000 AS hour, count(*) AS entries,
        count(*) FILTER (WHERE event = 'v') AS views,
        count(*) FILTER (WHERE event = 'b') AS bots,
        count(*) FILTER (WHERE event = 'r') AS reads,
        count(*) FILTER (WHERE event = 'r' AND scroll >= 90) AS finished,
        coalesce(sum(seconds), 0) AS seconds, coalesce(sum(scroll), 0) AS scrolled
    FROM said GROUP BY content_kind, content_id, seen / 3600000
), rolled AS (
    INSERT INTO content_view_stats AS known
        (content_kind, content_id, hour, view_count, bot_count,
         read_count, finished_count, read_seconds_sum, scroll_percent_sum)
    SELECT content_kind, content_id, to_timestamp(hour * 3600), views, bots,
        reads, finished, seconds, scrolled
    FROM sums ORDER BY content_id, hour
    ON CONFLICT (content_id, hour, content_kind) DO UPDATE SET
        view_count = known.view_count + excluded.view_count,
        bot_count = known.bot_count + excluded.bot_count,
        read_count = known.read_count + excluded.read_count,
        finished_count = known.finished_count + excluded.finished_count,
        read_seconds_sum = known.read_seconds_sum + excluded.read_seconds_sum,
        scroll_percent_sum = known.scroll_percent_sum + excluded.scroll_percent_sum
), counted AS (
    INSERT INTO counter_deltas (kind, target_id, metric, amount, is_held)
    SELECT content_kind, content_id, 'view', sum(views), false
    FROM sums GROUP BY content_kind, content_id HAVING sum(views) > 0
)
SELECT coalesce(sum(entries), 0)::bigint, coalesce(sum(views), 0)::bigint FROM sums
"""


def line(entry):
    """An entry, a dict of `COLUMNS`, as COPY reads it."""
    return "\t".join(
        str(entry[name]).translate(_ESCAPED)
        if name in entry
        else _NOTHING.get(name, "")
        for name in COLUMNS
    )


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
        number, last, lines = stream.read(after=position, count=batch)
        if not number:
            return 0
        taken, views = write(lines)
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
        write(line(entry).encode())


def write(lines):
    """Rows, hourly sums and counter deltas of entries (see `line`).

    Within the caller's transaction. Answers how many entries were taken, and how
    many of them were views.
    """
    try:
        return _write(lines)
    except DataError as problem:
        log.error("A batch of views has an entry that is none: %s", problem)
    # One bad entry must not hold up all that follow it.
    taken = views = 0
    for one in lines.split(b"\n"):
        try:
            entries, view = _write(one)
        except DataError:
            continue
        taken, views = taken + entries, views + view
    return taken, views


def _write(lines):
    connection = connections[ENGAGEMENT]
    with transaction.atomic(using=ENGAGEMENT), connection.cursor() as cursor:
        # Django makes its own errors of those of `execute` only.
        with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write(lines)
        cursor.execute(_WRITE)
        return cursor.fetchone()
