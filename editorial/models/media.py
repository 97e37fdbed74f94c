"""The media library: files with their words, rights and variants."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.outbox import ItemKind
from editorial.models.shared import SharedRow


class MediaFolder(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="folders",
    )

    class Meta:
        db_table = "media_folders"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="one_folder_of_a_name",
                nulls_distinct=False,
            )
        ]

    def __str__(self):
        return self.name


HARMLESS = frozenset(
    ["jpg", "jpeg", "png", "gif", "webp", "avif", "pdf", "mp3", "m4a", "oga", "ogg"]
    + ["wav", "mp4", "m4v", "webm", "mov", "avi", "txt", "csv", "doc", "docx", "xls"]
    + ["xlsx", "ppt", "pptx", "odt", "ods", "odp", "epub", "zip"]
)
"""Endings under which a browser runs nothing. Any other becomes .bin."""


def upload_path(media, filename):
    """One folder for each medium: two files of one name never meet."""
    stem, _, ending = filename.rpartition(".")
    if ending.lower() not in HARMLESS:
        filename = f"{stem or ending}.bin"
    return f"{media.uploaded_at:%Y/%m}/{media.id.hex}/{filename}"


LICENCE_WARNING = timedelta(days=30)
"""How long before its licence ends a file begins to warn."""

CROP = ("x", "y", "width", "height")
LEAST_CROP = 0.05
"""No side of a crop is smaller than this part of the image's side."""


def is_a_crop(crop):
    """None where the whole image is shown; else where it is cut, in fractions."""
    if crop is None:
        return
    numbers = [crop.get(name) for name in CROP] if isinstance(crop, dict) else []
    if set(crop or ()) != set(CROP) or not all(
        isinstance(one, (int, float)) and not isinstance(one, bool) and 0 <= one <= 1
        for one in numbers
    ):
        raise ValidationError(
            "A crop is x, y, width and height, each a fraction between 0 and 1."
        )
    x, y, width, height = numbers
    if x + width > 1.001 or y + height > 1.001:
        raise ValidationError("The crop reaches beyond the edge of the image.")
    if width < LEAST_CROP or height < LEAST_CROP:
        raise ValidationError(
            "The crop leaves too little of the image. Make it larger."
        )


SHOWN_ANYWHERE = """
    SELECT used_id FROM live_uses
    UNION SELECT featured_image_id FROM articles
    UNION SELECT og_image_id FROM articles
    UNION SELECT featured_image_id FROM courses
    UNION SELECT og_image_id FROM courses
    UNION SELECT video_id FROM lessons
    UNION SELECT CAST(shown #>> '{}' AS uuid) FROM (
        SELECT jsonb_path_query(content, '$.**.media') AS shown
        FROM article_content_blocks
        WHERE block_type NOT IN
            ('paragraph', 'heading', 'code', 'html', 'embed', 'divider')
        UNION ALL
        SELECT jsonb_path_query(content_blocks, '$.**.media') FROM lessons
    ) AS in_texts WHERE shown #>> '{}' ~ '^[0-9a-f-]{36}$'
"""
"""Ids of the media that anything shows, live or draft; some may be null."""


