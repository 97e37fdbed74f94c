"""Tokens: how a program signs in for a person, and may never do more than they may.

A token is 256 random bits behind a prefix that people and secret scanners recognise.
Only its SHA-256 is kept: there is nothing to guess, so nothing slow is needed.
"""

import hashlib
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from cms.databases import EDITORIAL
from cms.uuids import uuid7

PREFIX = "mst_"
FORM = re.compile(r"mst_[A-Za-z0-9_-]{43}", re.ASCII)
LONGEST_LIFE = timedelta(days=365)
NOTED_EVERY = timedelta(minutes=5)
"""A token in use is noted this often at most: reading must not mean writing."""
MOST_TOKENS = 50
"""That one person may have in force at once."""

SCOPES = {
    "content:read": "Read what is published, as anybody may",
    "editorial:read": "Read drafts and everything else you see on the desk",
    "editorial:write": "Write and submit articles and courses",
    "editorial:publish": "Approve, schedule, publish, unpublish and archive",
    "media:write": "Upload and edit media",
}


def digest_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet):
    def in_force(self):
        """Neither revoked nor expired, and of somebody who is active."""
        return self.filter(
            revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True
        )

    def with_secret(self, secret):
        return self.filter(digest=digest_of(secret))

    def issue(self, user, name, scopes, *, expires_at):
        """A new token and its secret, which nobody can ever be shown again."""
        secret = PREFIX + secrets.token_urlsafe(32)
        token = self.create(
            user=user,
            name=name,
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
            hint=secret[:8],
            digest=digest_of(secret),
        )
        return token, secret


class ApiToken(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=40))
    hint = models.CharField(max_length=8)
    """Its first characters, so that people tell theirs apart."""
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        db_table = "api_tokens"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    expires_at__lte=models.F("created_at")
                    + timedelta(days=LONGEST_LIFE.days, hours=1)
                ),
                name="a_token_lives_a_year_at_most",
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__len__gt=0), name="a_token_has_a_scope"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_in_force(self):
        return self.revoked_at is None and self.expires_at > timezone.now()

    def allows(self, scope):
        return scope in self.scopes

    def revoke(self):
        self.revoked_at = timezone.now()
        self.save(using=EDITORIAL, update_fields=["revoked_at"])

    def note_use(self):
        """Remember that it was used, at most once in five minutes."""
        now = timezone.now()
        if self.last_used_at and now - self.last_used_at < NOTED_EVERY:
            return
        ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)
        self.last_used_at = now
