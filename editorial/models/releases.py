"""Releases: items that go live, or down, together."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7


class Release(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    released_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "releases"
        ordering = ["-created_at"]

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

    class Meta:
        db_table = "release_items"
        constraints = [
            models.UniqueConstraint(
                fields=["release", "item_id"], name="item_once_in_a_release"
            )
        ]

    def __str__(self):
        return f"{self.change} {self.kind} {self.item_id}"
