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


class RedirectManager(models.Manager):
    def remember(self, kind, item_id, old):
        """Keep old addresses of an item; says whether one of them is new.

        In the transaction that marks the item: its public copy takes them along.
        """
        old = [one for one in dict.fromkeys(old) if one and len(one) <= LONGEST]
        known = self.filter(kind=kind, item_id=item_id, old_slug__in=old)
        fresh = set(old) - set(known.values_list("old_slug", flat=True))
        self.bulk_create(
            (
                Redirect(kind=kind, old_slug=one, item_id=item_id)
                for one in old
                if one in fresh
            ),
            ignore_conflicts=True,
        )
        return bool(fresh)


LONGEST = 500


class Redirect(models.Model):
    """An address that an item had while it was live.

    A slug; or, with a slash before it, the path on the site that it was imported from.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    old_slug = models.CharField(max_length=LONGEST)
    item_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RedirectManager()

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
