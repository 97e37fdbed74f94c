"""What the outside world answered to a link, and who let a text pass its checks."""

import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7


def key_of(url):
    """The row of an address: two thousand characters are too long for an index."""
    return hashlib.sha256(url.encode()).hexdigest()


class LinkAnswerQuerySet(models.QuerySet):
    def of(self, urls):
        """{address: its row} for those that were ever asked."""
        known = self.in_bulk([key_of(url) for url in urls])
        return {row.url: row for row in known.values()}

    def ask(self, urls):
        """Put the addresses on the list of what is to be asked."""
        now = timezone.now()
        self.bulk_create(
            [
                LinkAnswer(
                    key=key_of(url),
                    url=url,
                    host=(urlsplit(url).hostname or "")[:255],
                    asked_at=now,
                )
                for url in sorted(set(urls))
            ],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["asked_at"],
        )

    def waiting(self):
        """Asked for, and not answered since."""
        return self.filter(
            models.Q(checked_at=None) | models.Q(checked_at__lt=models.F("asked_at"))
        )


class LinkAnswer(models.Model):
    """One address outside, and what it said when it was last asked."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", "Not checked yet"
        FINE = "fine", "Answers"
        BROKEN = "broken", "Broken"
        AWAY = "away", "Did not answer"
        REFUSED = "refused", "Not asked"

    key = models.CharField(max_length=64, primary_key=True)
    url = models.TextField()
    host = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.UNKNOWN)
    status = models.PositiveSmallIntegerField(null=True)
    said = models.CharField(max_length=300, blank=True)
    """In a sentence, for people."""
    asked_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)

    objects = LinkAnswerQuerySet.as_manager()

    class Meta:
        db_table = "link_answers"
        indexes = [models.Index(fields=["host", "asked_at"], name="links_of_a_host")]

    def __str__(self):
        return self.url


class OverrideQuerySet(models.QuerySet):
    def of(self, item, content_hash):
        """Those for exactly this text."""
        return self.filter(item_id=item.pk, content_hash=content_hash)


class Override(models.Model):
    """Somebody let one text pass although checks stop it, and said why.

    Bound to the hash of the text: any edit needs a new one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    content_hash = models.CharField(max_length=64)
    concerns = ArrayField(models.CharField(max_length=200))
    """Keys of what was let pass; see `editorial.checks.Concern`."""
    reason = models.TextField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        db_table = "check_overrides"
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["item_id", "content_hash"], name="overrides_of_text")
        ]

    def __str__(self):
        return f"{self.made_by}: {self.reason}"
