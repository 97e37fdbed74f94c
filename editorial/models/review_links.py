"""Links by which somebody without an account reads one version, and remarks on it.

The token is 256 random bits; only its SHA-256 is kept, so nobody can be shown a link
again, not even by the database.
"""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.versions import Version


def digest_of(token):
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class ReviewLinkQuerySet(models.QuerySet):
    def on(self, item):
        return self.filter(item_id=item.pk)

    def in_force(self):
        """Neither revoked nor expired, and made by somebody who still is here."""
        return self.filter(
            revoked_at=None, expires_at__gt=timezone.now(), created_by__is_active=True
        )

    def opened_by(self, token):
        return self.in_force().filter(digest=digest_of(token)).first()

    def issue(self, **fields):
        """A new link and its token, which is shown once."""
        token = secrets.token_urlsafe(32)
        return self.create(digest=digest_of(token), **fields), token


class ReviewLink(models.Model):
    """One guest's door to one version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField(db_index=True)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=100)
    """For whom it is, so that people tell theirs apart."""
    may_comment = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    times_opened = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewLinkQuerySet.as_manager()

    class Meta:
        db_table = "review_links"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="review_link_expires",
            )
        ]

    def __str__(self):
        return self.label

    @property
    def is_in_force(self):
        return (
            self.revoked_at is None
            and self.expires_at > timezone.now()
            and self.created_by.is_active
        )
