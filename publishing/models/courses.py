"""Published courses and their lessons.

The body of a lesson that must be paid for stands in `GatedLesson`, a table that the
public service's role cannot read: PostgreSQL refuses, not a template.
"""

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.urls import reverse

from publishing.models.publication import Publication


class PublishedCourseQuerySet(models.QuerySet):
    def newest_first(self):
        return self.order_by("-first_published_at", "-id")

    def in_category(self, path):
        return self.filter(category_path__descendant_of=path)

    def tagged(self, slug):
        return self.filter(tag_slugs__contains=[slug])

    def by(self, author_id):
        return self.filter(author_id=author_id)

    def for_cards(self):
        """Only what a listing shows."""
        return self.select_related("counters").only(*CARD_FIELDS)


class PublishedCourse(Publication):
    """A live course; the `author_*` columns hold its instructor."""

    description = models.TextField(blank=True)
    description_html = models.TextField(blank=True)
    difficulty_level = models.CharField(max_length=50, blank=True)
    estimated_duration_minutes = models.PositiveIntegerField(null=True)
    lesson_count = models.PositiveIntegerField(default=0)
    is_free = models.BooleanField(default=True)
    price_cents = models.PositiveIntegerField(null=True)
    currency = models.CharField(max_length=3, default="USD")
    curriculum = models.JSONField(default=list, db_column="curriculum_json")
    """[{"id", "title", "description", "lessons": [{"id", "title", "slug",
    "description", "content_type", "is_preview", "duration_seconds"}]}]."""

    objects = PublishedCourseQuerySet.as_manager()

    class Meta:
        db_table = "published_courses"
        indexes = [
            models.Index(fields=["slug", "-published_at"], name="course_slug"),
            models.Index(fields=["-first_published_at", "-id"], name="course_newest"),
            models.Index(
                fields=["category_id", "-first_published_at"], name="course_category"
            ),
            models.Index(
                fields=["author_id", "-first_published_at"], name="course_instructor"
            ),
            GistIndex(fields=["category_path"], name="course_category_path"),
            GinIndex(fields=["tag_slugs"], name="course_tags"),
            GinIndex(fields=["search_vector"], name="course_search"),
        ]

    def get_absolute_url(self):
        return reverse("publishing:course", args=[self.slug])


CARD_FIELDS = (
    "id",
    "slug",
    "title",
    "description",
    "author_name",
    "author_slug",
    "category_name",
    "category_slug",
    "image",
    "first_published_at",
    "difficulty_level",
    "estimated_duration_minutes",
    "lesson_count",
    "is_free",
    "price_cents",
    "currency",
    "counters__comment_count",
    "counters__enrollment_count",
    "counters__rating_sum",
    "counters__rating_count",
)


class PublishedLesson(models.Model):
    """A lesson of a live course. Its body is here only if anyone may read it."""

    class ContentType(models.TextChoices):
        VIDEO = "video", "Video"
        TEXT = "text", "Text"
        QUIZ = "quiz", "Quiz"
        INTERACTIVE = "interactive", "Interactive"

    id = models.UUIDField(primary_key=True)
    course = models.ForeignKey(
        PublishedCourse,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="lessons",
    )
    section_id = models.UUIDField()
    section_title = models.CharField(max_length=500)
    slug = models.CharField(max_length=500)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    content_type = models.CharField(max_length=50, choices=ContentType)
    content_html = models.TextField(blank=True)
    content_json = models.JSONField(default=list)
    video_url = models.TextField(blank=True)
    video_duration_seconds = models.PositiveIntegerField(null=True)
    section_order = models.PositiveIntegerField()
    lesson_order = models.PositiveIntegerField()
    is_preview = models.BooleanField(default=False)
    is_gated = models.BooleanField(default=False)
    """True: body and video are in `GatedLesson`, and empty here."""
    content_version = models.PositiveIntegerField()
    synced_at = models.DateTimeField()

    class Meta:
        db_table = "published_lessons"
        constraints = [
            models.UniqueConstraint(
                fields=["course", "slug"], name="lesson_slug_in_course"
            ),
            models.CheckConstraint(
                condition=models.Q(is_gated=False)
                | models.Q(content_html="", content_json=[], video_url=""),
                name="gated_lesson_shows_nothing",
            ),
        ]
        indexes = [
            models.Index(
                fields=["course", "section_order", "lesson_order"], name="lesson_order"
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("publishing:lesson", args=[self.course.slug, self.slug])


class GatedLesson(models.Model):
    """The body of a lesson that only enrolled members may read."""

    id = models.UUIDField(primary_key=True)
    course_id = models.UUIDField(db_index=True)
    content_html = models.TextField(blank=True)
    content_json = models.JSONField(default=list)
    video_url = models.TextField(blank=True)

    class Meta:
        db_table = "gated_lessons"

    def __str__(self):
        return str(self.id)
