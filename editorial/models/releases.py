"""Releases: items that go live, or down, together."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.versions import Version


class ReleaseQuerySet(models.QuerySet):
    def open(self):
        """Those that did not go out yet."""
        return self.filter(released_at=None)

    def due(self):
        """By the database's clock; whatever was held waits for a person."""
        return self.open().filter(release_at__lte=Now(), held_reason="")


class Release(models.Model):
    """Changed until it goes out, and never afterwards.

    Taking one back is another release, which says in `reverts` what it undoes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    release_at = models.DateTimeField(null=True, editable=False)
    """When it goes out by itself, or null."""
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    held_reason = models.TextField(blank=True, editable=False)
    """Why the scheduler did not let it out; a person must look."""
    released_at = models.DateTimeField(null=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    reverts = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="reverted_by",
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        db_table = "releases"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(release_at__isnull=True, scheduled_by__isnull=True)
                | models.Q(release_at__isnull=False, scheduled_by__isnull=False),
                name="release_at_a_time_by_somebody",
            )
        ]
        indexes = [
            models.Index(
                fields=["release_at"],
                condition=models.Q(released_at=None, release_at__isnull=False),
                name="release_due",
            )
        ]

    def __str__(self):
        return self.name


class ReleaseItem(models.Model):
    class Change(models.TextChoices):
        PUBLISH = "publish", "Publish"
        UNPUBLISH = "unpublish", "Take down"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    change = models.CharField(max_length=20, choices=Change, default=Change.PUBLISH)
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """What readers got when the release went out; null where they lost the item."""
    previous_version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    """What they had until then; null where they had nothing."""

    class Meta:
        db_table = "release_items"
        constraints = [
            models.UniqueConstraint(
                fields=["release", "item_id"], name="item_once_in_a_release"
            )
        ]

    def __str__(self):
        return f"{self.change} {self.kind} {self.item_id}"
