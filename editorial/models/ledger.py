"""The publication ledger: what readers were given, from when on, and by whom.

One row for each time that what readers get of an item changed: another version, another
address, or nothing any more. Rows are only ever added; each item's are chained by
their hashes, and the audit log names each hash in its own chain.
"""

from django.db import models
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.versions import Version, hash_of

CHAINED = (
    "number",
    "kind",
    "item_id",
    "verb",
    "version_number",
    "content_hash",
    "slug",
    "release",
    "by_id",
    "by_label",
    "previous_hash",
)
"""What the hash of an entry covers, beside the moment."""


class LedgerEntryQuerySet(models.QuerySet):
    def record(self, item, verb, *, by, at, release=None):
        """Append what readers get of the item now; None if they had it already.

        Call it while the item's row is locked: that keeps the chain in order.
        """
        last = self.filter(item_id=item.pk).order_by("-number").first()
        version = item.live_version
        slug = version.snapshot["slug"] if version else ""
        before = (last.version_id, last.slug) if last else (None, "")
        if before == (item.live_version_id, slug):
            return None
        entry = LedgerEntry(
            number=last.number + 1 if last else 1,
            kind=item.KIND,
            item_id=item.pk,
            verb=verb,
            version=version,
            version_number=version.number if version else None,
            content_hash=version.content_hash if version else "",
            slug=slug,
            release=release,
            by_id=by.pk if by else None,
            by_label=by.display_name if by else "system",
            at=at,
            previous_hash=last.hash if last else "",
        )
        entry.hash = entry.compute_hash()
        entry.save(force_insert=True)
        return entry


class LedgerEntry(models.Model):
    """From this moment on readers got this version at this address, or nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField()
    """1, 2, 3, … for each item."""
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    verb = models.CharField(max_length=40)
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """Null: from here on there was nothing."""
    version_number = models.PositiveIntegerField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)
    slug = models.CharField(max_length=500, blank=True)
    release = models.UUIDField(null=True)
    by_id = models.UUIDField(null=True)
    """A plain id, as in the audit log: history never blocks an erasure."""
    by_label = models.CharField(max_length=255)
    at = models.DateTimeField(default=timezone.now)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        db_table = "publication_ledger"
        ordering = ["item_id", "number"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["item_id", "number"], name="ledger_number_of_item"
            )
        ]
        indexes = [models.Index(fields=["kind", "slug"], name="ledger_address")]

    def __str__(self):
        return f"{self.verb} {self.kind} {self.item_id}, {self.number}"

    def compute_hash(self):
        covered = {name: getattr(self, name) for name in CHAINED}
        return hash_of(covered | {"at": self.at.isoformat()})
