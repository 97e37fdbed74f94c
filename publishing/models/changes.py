"""The change feed: what came, changed and went, for programs that follow the site.

One row for each item that ever was public. Each change moves the item's row to the end,
so the feed never grows longer than the number of items, and whoever reads it from the
beginning (or from where they were) ends with what is public now.
"""

from django.db import models

from cms.uuids import uuid7


class ContentChange(models.Model):
    """The newest change of one item; "removed" is a tombstone and stays."""

    class Change(models.TextChoices):
        PUBLISHED = "published"
        UPDATED = "updated"
        REMOVED = "removed"

    item_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)
    position = models.BigIntegerField(unique=True)
    """Its place in the order of commits; see `ContentChangeHead`."""
    change = models.CharField(max_length=10, choices=Change)
    slug = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "content_changes"
        indexes = [models.Index(fields=["kind", "position"], name="changes_of_kind")]

    def __str__(self):
        return f"{self.position}: {self.kind} {self.item_id} {self.change}"


class ContentChangeHead(models.Model):
    """One row: which feed this is, and the position that was given out last.

    It is locked from the moment a position is given out until the commit. So positions
    appear in their order: whoever sees one has seen all that are lower.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    feed = models.UUIDField(default=uuid7)
    """Another one after the public database was restored: old cursors end there."""
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "content_change_head"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_feed_head")
        ]

    def __str__(self):
        return f"{self.feed} at {self.position}"