class MediaQuerySet(models.QuerySet):
    def images(self):
        return self.filter(file_type=Media.FileType.IMAGE)

    def with_words(self, words):
        """Each word stands in the name, the words for readers, or a tag."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                Q(title__icontains=word)
                | Q(original_filename__icontains=word)
                | Q(alt_text__icontains=word)
                | Q(caption__icontains=word)
                | Q(credit__icontains=word)
                | Q(source__icontains=word)
                | Q(tags__contains=[word.lower()])
            )
        return found

    def tagged(self, tag):
        return self.filter(tags__contains=[tag])

    def without_alt(self):
        return self.images().filter(alt_text="", is_decorative=False)

    def licence_ending(self, on=None):
        """Ends within thirty days, or has ended; the most urgent first."""
        until = (on or timezone.localdate()) + LICENCE_WARNING
        return self.filter(licence_expires_on__lte=until).order_by(
            "licence_expires_on", "id"
        )

    def licence_ended(self, on=None):
        return self.filter(licence_expires_on__lt=on or timezone.localdate())

    def unprocessed(self):
        return self.filter(
            processing_status__in=[Media.Processing.FAILED, Media.Processing.MISSING]
        )

    def unused(self):
        """Shown by nothing, live or draft. Reads every picture block: for one page."""
        shown = RawSQL(  # noqa: S611  (a constant)
            f"SELECT used_id FROM ({SHOWN_ANYWHERE}) AS shown "  # noqa: S608
            "WHERE used_id IS NOT NULL",
            [],
        )
        return self.exclude(pk__in=shown)


class Media(SharedRow):
    SYNC_KIND = ItemKind.MEDIA
    SHOWN = (
        "file", "alt_text", "is_decorative", "caption", "credit", "variants",
        "renditions", "width", "height", "focal_x", "focal_y",
    )  # fmt: skip

    class FileType(models.TextChoices):
        IMAGE = "image", "Image"
        VIDEO = "video", "Video"
        AUDIO = "audio", "Audio"
        DOCUMENT = "document", "Document"
        OTHER = "other", "Other"

    class Processing(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        MISSING = "missing", "File is missing"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    original_filename = models.CharField(max_length=500, blank=True)
    file = models.FileField(
        upload_to=upload_path, max_length=1000, blank=True, db_column="storage_path"
    )
    source_url = models.TextField(
        blank=True, help_text="Where an imported file came from."
    )
    file_type = models.CharField(
        max_length=50, choices=FileType, default=FileType.IMAGE
    )
    mime_type = models.CharField(max_length=100, blank=True)
    file_size_bytes = models.BigIntegerField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_seconds = models.PositiveIntegerField(null=True, blank=True)

    title = models.CharField(max_length=500, blank=True)
    alt_text = models.TextField(
        "alternative text",
        blank=True,
        help_text="What a reader who cannot see the image needs to know.",
    )
    is_decorative = models.BooleanField(
        default=False, help_text="Adds nothing to the text; read out as nothing."
    )
    caption = models.TextField(blank=True)
    credit = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=255, blank=True)
    licence_expires_on = models.DateField(
        "licence ends on",
        null=True,
        blank=True,
        db_index=True,
        help_text="The last day on which it may be shown. Empty: for ever.",
    )
    source = models.CharField(
        max_length=500,
        blank=True,
        help_text="Where it came from: an agency, a person, an address.",
    )
    focal_x = models.FloatField(
        default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    focal_y = models.FloatField(
        default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    crop = models.JSONField(
        null=True, blank=True, editable=False, validators=[is_a_crop]
    )
    """{"x", "y", "width", "height"} in fractions of the upright image, or null. The
    file itself is never cut: variants are."""

    processing_status = models.CharField(
        max_length=50, choices=Processing, default=Processing.PENDING, editable=False
    )
    variants = models.JSONField(default=list, blank=True, editable=False)
    """[{"url", "width", "height", "type"}], smallest first."""
    renditions = models.JSONField(default=dict, blank=True, editable=False)
    """What else was made of it: "plain" for browsers and programs that know neither
    AVIF nor WebP, "social" for cards; with the "crop" and "size" they were made by."""
    processing_note = models.TextField(blank=True, editable=False)
    """Why it failed, for people."""
    is_animated = models.BooleanField(default=False, editable=False)
    content_hash = models.CharField(
        max_length=64, blank=True, db_index=True, editable=False
    )
    """SHA-256 of the file as it came in: the same file is recognised."""

    folder = models.ForeignKey(
        MediaFolder, on_delete=models.PROTECT, null=True, blank=True
    )
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        db_table = "media"
        ordering = ["-uploaded_at", "-id"]
        verbose_name_plural = "media"
        indexes = [
            models.Index(fields=["-uploaded_at", "-id"], name="media_list"),
        ]

    def __str__(self):
        return self.title or self.original_filename or str(self.id)

    @property
    def url(self):
        """The file's address; the source's where the file itself is missing."""
        return self.file.url if self.file else self.source_url

    @property
    def needs_alt_text(self):
        return (
            self.file_type == self.FileType.IMAGE
            and not self.alt_text
            and not self.is_decorative
        )

    @property
    def is_image(self):
        return self.file_type == self.FileType.IMAGE

    @property
    def small(self):
        """The address of the smallest copy that every browser shows."""
        for one in self.variants:
            if one["type"] != "image/avif":
                return one["url"]
        return self.url

    @property
    def shown_size(self):
        """(width, height) of what readers see: of the crop, once it is made."""
        made = self.renditions.get("size")
        return tuple(made) if made else (self.width, self.height)

    @property
    def shown_focal(self):
        """(x, y) of the focal point within what readers see."""
        crop = self.renditions.get("crop") or {"x": 0, "y": 0, "width": 1, "height": 1}
        return (
            min(1, max(0, round((self.focal_x - crop["x"]) / crop["width"], 3))),
            min(1, max(0, round((self.focal_y - crop["y"]) / crop["height"], 3))),
        )

    @property
    def licence_state(self):
        """ "none", "fine", "ending" within thirty days, or "ended"."""
        if not self.licence_expires_on:
            return "fine" if self.licence else "none"
        left = self.licence_expires_on - timezone.localdate()
        if left < timedelta(0):
            return "ended"
        return "ending" if left <= LICENCE_WARNING else "fine"

    def as_image(self):
        """What renderers and public rows know of an image."""
        width, height = self.shown_size
        known = {
            "url": self.renditions.get("plain", {}).get("url") or self.url,
            "alt": "" if self.is_decorative else self.alt_text,
            "width": width,
            "height": height,
            "caption": self.caption,
            "credit": self.credit,
            "variants": self.variants,
        }
        # Left out where it says nothing, so that rows of older releases stay as they
        # are until something about their image changes.
        if self.shown_focal != (0.5, 0.5):
            known["focal"] = list(self.shown_focal)
        if social := self.renditions.get("social"):
            known["social"] = social["url"]
        return known


class FormerFile(models.Model):
    """Files that a medium no longer consists of, and that pages may still show.

    They go when no public row names them any more, and not before some weeks: copies
    of pages, feeds and cards live longer than our own.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    media = models.ForeignKey(
        Media, on_delete=models.CASCADE, related_name="former_files"
    )
    names = ArrayField(models.CharField(max_length=1000))
    """Names in the storage."""
    left_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        db_table = "media_former_files"
        ordering = ["left_at"]

    def __str__(self):
        return ", ".join(self.names)
