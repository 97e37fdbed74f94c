"""Copy changed totals to where they are read. Absolute values, so repeating is safe."""

from django.db import connections, transaction

from cms.databases import ENGAGEMENT, PUBLIC
from engagement import locks
from engagement.counters.models import CounterPublish, CounterTotal, Metric
from publishing.models import ContentCounter

BATCH = 500

COLUMNS = {
    # metric: column of the public ContentCounter
    Metric.VIEW: "view_count",
    Metric.COMMENT: "comment_count",
    Metric.REACTION: "reaction_count",
    Metric.LIKE: "like_count",
}

_destinations = {}


def destination(kind):
    """Register where the numbers of a kind go that the public store does not hold.

    The function gets {target id: {metric: amount}} and must be repeatable.
    """

    def register(function):
        _destinations[kind] = function
        return function

    return register


def publish_counters(*, batch=BATCH):
    """Copy what waits; answer how many targets were copied.

    The lock is the public store's and held by the very transaction that writes
    there: the values are read after it is ours, so an older value can never be
    committed after a newer one. Killed before the last step, it copies again.
    """
    copied = 0
    while waiting := copy_next(batch):
        forget(waiting)
        copied += len(waiting)
        if len(waiting) < batch:
            break
    return copied


def copy_next(batch=BATCH):
    """Copy the next targets and answer their queue rows' ids (none: nothing to do)."""
    with transaction.atomic(using=PUBLIC):
        if not locks.take("publish counters", using=PUBLIC):
            return []
        rows = list(
            CounterPublish.objects.order_by("id").values_list(
                "id", "kind", "target_id"
            )[:batch]
        )
        totals = {}
        for _, kind, target_id in rows:
            totals.setdefault(kind, {})[target_id] = {}
        for kind, target_id, metric, amount in CounterTotal.objects.filter(
            target_id__in=[target_id for _, _, target_id in rows]
        ).values_list("kind", "target_id", "metric", "amount"):
            if target_id in totals.get(kind, {}):
                totals[kind][target_id][metric] = amount
        public = {}
        for kind, numbers in totals.items():
            if kind in _destinations:
                _destinations[kind](numbers)
            else:
                public |= numbers
        if public:
            _write(public)
    return [row_id for row_id, _, _ in rows]


def forget(row_ids):
    """A target that changed meanwhile has a new row id by now, and stays queued."""
    CounterPublish.objects.filter(pk__in=row_ids).delete()


def _write(numbers):
    counted = list(COLUMNS.values())
    others = [
        field.column
        for field in ContentCounter._meta.concrete_fields
        if field.column not in {"id", "counted_at", *counted}
    ]
    target_ids = sorted(numbers, key=str)
    arrays = [
        [numbers[target_id].get(metric, 0) for target_id in target_ids]
        for metric in COLUMNS
    ]
    table = ContentCounter._meta.db_table
    # Names of columns come from the model, never from outside.
    sql = f"""
        INSERT INTO {table} AS known
            (id, {", ".join([*counted, *others])}, counted_at)
        SELECT fresh.*{", 0" * len(others)}, now()
        FROM unnest(%s::uuid[]{", %s::bigint[]" * len(counted)}) AS fresh
        ON CONFLICT (id) DO UPDATE SET
            {", ".join(f"{name} = excluded.{name}" for name in counted)},
            counted_at = excluded.counted_at
        WHERE ({", ".join(f"known.{name}" for name in counted)})
            IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in counted)})
    """  # noqa: S608
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(sql, [target_ids, *arrays])


def publish_everything():
    """Queue every target there is, e.g. after the public store was made anew."""
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO counter_publish (kind, target_id)
            SELECT DISTINCT ON (target_id) kind, target_id
            FROM counter_totals ORDER BY target_id
            ON CONFLICT (target_id) DO UPDATE SET id = excluded.id
            """
        )
        return cursor.rowcount
