"""Old addresses. Asked only when a page was not found."""

from django.db import models


class PublicRedirectQuerySet(models.QuerySet):
    def leading_on(self, old, *, kind=""):
        """Where old addresses lead, as [(kind, new slug)], best first.

        `old` are paths (with a slash before them) of any item, and slugs of `kind`.
        """
        ours = self.filter(old_slug__in=old, kind__in=PublicRedirect.Kind.values)
        newest_first = ours.order_by("-synced_at", "-id")
        found = newest_first.values_list("kind", "old_slug", "new_slug")[:50]
        # A slug that was ours goes before the path of an earlier site.
        order = {one: place for place, one in enumerate(old)}
        return [
            (its_kind, new_slug)
            for its_kind, old_slug, new_slug in sorted(
                found, key=lambda row: order[row[1]]
            )
            if old_slug.startswith("/") or its_kind == kind
        ]


class PublicRedirect(models.Model):
    """A slug or a path that an item had, and where its readers go now.

    It leads to the item's slug of today, never to another old one: there are no chains.
    """

    class Kind(models.TextChoices):
        ARTICLE = "article"
        COURSE = "course"
        CATEGORY = "category"
        TAG = "tag"
        PROFILE = "profile"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind)
    old_slug = models.CharField(max_length=500)
    """A slug; or, with a slash before it, the path on a site that it came from."""
    item_id = models.UUIDField(db_index=True)
    new_slug = models.CharField(max_length=500, blank=True)
    """Empty: the item was taken down, the answer is 410 Gone."""
    synced_at = models.DateTimeField()

    objects = PublicRedirectQuerySet.as_manager()

    class Meta:
        db_table = "public_redirects"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "old_slug", "item_id"], name="redirect_once"
            )
        ]

    def __str__(self):
        return f"{self.old_slug} → {self.new_slug or 'gone'}"
