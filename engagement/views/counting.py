"""What the counters should say about views."""

from engagement.counters.models import Metric
from engagement.counters.reconciling import facts

facts(
    """
    SELECT content_kind AS kind, content_id AS target_id, 'view' AS metric,
        sum(view_count)::bigint AS amount
    FROM content_view_stats
    GROUP BY content_kind, content_id
    HAVING sum(view_count) > 0
    """,
    metrics=[Metric.VIEW],
)
