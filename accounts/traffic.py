"""What the front door remembers of requests: those answered once, and how many came.

`cms.api.idempotency` and `cms.limits` write these tables with statements of their own;
the models are here so that they migrate with the people they belong to.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from cms.uuids import uuid7


class AnsweredRequest(models.Model):
    """A POST with an `Idempotency-Key`, and what it was answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    claim = models.UUIDField()
    """Whose turn it is: a request that was overtaken cannot store its answer."""
    claimed_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "api_answered_requests"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"], name="one_answer_for_an_idempotency_key"
            )
        ]

    def __str__(self):
        return self.key


class RateLimit(models.Model):
    """The moments at which one key took its turn, while they still count."""

    key = models.CharField(max_length=120, primary_key=True)
    taken = ArrayField(models.DateTimeField())
    was_granted = models.BooleanField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "rate_limits"

    def __str__(self):
        return self.key
