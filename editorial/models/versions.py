"""Versions: immutable snapshots of a whole item."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7


def canonical_json(value):
    """One text for one value, whatever the order of its keys."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )


def hash_of(value):
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


class VersionQuerySet(models.QuerySet):
    def of(self, item):
        return self.filter(item_id=item.pk).order_by("-number")

    def light(self):
        """Without the snapshots, for lists."""
        return self.defer("snapshot", "rendered", "diff_from_previous")


class Version(models.Model):
    """What an article or course was at one moment. Never changed, never deleted.

    `item_id` is an article's or a course's id. `rendered` holds the HTML and plain
    text made by the renderer of that day: publishing prints it, and renders nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    number = models.PositiveIntegerField(db_column="version_number")
    title = models.CharField(max_length=500, blank=True)
    snapshot = models.JSONField()
    content_hash = models.CharField(max_length=64)
    rendered = models.JSONField()
    """{"html", "text"}; a course also {"lessons": {lesson id: {"html", "text"}}}."""
    renderer_version = models.PositiveIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    change_summary = models.TextField(blank=True)
    diff_from_previous = models.JSONField(null=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        db_table = "versions"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["item_id", "number"], name="version_number_of_item"
            )
        ]

    def __str__(self):
        return f"v{self.number}"
