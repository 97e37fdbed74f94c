"""The ledger of counters: deltas, their totals, and what waits to be copied."""

from django.db import connections, models
from django.db.models.functions import Now

from cms.databases import ENGAGEMENT


class Metric(models.TextChoices):
    VIEW = "view", "views"
    COMMENT = "comment", "comments"
    REACTION = "reaction", "reactions of any kind"
    LIKE = "like", "likes"
    LOVE = "love", "loves"
    INSIGHTFUL = "insightful", "found it insightful"
    HELPFUL = "helpful", "found it helpful"
    CELEBRATE = "celebrate", "celebrate it"


class CounterDeltaQuerySet(models.QuerySet):
    def write(self, deltas):
        """Write (kind, target id, metric, amount) in the fact's own transaction.

        Outside of one the fact could be saved and its count lost, so that is
        refused.
        """
        if not connections[ENGAGEMENT].in_atomic_block:
            raise RuntimeError(
                "Counter deltas belong into the transaction of what they count."
            )
        self.bulk_create(
            CounterDelta(kind=kind, target_id=target_id, metric=metric, amount=amount)
            for kind, target_id, metric, amount in deltas
            if amount
        )


class CounterDelta(models.Model):
    """One change of one number. Deleted when it is folded into the total."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    target_id = models.UUIDField(db_index=True)
    metric = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    is_held = models.BooleanField(default=False)
    """Would have made a total negative: kept, reported, and left to `reconcile`."""
    created_at = models.DateTimeField(db_default=Now())

    objects = CounterDeltaQuerySet.as_manager()

    class Meta:
        db_table = "counter_deltas"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(amount=0), name="delta_changes_something"
            )
        ]

    def __str__(self):
        return f"{self.metric} {self.amount:+d} for {self.kind} {self.target_id}"


class CounterTotalQuerySet(models.QuerySet):
    def of(self, target_ids):
        """{target id: {metric: amount}}, exact to this moment.

        Totals plus what is not folded yet: who has just reacted sees it counted.
        """
        target_ids = list(target_ids)
        found = {target_id: {} for target_id in target_ids}
        if not target_ids:
            return found
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.execute(
                """
                SELECT target_id, metric, sum(amount)::bigint
                FROM (
                    SELECT target_id, metric, amount FROM counter_totals
                    WHERE target_id = ANY(%(targets)s)
                    UNION ALL
                    SELECT target_id, metric, amount FROM counter_deltas
                    WHERE target_id = ANY(%(targets)s)
                ) AS counted
                GROUP BY target_id, metric
                """,
                {"targets": target_ids},
            )
            for target_id, metric, amount in cursor.fetchall():
                found[target_id][metric] = amount
        return found


class CounterTotal(models.Model):
    """The folded number of one metric of one target."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    target_id = models.UUIDField()
    metric = models.CharField(max_length=20)
    amount = models.BigIntegerField()

    objects = CounterTotalQuerySet.as_manager()

    class Meta:
        db_table = "counter_totals"
        constraints = [
            models.UniqueConstraint(
                fields=["target_id", "metric", "kind"], name="one_total_of_a_metric"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="total_never_negative"
            ),
        ]

    def __str__(self):
        return f"{self.amount} {self.metric} for {self.kind} {self.target_id}"


class CounterPublish(models.Model):
    """A target whose totals changed since they were last copied.

    The id is new at each change: it is the version by which the copier deletes
    exactly what it has copied and nothing that changed meanwhile.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    target_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "counter_publish"

    def __str__(self):
        return f"{self.kind} {self.target_id}"
