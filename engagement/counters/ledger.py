"""Fold: turn the ledger's deltas into totals. Cost by what changed, not by history.

Exact because a delta is written in the transaction of the fact it counts, and
because folding deletes it in the transaction that adds it.
"""

import logging

from django.db import IntegrityError, connections, transaction

from cms.databases import ENGAGEMENT
from engagement import locks

log = logging.getLogger(__name__)

BATCH = 5000

_FOLD = """
WITH taken AS (
    DELETE FROM counter_deltas
    WHERE id IN (
        SELECT id FROM counter_deltas WHERE NOT is_held ORDER BY id LIMIT %s
    )
    RETURNING kind, target_id, metric, amount
), sums AS (
    SELECT kind, target_id, metric, sum(amount)::bigint AS amount
    FROM taken GROUP BY kind, target_id, metric
), added AS (
    MERGE INTO counter_totals AS total
    USING (SELECT * FROM sums WHERE amount <> 0) AS change
    ON total.target_id = change.target_id
        AND total.metric = change.metric AND total.kind = change.kind
    WHEN MATCHED THEN UPDATE SET amount = total.amount + change.amount
    WHEN NOT MATCHED THEN INSERT (kind, target_id, metric, amount)
        VALUES (change.kind, change.target_id, change.metric, change.amount)
    RETURNING total.kind, total.target_id
), queued AS (
    INSERT INTO counter_publish (kind, target_id)
    SELECT DISTINCT ON (target_id) kind, target_id FROM added ORDER BY target_id
    ON CONFLICT (target_id) DO UPDATE SET id = excluded.id
)
SELECT count(*) FROM taken
"""

_HOLD = """
UPDATE counter_deltas SET is_held = true
FROM (
    SELECT delta.kind, delta.target_id, delta.metric
    FROM (
        SELECT * FROM counter_deltas WHERE NOT is_held ORDER BY id LIMIT %s
    ) AS delta
    LEFT JOIN counter_totals AS total
        USING (kind, target_id, metric)
    GROUP BY delta.kind, delta.target_id, delta.metric, total.amount
    HAVING coalesce(total.amount, 0) + sum(delta.amount) < 0
) AS wrong
WHERE (counter_deltas.kind, counter_deltas.target_id, counter_deltas.metric)
    = (wrong.kind, wrong.target_id, wrong.metric)
RETURNING counter_deltas.kind, counter_deltas.target_id, counter_deltas.metric,
    counter_deltas.amount
"""


def fold(*, batch=BATCH):
    """Fold all that waits; answer how many deltas were folded.

    One folder at a time, lowest ids first: a delta that undoes another has the
    higher id, so no total is ever negative on the way. (With SKIP LOCKED, two
    folders could add a withdrawal before the reaction that it withdraws.)
    """
    folded = 0
    while True:
        with transaction.atomic(using=ENGAGEMENT):
            if not locks.take("fold", using=ENGAGEMENT):
                return folded
            count = fold_batch(batch)
        folded += count
        if count < batch:
            return folded


def fold_batch(batch=BATCH):
    """One batch, within the caller's transaction and lock."""
    with connections[ENGAGEMENT].cursor() as cursor:
        try:
            with transaction.atomic(using=ENGAGEMENT):
                cursor.execute(_FOLD, [batch])
                return cursor.fetchone()[0]
        except IntegrityError as error:
            if "total_never_negative" not in str(error):
                raise
        # Clamping would hide the fault for ever. The deltas stay, out of the way.
        cursor.execute(_HOLD, [batch])
        for kind, target_id, metric, amount in cursor.fetchall():
            log.error(
                "Counter of %s for %s %s would fall below zero by a delta of %+d. "
                "It is held back; `manage.py recount` sets it right.",
                metric,
                kind,
                target_id,
                amount,
            )
        cursor.execute(_FOLD, [batch])
        return cursor.fetchone()[0]
