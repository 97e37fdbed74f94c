"""How far the public copy has come: fences, the epoch and receipts."""

from django.db import models

from cms.uuids import uuid7


class SyncFence(models.Model):
    """What was applied of one item: (epoch, sequence), and whether it is live.

    Never deleted: the fence of an item that was taken down keeps a late event from
    bringing it back.
    """

    item_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20, blank=True)
    epoch = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)
    is_live = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sync_fences"
        indexes = [models.Index(fields=["changed_at", "item_id"], name="fence_changes")]

    def __str__(self):
        return f"{self.kind} {self.item_id} at {self.epoch}.{self.sequence}"


class SyncEpoch(models.Model):
    """One row: the epoch of the Write DB that this store follows."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.BigIntegerField(default=1)

    class Meta:
        db_table = "sync_epoch"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_epoch_row")
        ]

    def __str__(self):
        return str(self.epoch)


class VerifiedCopy(models.Model):
    """`verify_public` found: this truth, projected, gives these rows.

    While both are still what they were, nobody needs to project them again. Losing
    these rows costs time, and nothing else.
    """

    item_id = models.UUIDField(primary_key=True)
    truth = models.CharField(max_length=64)
    """Hash of what the projection reads in the editorial database."""
    rows = models.CharField(max_length=64)
    """Hash of the public rows."""
    made_by = models.CharField(max_length=64)
    """Hash of the code that projects: other code, and nothing is known any more."""
    verified_at = models.DateTimeField()

    class Meta:
        db_table = "verified_copies"

    def __str__(self):
        return str(self.item_id)


class Receipt(models.Model):
    """The stages of one publish, so that the editor sees "live in 0.4 s"."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    event_id = models.UUIDField()
    item_id = models.UUIDField()
    cause = models.CharField(max_length=40)
    is_live = models.BooleanField()
    content_version = models.PositiveIntegerField(null=True)
    url = models.TextField(blank=True)
    committed_at = models.DateTimeField()
    projected_at = models.DateTimeField()
    purged_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    """When an anonymous GET first showed this version (or its absence)."""
    error = models.TextField(blank=True)

    class Meta:
        db_table = "publish_receipts"
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "item_id"], name="one_receipt_for_an_event"
            )
        ]
        indexes = [
            models.Index(fields=["item_id", "-committed_at"], name="receipt_of_item"),
            models.Index(fields=["-committed_at"], name="receipt_newest"),
        ]

    def __str__(self):
        return f"{self.cause} {self.item_id}"

    @property
    def seconds_to_live(self):
        """Seconds from the editor's commit to the first anonymous GET, or None."""
        if self.seen_at is None:
            return None
        return (self.seen_at - self.committed_at).total_seconds()
