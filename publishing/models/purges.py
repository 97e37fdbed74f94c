"""What became out of date, for page caches: the log, its clock and who was told."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class PageClock(models.Model):
    """One row: how many entries the log of changes has had.

    Raised in the transaction of each delivery, whose commit everybody else waits for:
    whoever sees position 7 sees what 1 to 6 brought, and there are no gaps.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    era = models.UUIDField(default=uuid.uuid4)
    """Another one after a restore: positions of two eras cannot be compared."""
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "page_clock"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_page_clock")
        ]

    def __str__(self):
        return f"{self.position} of {self.era}"


class PageChange(models.Model):
    """The surrogate keys that one delivery made out of date.

    Page caches of ours read it, so a purge cannot miss them; shared caches in front of
    us are told of it, see `PurgeTarget`. Kept for a day.
    """

    position = models.BigIntegerField(primary_key=True)
    keys = ArrayField(models.CharField(max_length=80))
    event_id = models.UUIDField(null=True)
    happened_at = models.DateTimeField()

    class Meta:
        db_table = "page_changes"

    def __str__(self):
        return f"{self.position}: {' '.join(self.keys)}"


class PurgeTarget(models.Model):
    """One shared cache in front of us, and up to where it was told of the log."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)
    purged_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    """Failures in a row."""
    due_at = models.DateTimeField(null=True)
    """Not before that: who is busy purging holds it, and who failed waits."""
    error = models.TextField(blank=True)

    class Meta:
        db_table = "purge_targets"

    def __str__(self):
        return self.name
