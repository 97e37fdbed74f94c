"""The media library: files with their words, rights and variants."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
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


class Media(SharedRow):
    SYNC_KIND = ItemKind.MEDIA
    SHOWN = ("file", "alt_text", "caption", "credit", "variants", "width", "height")

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
    licence_expires_at = models.DateTimeField(null=True, blank=True)
    focal_x = models.FloatField(
        default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    focal_y = models.FloatField(
        default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )

    processing_status = models.CharField(
        max_length=50, choices=Processing, default=Processing.PENDING, editable=False
    )
    variants = models.JSONField(default=list, blank=True, editable=False)
    """[{"url", "width", "height", "type"}], smallest first."""

    folder = models.ForeignKey(
        MediaFolder, on_delete=models.PROTECT, null=True, blank=True
    )
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "media"
        ordering = ["-uploaded_at"]
        verbose_name_plural = "media"

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

    def as_image(self):
        """What renderers and public rows know of an image."""
        return {
            "url": self.url,
            "alt": "" if self.is_decorative else self.alt_text,
            "width": self.width,
            "height": self.height,
            "caption": self.caption,
            "credit": self.credit,
            "variants": self.variants,
        }
