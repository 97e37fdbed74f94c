"""From the stream into the tables: batches, each of them exactly once.

How far the stream was read is written in the transaction that writes the views. So
whatever dies, and whenever: either both are there or neither, and the next drain
begins right after what is committed. Redis forgets entries only after that.
"""

import json
import logging
import os
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks
from engagement.counters.models import CounterDelta, Metric
from engagement.refs.models import ContentRef
from engagement.views import stream
from engagement.views.models import IngestBatch, ViewRollup

log = logging.getLogger(__name__)

BATCH = 1000

COLUMNS = (
    "id, content_kind, content_id, visitor, device, referrer_host, "
    "utm_source, utm_medium, utm_campaign, viewed_at"
)


@dataclass
class Sums:
    """What one hour of one content gains."""

    views: int = 0
    reads: int = 0
    seconds: int = 0
    scroll: int = 0


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
        entries = stream.read(after=position, count=batch)
        if not entries:
            return 0
        last = entries[-1][0]
        views, refused = write([entry for _, entry in entries])
        IngestBatch.objects.create(
            batch_id=f"{life}:{last}",
            stream=life,
            last_entry=last,
            entry_count=len(entries),
            view_count=views,
            refused_count=refused,
        )
    stream.forget(last)
    return len(entries)


def write_directly(entry):
    """One view without the stream, while Redis is down."""
    with transaction.atomic(using=ENGAGEMENT):
        write([json.dumps(entry)])


def write(entries):
    """Rows, hourly sums and counter deltas; answer (views written, entries refused).

    Within the caller's transaction. Entries about content that is unknown here, or
    no longer live, are refused.
    """
    said = [json.loads(entry) for entry in entries]
    content_ids = {UUID(one["c"]) for one in said}
    live = set(
        ContentRef.objects.live().filter(pk__in=content_ids).values_list("pk", "kind")
    )
    rows, sums, refused = [], defaultdict(Sums), 0
    now = datetime.now(UTC)
    for one in said:
        content_id, kind = UUID(one["c"]), one["k"]
        if (content_id, kind) not in live:
            refused += 1
            continue
        # A server's clock that is ahead must not reach into a later partition.
        at = min(datetime.fromtimestamp(one["t"] / 1000, UTC), now)
        hour = sums[kind, content_id, at.replace(minute=0, second=0, microsecond=0)]
        if "s" in one:
            hour.reads += 1
            hour.seconds += one["s"]
            hour.scroll += one["p"]
            continue
        hour.views += 1
        rows.append(
            (
                _id_of(at),
                kind,
                content_id,
                UUID(one["v"]),
                one["d"],
                one["r"],
                one["us"],
                one["um"],
                one["uc"],
                at,
            )
        )
    _copy(rows)
    _roll_up(sums)
    _count(sums)
    return len(rows), refused


def _id_of(at):
    """A version 7 UUID of the moment of the view: it decides on the partition.

    `uuid7()` knows only the present, and a batch may be drained a month later.
    """
    milliseconds = int(at.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10))
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | (random >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )


def _copy(rows):
    if not rows:
        return
    with (
        connections[ENGAGEMENT].cursor() as cursor,
        cursor.copy(f"COPY content_views ({COLUMNS}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _roll_up(sums):
    # In the order of ids, so that direct writes and batches never deadlock.
    ordered = sorted(sums.items(), key=lambda pair: (str(pair[0][1]), pair[0][2]))
    if not ordered:
        return
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {ViewRollup._meta.db_table} AS known
                (content_kind, content_id, hour,
                 view_count, read_count, read_seconds_sum, scroll_percent_sum)
            SELECT * FROM unnest(
                %s::text[], %s::uuid[], %s::timestamptz[],
                %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
            ON CONFLICT (content_id, hour, content_kind) DO UPDATE SET
                view_count = known.view_count + excluded.view_count,
                read_count = known.read_count + excluded.read_count,
                read_seconds_sum =
                    known.read_seconds_sum + excluded.read_seconds_sum,
                scroll_percent_sum =
                    known.scroll_percent_sum + excluded.scroll_percent_sum
            """,  # noqa: S608
            [
                *(
                    list(column)
                    for column in zip(*(key for key, _ in ordered), strict=True)
                ),
                [hour.views for _, hour in ordered],
                [hour.reads for _, hour in ordered],
                [hour.seconds for _, hour in ordered],
                [hour.scroll for _, hour in ordered],
            ],
        )


def _count(sums):
    numbers = defaultdict(int)
    for (kind, content_id, _), hour in sums.items():
        numbers[kind, content_id] += hour.views
    CounterDelta.objects.write(
        (kind, content_id, Metric.VIEW, number)
        for (kind, content_id), number in numbers.items()
    )
