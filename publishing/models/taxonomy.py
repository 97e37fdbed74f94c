"""Categories, tags and media as readers see them."""

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.urls import reverse

from cms.ltree import LtreeField


class PublishedCategoryQuerySet(models.QuerySet):
    def roots(self):
        return self.filter(parent_id=None).order_by("display_order", "name")

    def below(self, category):
        """The whole subtree, without the category itself."""
        return self.filter(path__descendant_of=category.path).exclude(pk=category.pk)


class PublishedCategory(models.Model):
    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    icon = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=50, blank=True)
    parent_id = models.UUIDField(null=True, db_index=True)
    path = LtreeField()
    depth = models.PositiveIntegerField(default=0)
    breadcrumbs = models.JSONField(default=list)
    """[{"name", "slug"}, …] of the categories above, root first."""
    display_order = models.IntegerField(default=0)
    is_featured = models.BooleanField(default=False)
    synced_at = models.DateTimeField()

    objects = PublishedCategoryQuerySet.as_manager()

    class Meta:
        db_table = "published_categories"
        indexes = [
            models.Index(fields=["slug"], name="category_slug"),
            GistIndex(fields=["path"], name="category_path"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("publishing:category", args=[self.slug])


class PublishedTag(models.Model):
    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=255, db_index=True)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    synced_at = models.DateTimeField()

    class Meta:
        db_table = "published_tags"

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("publishing:tag", args=[self.slug])


class PublishedMedia(models.Model):
    """A file that some live item shows."""

    id = models.UUIDField(primary_key=True)
    url = models.TextField()
    cdn_url = models.TextField(blank=True)
    file_type = models.CharField(max_length=50)
    mime_type = models.CharField(max_length=100, blank=True)
    file_size_bytes = models.BigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    variants = models.JSONField(default=list)
    alt_text = models.TextField(blank=True)
    caption = models.TextField(blank=True)
    credit = models.TextField(blank=True)
    synced_at = models.DateTimeField()

    class Meta:
        db_table = "published_media"

    def __str__(self):
        return self.url
