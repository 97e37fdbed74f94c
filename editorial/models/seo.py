"""What search engines and social networks are told about an item."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SearchAppearance(models.Model):
    """Columns of the item itself, so that no page needs a second row for them."""

    meta_title = models.CharField(max_length=160, blank=True)
    meta_description = models.CharField(max_length=320, blank=True)
    meta_keywords = ArrayField(
        models.CharField(max_length=100), default=list, blank=True
    )
    canonical_url = models.URLField(max_length=2000, blank=True)
    og_title = models.CharField("social title", max_length=160, blank=True)
    og_description = models.CharField("social description", max_length=320, blank=True)
    og_image = models.ForeignKey(
        "editorial.Media",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="social image",
    )
    no_index = models.BooleanField("hide from search engines", default=False)
    no_follow = models.BooleanField("links are not followed", default=False)
    structured_data = models.JSONField(
        null=True, blank=True, help_text="More JSON-LD properties, for specialists."
    )

    SEO_FIELDS = (
        "meta_title",
        "meta_description",
        "meta_keywords",
        "canonical_url",
        "og_title",
        "og_description",
        "og_image_id",
        "no_index",
        "no_follow",
        "structured_data",
    )

    class Meta:
        abstract = True
