"""Old addresses. Asked only when a page was not found."""

from django.db import models


class PublicRedirect(models.Model):
    """A slug that an item had, and where its readers go now."""

    class Kind(models.TextChoices):
        ARTICLE = "article"
        COURSE = "course"
        CATEGORY = "category"
        TAG = "tag"
        PROFILE = "profile"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20, choices=Kind)
    old_slug = models.CharField(max_length=500)
    item_id = models.UUIDField(db_index=True)
    new_slug = models.CharField(max_length=500, blank=True)
    """Empty: the item was taken down, the answer is 410 Gone."""
    synced_at = models.DateTimeField()

    class Meta:
        db_table = "public_redirects"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "old_slug", "item_id"], name="redirect_once"
            )
        ]

    def __str__(self):
        return f"{self.old_slug} → {self.new_slug or 'gone'}"
