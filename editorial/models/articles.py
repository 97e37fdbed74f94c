"""Articles: posts and pages, made of blocks."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cms.uuids import uuid7
from editorial import blocks
from editorial.gaps import Gap
from editorial.models.media import Media
from editorial.models.workflow import Publishable


class Article(Publishable):
    class Kind(models.TextChoices):
        POST = "post", "Post"
        PAGE = "page", "Page"

    class Format(models.TextChoices):
        STANDARD = "standard", "Standard"
        ASIDE = "aside", "Aside"
        AUDIO = "audio", "Audio"
        CHAT = "chat", "Chat"
        GALLERY = "gallery", "Gallery"
        IMAGE = "image", "Image"
        LINK = "link", "Link"
        QUOTE = "quote", "Quote"
        STATUS = "status", "Status"
        VIDEO = "video", "Video"

    KIND = "article"
    OWNER_FIELD = "author"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.POST)
    post_format = models.CharField(
        "format", max_length=20, choices=Format, default=Format.STANDARD
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="Pages only: the page above this one.",
    )
    excerpt = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="articles"
    )
    is_featured = models.BooleanField(
        "featured", default=False, help_text="Leads the home page and its category."
    )
    comments_open = models.BooleanField("comments are open", default=True)
    menu_order = models.IntegerField(default=0)

    class Meta(Publishable.Meta):
        db_table = "articles"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind="page") | models.Q(parent__isnull=True),
                name="only_pages_have_parents",
            ),
        ]

    def block_list(self):
        """The body as `editorial.blocks` knows it: [{"id", "type", "content"}]."""
        return [
            {"id": str(row.pk), "type": row.block_type, "content": row.content}
            for row in self.blocks.all()
        ]

    def snapshot(self):
        return super().snapshot() | {
            "kind": self.kind,
            "format": self.post_format,
            "parent": str(self.parent_id) if self.parent_id else None,
            "excerpt": self.excerpt,
            "is_featured": self.is_featured,
            "comments_open": self.comments_open,
            "menu_order": self.menu_order,
            "blocks": self.block_list(),
        }

    def render(self, snapshot):
        body = snapshot["blocks"]
        return {
            "html": blocks.render(body, media=images(blocks.media_ids(body))),
            "text": blocks.plain_text(body),
        }

    def body_media(self, snapshot):
        return blocks.media_ids(snapshot["blocks"])

    def restore(self, snapshot):
        super().restore(snapshot)
        self.kind = snapshot["kind"]
        self.post_format = snapshot["format"]
        self.parent = Article.objects.filter(pk=snapshot["parent"]).first()
        self.excerpt = snapshot["excerpt"]
        self.is_featured = snapshot["is_featured"]
        self.comments_open = snapshot["comments_open"]
        self.menu_order = snapshot["menu_order"]
        self.set_blocks(snapshot["blocks"])

    def set_blocks(self, body):
        """Replace the body; only rows that differ are written.

        `body` is [{"id", "type", "content"}, …]. Raises ValidationError that names
        the faulty block. Call it inside `actions.editing`.
        """
        blocks.validate(body)
        rows = {str(row.pk): row for row in self.blocks.all()}
        taken = {
            str(pk)
            for pk in ArticleBlock.objects.filter(pk__in=[one["id"] for one in body])
            .exclude(article=self)
            .values_list("pk", flat=True)
        }
        wanted, fresh = set(), []
        for index, block in enumerate(body):
            row = rows.get(block["id"]) or ArticleBlock(article=self)
            if row._state.adding and block["id"] not in taken:
                row.pk = block["id"]
            wanted.add(str(row.pk))
            new = (block["type"], block["content"], index)
            if (row.block_type, row.content, row.order_index) != new:
                row.block_type, row.content, row.order_index = new
                if row._state.adding:
                    fresh.append(row)
                else:
                    row.save()
        ArticleBlock.objects.bulk_create(fresh)
        self.blocks.exclude(pk__in=wanted).delete()
        self._prefetched_objects_cache = {}

    def gaps(self):
        found = super().gaps()
        body = self.block_list()
        if not blocks.plain_text(body).strip() and not blocks.media_ids(body):
            found.append(Gap("Write the body: it is empty.", "body"))
        return found


class ArticleBlock(models.Model):
    """One block of an article's working copy. Its id is kept across edits."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="blocks"
    )
    block_type = models.CharField(max_length=50)
    content = models.JSONField()
    order_index = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "article_content_blocks"
        ordering = ["order_index"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "order_index"],
                name="one_block_at_a_place",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]
        indexes = [
            # "Where is this image used?", among the few blocks that show one.
            GinIndex(
                fields=["content"],
                opclasses=["jsonb_path_ops"],
                condition=models.Q(block_type__in=["image", "gallery"]),
                name="block_shows_media",
            )
        ]

    def __str__(self):
        return f"{self.order_index}: {self.block_type}"


def images(ids):
    """{media id: what a renderer needs} for the ids that exist."""
    return {
        str(found.pk): found.as_image() for found in Media.objects.filter(pk__in=ids)
    }
