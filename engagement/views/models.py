"""What was looked at: raw rows for a while, hourly sums for good. No person in it."""

from django.db import models
from django.db.models.functions import Now

from cms.uuids import uuid7


class PageView(models.Model):
    """One view. The table is partitioned by month on its id, which is time-ordered.

    `visitor` is a keyed hash whose key is destroyed within two days: after that,
    nobody can say whose view it was, and nobody's views can be joined.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    visitor = models.UUIDField()
    device = models.CharField(max_length=10, blank=True)
    referrer_host = models.CharField(max_length=255, blank=True)
    utm_source = models.CharField(max_length=100, blank=True)
    utm_medium = models.CharField(max_length=100, blank=True)
    utm_campaign = models.CharField(max_length=100, blank=True)
    viewed_at = models.DateTimeField()

    class Meta:
        db_table = "content_views"
        indexes = [models.Index(fields=["content_id", "-id"], name="view_of_content")]

    def __str__(self):
        return f"{self.content_kind} {self.content_id} at {self.viewed_at}"


class ViewRollup(models.Model):
    """Sums of one hour (UTC), never averages: sums can be added up to any period."""

    id = models.BigAutoField(primary_key=True)
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    hour = models.DateTimeField()
    view_count = models.BigIntegerField(default=0)
    read_count = models.BigIntegerField(default=0)
    """How many readers told how long they stayed, and how far they read."""
    read_seconds_sum = models.BigIntegerField(default=0)
    scroll_percent_sum = models.BigIntegerField(default=0)

    class Meta:
        db_table = "content_view_stats"
        constraints = [
            models.UniqueConstraint(
                fields=["content_id", "hour", "content_kind"],
                name="one_rollup_for_an_hour",
            )
        ]
        indexes = [models.Index(fields=["-hour"], name="rollup_newest")]

    def __str__(self):
        return f"{self.view_count} views of {self.content_id} at {self.hour}"


class IngestBatch(models.Model):
    """A batch of the stream that is in the tables. The same one never gets in twice."""

    id = models.BigAutoField(primary_key=True)
    batch_id = models.CharField(max_length=120, unique=True)
    stream = models.CharField(max_length=40)
    """Which life of the stream: after Redis lost everything a new one begins."""
    last_entry = models.CharField(max_length=40)
    """The stream is read on from here."""
    entry_count = models.PositiveIntegerField()
    view_count = models.PositiveIntegerField()
    refused_count = models.PositiveIntegerField()
    """For content that is unknown or not live."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ingest_batches"
        verbose_name_plural = "ingest batches"
        indexes = [models.Index(fields=["stream", "-id"], name="batch_of_stream")]

    def __str__(self):
        return self.batch_id
