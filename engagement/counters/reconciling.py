"""Reconcile: compare the counters with the facts, and put right what drifted.

Facts and deltas are committed together, so in one snapshot
`facts = total + deltas not folded yet` holds exactly, however busy the site is.
What is missing is written as one more delta; nothing is locked.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction

from cms.databases import ENGAGEMENT
from engagement.counters.models import CounterDelta

log = logging.getLogger(__name__)

_facts = []


@dataclass(frozen=True)
class Drift:
    kind: str
    target_id: UUID
    metric: str
    counted: int
    real: int

    def __str__(self):
        return (
            f"{self.kind} {self.target_id}: {self.metric} was {self.counted}, "
            f"is {self.real}"
        )


def facts(sql, *, metrics):
    """Register a query for (kind, target_id, metric, amount): what is really there."""
    _facts.append((sql, [str(metric) for metric in metrics]))


def reconcile(*, repair=True):
    """The list of drifts found. With `repair`, each gets the delta that ends it."""
    drifts = []
    for sql, metrics in _facts:
        with transaction.atomic(using=ENGAGEMENT):
            found = _compare(sql, metrics)
            if repair and found:
                _repair(found)
        drifts += found
    for drift in drifts:
        log.error("Counter drift: %s", drift)
    return drifts


def _compare(sql, metrics):
    # `sql` is a constant of one of our nouns.
    with connections[ENGAGEMENT].cursor() as cursor:
        # It reads all facts there are; the role's limit is meant for pages.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            f"""
            WITH real AS ({sql}),
            counted AS (
                SELECT kind, target_id, metric, sum(amount)::bigint AS amount
                FROM (
                    SELECT kind, target_id, metric, amount
                    FROM counter_totals WHERE metric = ANY(%(metrics)s)
                    UNION ALL
                    SELECT kind, target_id, metric, amount
                    FROM counter_deltas WHERE metric = ANY(%(metrics)s)
                ) AS ledger
                GROUP BY kind, target_id, metric
            )
            SELECT kind, target_id, metric,
                coalesce(counted.amount, 0), coalesce(real.amount, 0)
            FROM real FULL JOIN counted USING (kind, target_id, metric)
            WHERE coalesce(counted.amount, 0) <> coalesce(real.amount, 0)
            ORDER BY target_id, metric
            """,  # noqa: S608
            {"metrics": metrics},
        )
        return [Drift(*row) for row in cursor.fetchall()]


def _repair(drifts):
    CounterDelta.objects.write(
        (drift.kind, drift.target_id, drift.metric, drift.real - drift.counted)
        for drift in drifts
    )
    # What was held back is part of the sum that was just put right.
    CounterDelta.objects.filter(
        is_held=True, target_id__in=[drift.target_id for drift in drifts]
    ).update(is_held=False)
