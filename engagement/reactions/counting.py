"""What the counters should say about reactions."""

from engagement.counters.models import Metric
from engagement.counters.reconciling import facts
from engagement.reactions.models import Reaction

facts(
    """
    SELECT target_kind AS kind, target_id, metric, count(*) AS amount
    FROM reactions
    CROSS JOIN LATERAL (VALUES ('reaction'), (reactions.kind)) AS metrics(metric)
    GROUP BY target_kind, target_id, metric
    """,
    metrics=[Metric.REACTION, *Reaction.Kind.values],
)
