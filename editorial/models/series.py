"""Series: articles that are read one after the other."""

from django.db import models, transaction

from cms.databases import EDITORIAL
from cms.uuids import uuid7
from editorial.models.articles import Article
from editorial.models.outbox import ItemKind, OutboxEvent

SERIES = "series"
"""What an outbox event calls one. It has no public copy of its own: the copies of its
articles say which part of it they are."""


class Series(models.Model):
    """Readers see it while at least one of its parts is live."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(
        "address",
        max_length=255,
        unique=True,
        allow_unicode=True,
        help_text="The last part of the address of its page. It stays once it is set.",
    )
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "series"
        ordering = ["name"]
        verbose_name_plural = "series"

    def __str__(self):
        return self.name

    def delete(self, *args, **kwargs):
        with transaction.atomic(using=EDITORIAL):
            self.changed(left=self.article_ids())
            return super().delete(*args, **kwargs)

    def article_ids(self):
        return set(self.parts.values_list("article_id", flat=True))

    def changed(self, left=()):
        """Publish anew what says something of it; `left` are articles that left it.

        Call it in the transaction of the change.
        """
        gone = Article.objects.live().filter(pk__in=left).values_list("pk", flat=True)
        OutboxEvent.objects.mark(
            dict.fromkeys(gone, ItemKind.ARTICLE), cause="series changed", priority=-1
        )
        OutboxEvent.objects.mark_dependents(SERIES, self.pk, cause="series changed")


class SeriesPart(models.Model):
    """An article in its series; in one series at most."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="parts")
    article = models.OneToOneField(
        Article, on_delete=models.CASCADE, related_name="series_part"
    )
    order_index = models.PositiveIntegerField("order", default=0)

    class Meta:
        db_table = "series_parts"
        ordering = ["order_index", "id"]
        verbose_name = "part"

    def __str__(self):
        return str(self.article)


def series_of(article_ids):
    """{article id: (its series, [{"id", "title", "slug"} of the live parts in order])}.

    A page that only previews itself may be missing among them.
    """
    parts = SeriesPart.objects.filter(article__in=article_ids).select_related("series")
    mine = {part.article_id: part.series for part in parts}
    if not mine:
        return {}
    listed = {series.pk: [] for series in mine.values()}
    live = SeriesPart.objects.filter(series__in=listed).exclude(
        article__live_version=None
    )
    for series_id, pk, title, slug in live.values_list(
        "series_id",
        "article_id",
        "article__live_version__snapshot__title",
        "article__live_version__snapshot__slug",
    ):
        listed[series_id].append({"id": pk, "title": title, "slug": slug})
    return {pk: (series, listed[series.pk]) for pk, series in mine.items()}
