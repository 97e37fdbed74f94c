"""What is live now: reserved addresses, old addresses, and what live items use.

Written by the actions that publish and take down, in their transaction.
"""

from django.db import models
from django.utils import timezone


class LiveSlug(models.Model):
    """The address of a live item. Unique, beside the working slugs of drafts."""

    item_id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=20)
    slug = models.CharField(max_length=500)

    class Meta:
        db_table = "live_slugs"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "slug"], name="one_live_item_at_an_address"
            )
        ]

    def __str__(self):
        return self.slug


class Redirect(models.Model):
    """An address that an item had while it was live."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    old_slug = models.CharField(max_length=500)
    item_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "redirects"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "old_slug", "item_id"], name="old_address_once"
            )
        ]

    def __str__(self):
        return self.old_slug


class LiveUse(models.Model):
    """A live version uses this author, category, tag or medium.

    Answers "what depends on it?" for the fan-out, and "is it public?" for media and
    profiles: both are while something live uses them.
    """

    GATED_MEDIA = "gated_media"
    """A medium that only gated lessons show: a use that makes nothing public."""

    id = models.BigAutoField(primary_key=True)
    item_id = models.UUIDField()
    item_kind = models.CharField(max_length=20)
    used_id = models.UUIDField(db_index=True)
    used_kind = models.CharField(max_length=20)

    class Meta:
        db_table = "live_uses"
        constraints = [
            models.UniqueConstraint(fields=["item_id", "used_id"], name="used_once")
        ]

    def __str__(self):
        return f"{self.item_kind} {self.item_id} uses {self.used_kind} {self.used_id}"
