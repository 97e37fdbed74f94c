"""Published articles: posts and pages."""

from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse

from publishing.models.publication import Folded, Publication, WordsOf


class PublishedArticleQuerySet(models.QuerySet):
    def posts(self):
        return self.filter(kind=PublishedArticle.Kind.POST)

    def newest_first(self):
        return self.order_by("-first_published_at", "-id")

    def in_category(self, path):
        """In the category with this ltree path, or in one below it."""
        return self.filter(category_path__descendant_of=path)

    def tagged(self, slug):
        return self.filter(tag_slugs__contains=[slug])

    def by(self, author_id):
        return self.filter(author_id=author_id)

    def for_cards(self):
        """Only what a listing shows: bodies and search texts stay in the database."""
        return self.select_related("counters").only(*CARD_FIELDS)


class PublishedArticle(Publication):
    """A live article, ready to print: one query by slug makes its page."""

    class Kind(models.TextChoices):
        POST = "post", "Post"
        PAGE = "page", "Page"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.POST)
    excerpt = models.TextField(blank=True)
    content_html = models.TextField(blank=True)
    """Sanitised by construction when the version was made; safe to print."""
    content_json = models.JSONField(default=list)
    """[{"id", "type", "content"}, …], see `editorial.blocks`."""
    word_count = models.PositiveIntegerField(default=0)
    reading_minutes = models.PositiveIntegerField(default=1)
    is_featured = models.BooleanField(default=False)
    comments_open = models.BooleanField(default=True)
    parent_id = models.UUIDField(null=True)
    parents = models.JSONField(default=list)
    """Pages only: [{"title", "slug"}, …], root first."""
    related = models.JSONField(default=list)
    """[{"id", "title", "slug"}, …] of other live items, stored with the row."""

    series = models.JSONField(null=True)
    """{"name", "slug", "description", "part", "of", "previous", "next"} or null; the
    last two are {"title", "slug"} of other live parts, or null."""
    series_slug = models.CharField(max_length=255, blank=True, db_default="")
    series_part = models.PositiveIntegerField(null=True)

    objects = PublishedArticleQuerySet.as_manager()

    class Meta:
        db_table = "published_articles"
        indexes = [
            # Not unique: a swap of slugs is a release, and the newest wins.
            models.Index(fields=["slug", "-published_at"], name="article_slug"),
            models.Index(
                fields=["kind", "-first_published_at", "-id"], name="article_newest"
            ),
            models.Index(
                fields=["category_id", "-first_published_at", "-id"],
                name="article_category",
            ),
            models.Index(
                fields=["author_id", "-first_published_at", "-id"],
                name="article_author",
            ),
            models.Index(
                fields=["series_slug", "series_part"],
                condition=~models.Q(series_slug=""),
                name="article_series",
            ),
            # The sitemap is cut into parts from this alone; wide rows stay unread.
            models.Index(
                fields=["id"],
                include=["last_modified_at"],
                condition=models.Q(no_index=False, canonical_url=""),
                name="article_sitemap",
            ),
            GistIndex(fields=["category_path"], name="article_category_path"),
            GinIndex(fields=["tag_slugs"], name="article_tags"),
            GinIndex(fields=["search_vector"], name="article_search"),
            GinIndex(
                SearchVector("title", config=WordsOf("language")),
                name="story_title_words",
            ),
            GinIndex(
                OpClass(Folded("title"), name="gin_trgm_ops"), name="story_title_like"
            ),
        ]

    def get_absolute_url(self):
        return reverse("publishing:article", args=[self.slug])


CARD_FIELDS = (
    "id",
    "slug",
    "title",
    "excerpt",
    "kind",
    "author_name",
    "author_slug",
    "category_name",
    "category_slug",
    "image",
    "first_published_at",
    "reading_minutes",
    "is_featured",
    "counters__comment_count",
    "counters__view_count",
    "counters__reaction_count",
)
