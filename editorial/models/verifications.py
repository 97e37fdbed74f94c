"""Each comparison of the public copy with the truth: when, how long, what differed."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from cms.uuids import uuid7

SILENT = timedelta(minutes=2)
"""A run that says nothing for so long has lost its worker."""


class VerificationQuerySet(models.QuerySet):
    def newest_first(self):
        return self.order_by("-id")

    def under_way(self):
        return self.filter(
            state=Verification.State.RUNNING, heard_at__gt=timezone.now() - SILENT
        )

    def finished(self):
        return self.filter(state=Verification.State.FINISHED)


class Verification(models.Model):
    """One run of `verify_public`, by hand, from the desk or by the clock."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a worker"
        RUNNING = "running", "Under way"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    is_full = models.BooleanField(default=False)
    """Everything was projected anew, whatever earlier runs had found equal."""
    heals = models.BooleanField(default=False)
    """What differed was written anew."""
    asked_by = models.CharField(max_length=255, blank=True)
    """A name, or empty for the clock."""
    stop_asked = models.BooleanField(default=False)
    begun_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    """A full run trusts what was found equal after this moment: its own, or that of
    the run it goes on with."""
    stage = models.CharField(max_length=40, blank=True)
    done = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    """Items that had to be projected: the others agreed by their buckets."""
    counts = models.JSONField(default=dict)
    """{"missing": …, "stale": …, "orphan": …, "altered": …}."""
    drift = models.JSONField(default=list)
    """[{"verdict", "kind", "id", "where"}], the first ones."""
    healed = models.PositiveIntegerField(default=0)
    roots = models.JSONField(default=dict)
    """{kind: root hash} of the public store."""
    error = models.TextField(blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        db_table = "verifications"
        indexes = [models.Index(fields=["state", "-begun_at"], name="verified_lately")]

    def __str__(self):
        return f"Verification of {self.begun_at:%Y-%m-%d %H:%M}"

    @property
    def drifted(self):
        return sum(self.counts.values())

    @property
    def seconds(self):
        return ((self.ended_at or timezone.now()) - self.begun_at).total_seconds()

    @property
    def is_under_way(self):
        return (
            self.state == self.State.RUNNING and self.heard_at > timezone.now() - SILENT
        )
