"""The outbox: what must reach the public database, in the transaction of its cause.

`OutboxEvent.objects.mark(items, cause=…)` is the only way to make an event that
carries items. For one item, the order of sequences is the order of commits: the row
of `SyncState` stays locked from the increment to the commit.
"""

from datetime import timedelta

from django.contrib.postgres.indexes import GinIndex
from django.db import connections, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from cms.databases import EDITORIAL
from cms.uuids import uuid7
from editorial.signals import outbox_written

LEASE = timedelta(seconds=60)
FIRST_LEASE = timedelta(seconds=0.7)
"""How long a worker may take before another may claim its event: twice as long with
each try, up to a minute. A worker that was killed holds up a take-down for less than a
second; what takes long is delivered by two at worst, and the second finds it done."""
RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)


class ItemKind(models.TextChoices):
    """What has a public copy of its own."""

    ARTICLE = "article", "Article"
    COURSE = "course", "Course"
    CATEGORY = "category", "Category"
    TAG = "tag", "Tag"
    PROFILE = "profile", "Profile"
    MEDIA = "media", "Media"


class SyncState(models.Model):
    """The newest sequence of one item. No foreign key: it outlives its item."""

    item_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20, choices=ItemKind)
    sequence = models.BigIntegerField(default=0)

    class Meta:
        db_table = "sync_state"

    def __str__(self):
        return f"{self.kind} {self.item_id} at {self.sequence}"


class WriteEpoch(models.Model):
    """One row: the epoch of this database, raised by `after_restore`."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.BigIntegerField(default=1)

    class Meta:
        db_table = "write_epoch"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_write_epoch")
        ]

    def __str__(self):
        return str(self.epoch)


class OutboxEventQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(delivered_at=None)

    def mark(
        self, items, *, cause, priority=0, group=None, version=None, announce=False
    ):
        """Raise the sequences of `items` and write one event that carries them.

        `items` is {item id: kind}. Must run inside a transaction on EDITORIAL, the
        one that changes the truth. Higher priorities are delivered first.
        """
        assert transaction.get_connection(EDITORIAL).in_atomic_block
        if not items:
            return None
        return self._write(
            kind=OutboxEvent.Kind.ITEMS,
            items=raise_sequences(items),
            cause=cause,
            priority=priority,
            group=group,
            version=version,
            announce=announce,
        )

    def mark_dependents(self, kind, item_id, *, cause):
        """Say that an author, category, tag or medium changed.

        One row, whatever depends on it: dependents are found by the worker in a
        transaction of its own, after this one has committed.
        """
        assert transaction.get_connection(EDITORIAL).in_atomic_block
        return self._write(
            kind=OutboxEvent.Kind.DEPENDENCY,
            items={},
            subject_kind=kind,
            subject_id=item_id,
            cause=cause,
            priority=-1,
        )

    def _write(self, **fields):
        event = self.create(**fields)
        # Robust: the event is safe in the outbox even when the broker is down.
        transaction.on_commit(
            lambda: outbox_written.send(OutboxEvent, event=event),
            using=EDITORIAL,
            robust=True,
        )
        return event

    def claim(self, *, event_id=None, limit=1):
        """Take up to `limit` waiting events for a while; the claim is committed.

        Returns their ids, the most urgent first. Two workers never hold one event at
        a time, unless the first outlives its lease, which delivering survives.
        """
        only = "AND id = %(event_id)s" if event_id else ""
        with transaction.atomic(using=EDITORIAL), self._cursor() as cursor:
            cursor.execute(
                f"""
                WITH due AS (
                    SELECT id FROM outbox_events
                    WHERE delivered_at IS NULL
                      AND (lease_until IS NULL OR lease_until < clock_timestamp())
                      {only}
                    ORDER BY priority DESC, id
                    LIMIT %(limit)s
                    FOR UPDATE SKIP LOCKED
                )
                UPDATE outbox_events AS event
                SET lease_until = clock_timestamp()
                        + least(%(first)s * 2 ^ least(attempts, 10), %(lease)s),
                    attempts = attempts + 1
                FROM due WHERE event.id = due.id
                RETURNING event.id, event.priority
                """,  # noqa: S608  (one of two constants)
                {
                    "event_id": event_id,
                    "limit": limit,
                    "first": FIRST_LEASE,
                    "lease": LEASE,
                },
            )
            rows = cursor.fetchall()
        return [pk for pk, _ in sorted(rows, key=lambda row: (-row[1], row[0]))]

    def _cursor(self):
        return connections[EDITORIAL].cursor()


def raise_sequences(items):
    """Increment the sequence of each item, in id order, and return {id: sequence}.

    The rows stay locked until the caller's transaction ends.
    """
    sequences = {}
    with connections[EDITORIAL].cursor() as cursor:
        for item_id in sorted(items, key=str):
            cursor.execute(
                """
                INSERT INTO sync_state AS state (item_id, kind, sequence)
                VALUES (%s, %s, 1)
                ON CONFLICT (item_id) DO UPDATE SET sequence = state.sequence + 1
                RETURNING sequence
                """,
                [item_id, str(items[item_id])],
            )
            sequences[str(item_id)] = cursor.fetchone()[0]
    return sequences


class OutboxEvent(models.Model):
    """Something changed for readers. Acknowledged one by one, never "up to n"."""

    class Kind(models.TextChoices):
        ITEMS = "items", "Items"
        DEPENDENCY = "dependency", "Dependency changed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    items = models.JSONField(default=dict)
    """{item id: sequence}."""
    group = models.UUIDField(null=True)
    """The release whose members are applied together, or null."""
    subject_kind = models.CharField(max_length=20, blank=True)
    subject_id = models.UUIDField(null=True)
    version = models.ForeignKey(
        "editorial.Version", on_delete=models.PROTECT, null=True, related_name="+"
    )
    announce = models.BooleanField(default=False)
    cause = models.CharField(max_length=40)
    priority = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    objects = OutboxEventQuerySet.as_manager()

    class Meta:
        db_table = "outbox_events"
        indexes = [
            models.Index(
                fields=["-priority", "id"],
                condition=models.Q(delivered_at=None),
                name="outbox_waiting",
            ),
            GinIndex(
                fields=["items"],
                condition=models.Q(group__isnull=False),
                name="outbox_groups",
            ),
        ]

    def __str__(self):
        return f"{self.cause} {self.id}"

    def acknowledge(self):
        """Delivered: this event, and no other."""
        OutboxEvent.objects.filter(pk=self.pk, delivered_at=None).update(
            delivered_at=Now(), lease_until=None, error=""
        )

    def postpone(self, error):
        """Failed: wait twice as long as last time, and say why."""
        wait = min(RETRY * 2 ** min(self.attempts, 20), LONGEST_RETRY)
        OutboxEvent.objects.filter(pk=self.pk, delivered_at=None).update(
            lease_until=Now() + wait, error=str(error)[:2000]
        )


class Announcement(models.Model):
    """`content_published`, said once for each version that went live.

    Followers and webhooks read it; imports announce nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    version = models.ForeignKey(
        "editorial.Version", on_delete=models.PROTECT, related_name="+"
    )
    announced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "announcements"
        constraints = [
            models.UniqueConstraint(
                fields=["item_id", "version"], name="announced_once"
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.item_id}"
