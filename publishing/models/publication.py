"""What the public copies of articles and courses have in common."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models

from cms.ltree import LtreeField
from publishing.models.counters import ContentCounter


class WordsOf(models.Func):
    """The text search configuration for a language: accents off, then stems.

    `words_of` is PostgreSQL's, see the migrations; a language it has no stems for is
    searched word by word.
    """

    function = "words_of"
    output_field = models.TextField()


class Folded(models.Func):
    """Capitals without accents: what is alike to somebody who types in a hurry."""

    function = "folded"
    output_field = models.TextField()


SEARCH_VECTOR = (
    SearchVector("title", weight="A", config=WordsOf("language"))
    + SearchVector("search_summary", weight="B", config=WordsOf("language"))
    + SearchVector(
        "author_name", "category_name", weight="C", config=WordsOf("language")
    )
    + SearchVector("search_text", weight="D", config=WordsOf("language"))
)


THIS_SITE = "site:"
"""Stands for the site's origin in what is stored; pages print the origin itself."""


class Publication(models.Model):
    """The public copy of one item: a row that one query turns into a page.

    `id` is the item's own id, the same as in the other two databases. A row exists
    only while the item is live. Counters live in `ContentCounter`, so that counting
    never rewrites these wide rows.
    """

    id = models.UUIDField(primary_key=True)
    slug = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    language = models.CharField(max_length=10, default="en", db_default="en")
    """As in `lang`: "en", "pt-br". Says how the words are searched."""

    author_id = models.UUIDField()
    author_name = models.CharField(max_length=255)
    author_slug = models.CharField(max_length=255)
    author_avatar_url = models.TextField(blank=True)
    author_bio = models.TextField(blank=True)

    category_id = models.UUIDField(null=True)
    category_name = models.CharField(max_length=255, blank=True)
    category_slug = models.CharField(max_length=255, blank=True)
    category_path = LtreeField(null=True)
    breadcrumbs = models.JSONField(default=list)
    """[{"name", "slug"}, …] from the root category to the item's own."""
    tags = models.JSONField(default=list)
    """[{"id", "name", "slug"}, …] in the editor's order."""
    tag_slugs = ArrayField(models.CharField(max_length=255), default=list)

    image = models.JSONField(null=True)
    """{"url", "alt", "width", "height", "caption", "credit",
    "variants": [{"url", "width", "height", "type"}]} or null. Where they say something:
    "focal", two fractions, and "social", the address of a card."""

    meta_title = models.CharField(max_length=160, blank=True)
    meta_description = models.CharField(max_length=320, blank=True)
    meta_keywords = ArrayField(models.CharField(max_length=100), default=list)
    canonical_url = models.TextField(blank=True)
    og_title = models.CharField(max_length=160, blank=True)
    og_description = models.CharField(max_length=320, blank=True)
    og_image_url = models.TextField(blank=True)
    share_image = models.JSONField(null=True)
    """{"url", "alt", "width", "height"} of the image for other sites, or null: of
    `og_image_url`, or of a card cut from `image`."""
    no_index = models.BooleanField(default=False)
    no_follow = models.BooleanField(default=False)
    structured_data = models.JSONField(default=dict)
    """The JSON-LD of the page; addresses of this site begin with `site:/`, so that the
    copy is the same wherever the site is served."""

    first_published_at = models.DateTimeField()
    published_at = models.DateTimeField()
    original_created_at = models.DateTimeField()
    last_modified_at = models.DateTimeField()

    search_summary = models.TextField(blank=True)
    search_text = models.TextField(blank=True)
    search_vector = models.GeneratedField(
        expression=SEARCH_VECTOR, output_field=SearchVectorField(), db_persist=True
    )

    content_version = models.PositiveIntegerField()
    """Number of the version that readers see."""
    content_hash = models.CharField(max_length=64)
    synced_at = models.DateTimeField()

    counters = models.ForeignObject(
        ContentCounter,
        from_fields=["id"],
        to_fields=["id"],
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.title
