"""Authors and instructors as readers see them."""

from django.db import models
from django.urls import reverse


class PublicUserProfile(models.Model):
    """Public only while the person has, or had, something live."""

    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=255, db_index=True)
    display_name = models.CharField(max_length=255)
    avatar_url = models.TextField(blank=True)
    bio = models.TextField(blank=True)
    website = models.URLField(blank=True)
    is_verified = models.BooleanField(default=False)
    synced_at = models.DateTimeField()

    class Meta:
        db_table = "public_user_profiles"

    def __str__(self):
        return self.display_name

    def get_absolute_url(self):
        return reverse("publishing:author", args=[self.slug])
