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
    source = models.CharField(max_length=10, blank=True, db_default="")
    referrer_host = models.CharField(max_length=255, blank=True)
    country = models.CharField(max_length=2, blank=True, db_default="")
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
    bot_count = models.BigIntegerField(default=0, db_default=0)
    """Robots that said so: never among the views."""
    read_count = models.BigIntegerField(default=0)
    """How many readers told how long they stayed, and how far they read."""
    finished_count = models.BigIntegerField(default=0, db_default=0)
    """How many of these came to the end, or nearly (90 %)."""
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


class ViewDay(models.Model):
    """Different readers of one day (UTC). They cannot be added up over days."""

    id = models.BigAutoField(primary_key=True)
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    day = models.DateField()
    visitor_count = models.BigIntegerField()

    class Meta:
        db_table = "content_view_days"
        constraints = [
            models.UniqueConstraint(
                fields=["content_id", "day", "content_kind"], name="one_count_for_a_day"
            )
        ]

    def __str__(self):
        return f"{self.visitor_count} readers of {self.content_id} on {self.day}"


class ViewBreakdown(models.Model):
    """The views of one day (UTC), by one dimension."""

    class Dimension(models.TextChoices):
        SOURCE = "source", "where from"
        HOST = "host", "site they came from"
        CAMPAIGN = "campaign", "campaign"
        DEVICE = "device", "device"
        COUNTRY = "country", "country"

    id = models.BigAutoField(primary_key=True)
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    day = models.DateField()
    dimension = models.CharField(max_length=10, choices=Dimension)
    value = models.CharField(max_length=255)
    view_count = models.BigIntegerField()

    class Meta:
        db_table = "content_view_breakdowns"
        constraints = [
            models.UniqueConstraint(
                fields=["content_id", "day", "dimension", "value", "content_kind"],
                name="one_count_of_a_value",
            )
        ]

    def __str__(self):
        return f"{self.view_count} views of {self.content_id} by {self.value}"


class IncomingView(models.Model):
    """Entries of a batch within the transaction that takes them in; else empty.

    Not logged: what a crash empties is still in the stream."""

    id = models.BigAutoField(primary_key=True)
    event = models.CharField(max_length=1)
    content_kind = models.TextField()
    content_id = models.UUIDField()
    at = models.BigIntegerField()
    visitor = models.UUIDField(null=True)
    device = models.TextField()
    source = models.TextField()
    referrer_host = models.TextField()
    country = models.TextField()
    utm_source = models.TextField()
    utm_medium = models.TextField()
    utm_campaign = models.TextField()
    seconds = models.IntegerField(null=True)
    scroll = models.IntegerField(null=True)

    class Meta:
        db_table = "incoming_views"

    def __str__(self):
        return f"{self.event} of {self.content_id}"


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
