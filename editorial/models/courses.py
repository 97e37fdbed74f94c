"""Courses: sections of lessons, published as one item."""

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from cms.uuids import uuid7
from editorial import blocks
from editorial.gaps import Gap
from editorial.models.articles import images
from editorial.models.live import LiveUse
from editorial.models.media import Media
from editorial.models.workflow import Publishable


class Course(Publishable):
    class Difficulty(models.TextChoices):
        BEGINNER = "beginner", "Beginner"
        INTERMEDIATE = "intermediate", "Intermediate"
        ADVANCED = "advanced", "Advanced"

    KIND = "course"
    OWNER_FIELD = "instructor"

    description = models.TextField(blank=True)
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="courses"
    )
    difficulty_level = models.CharField(max_length=50, choices=Difficulty, blank=True)
    estimated_duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    is_free = models.BooleanField("free", default=True)
    price_cents = models.PositiveIntegerField(
        "price in cents", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    currency = models.CharField(max_length=3, default="USD")

    class Meta(Publishable.Meta):
        db_table = "courses"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(is_free=True)
                | models.Q(price_cents__isnull=False, price_cents__gt=0),
                name="paid_course_has_a_price",
                violation_error_message="A course that is not free needs a price.",
            ),
        ]

    def snapshot(self):
        return super().snapshot() | {
            "description": self.description,
            "difficulty_level": self.difficulty_level,
            "estimated_duration_minutes": self.estimated_duration_minutes,
            "is_free": self.is_free,
            "price_cents": self.price_cents,
            "currency": self.currency,
            "sections": [
                {
                    "id": str(section.pk),
                    "title": section.title,
                    "description": section.description,
                    "lessons": [lesson.snapshot() for lesson in section.lessons.all()],
                }
                for section in self.sections.prefetch_related("lessons")
            ],
        }

    def render(self, snapshot):
        lessons = [
            lesson for section in snapshot["sections"] for lesson in section["lessons"]
        ]
        used = set().union(*(blocks.media_ids(one["blocks"]) for one in lessons))
        media = images(used)
        rendered = {
            lesson["id"]: {
                "html": blocks.render(lesson["blocks"], media=media),
                "text": blocks.plain_text(lesson["blocks"]),
            }
            for lesson in lessons
        }
        description, _ = blocks.from_html(snapshot["description"])
        return {
            "html": blocks.render(description),
            "text": blocks.plain_text(description),
            "lessons": rendered,
        }

    def body_media(self, snapshot):
        return media_of(lessons_of(snapshot))

    def uses(self):
        """What only gated lessons show is used, but is not public by that."""
        found, snapshot = super().uses(), self.live_version.snapshot
        if snapshot["is_free"]:
            return found
        lessons = lessons_of(snapshot)
        in_the_open = media_of(one for one in lessons if one["is_preview"])
        in_the_open |= {snapshot["image"], snapshot["seo"].get("og_image_id")}
        behind = media_of(lessons) - in_the_open
        return found | {uuid.UUID(pk): LiveUse.GATED_MEDIA for pk in behind}

    def restore(self, snapshot):
        super().restore(snapshot)
        for name in (
            "description",
            "difficulty_level",
            "estimated_duration_minutes",
            "is_free",
            "price_cents",
            "currency",
        ):
            setattr(self, name, snapshot[name])
        kept_sections, kept_lessons = [], []
        for order, section in enumerate(snapshot["sections"]):
            kept_sections.append(section["id"])
            CourseSection.objects.update_or_create(
                pk=section["id"],
                defaults={
                    "course": self,
                    "title": section["title"],
                    "description": section["description"],
                    "order_index": order,
                },
            )
            kept_lessons += [lesson["id"] for lesson in section["lessons"]]
        # Lessons that go are deleted first: their addresses may be wanted.
        self.lessons.exclude(pk__in=kept_lessons).delete()
        for section in snapshot["sections"]:
            for order, lesson in enumerate(section["lessons"]):
                Lesson.objects.update_or_create(
                    pk=lesson["id"],
                    defaults={
                        "course": self,
                        "section_id": section["id"],
                        "title": lesson["title"],
                        "slug": lesson["slug"],
                        "description": lesson["description"],
                        "content_type": lesson["content_type"],
                        "is_preview": lesson["is_preview"],
                        "video": Media.objects.filter(pk=lesson["video"]).first(),
                        "content_blocks": lesson["blocks"],
                        "order_index": order,
                    },
                )
        self.sections.exclude(pk__in=kept_sections).delete()

    def gaps(self):
        found = super().gaps()
        lessons = list(Lesson.objects.filter(course=self))
        if not any(lesson.has_body() for lesson in lessons):
            first = str(lessons[0].pk) if lessons else ""
            sentence = "Add at least one lesson with a body."
            found.append(Gap(sentence, "lessons", lesson=first))
        return found


def lessons_of(snapshot):
    return [lesson for section in snapshot["sections"] for lesson in section["lessons"]]


def media_of(lessons):
    """Ids of the videos and images of these lessons (of a snapshot)."""
    found = set()
    for lesson in lessons:
        found |= blocks.media_ids(lesson["blocks"])
        if lesson["video"]:
            found.add(lesson["video"])
    return found


class CourseSection(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="sections"
    )
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    order_index = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "course_sections"
        ordering = ["order_index", "id"]

    def __str__(self):
        return self.title


class Lesson(models.Model):
    class ContentType(models.TextChoices):
        TEXT = "text", "Text"
        VIDEO = "video", "Video"
        QUIZ = "quiz", "Quiz"
        INTERACTIVE = "interactive", "Interactive"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="lessons")
    section = models.ForeignKey(
        CourseSection, on_delete=models.CASCADE, related_name="lessons"
    )
    title = models.CharField(max_length=500)
    slug = models.SlugField("address", max_length=500, allow_unicode=True)
    description = models.TextField(blank=True)
    content_type = models.CharField(
        max_length=50, choices=ContentType, default=ContentType.TEXT
    )
    content_blocks = models.JSONField(default=list, blank=True)
    video = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    order_index = models.PositiveIntegerField(default=0)
    is_preview = models.BooleanField(
        "free preview", default=False, help_text="Anyone may read it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "lessons"
        ordering = ["order_index", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "slug"],
                name="lesson_address_in_course",
                violation_error_message="Another lesson here has this address.",
            )
        ]

    def __str__(self):
        return self.title

    def has_body(self):
        return bool(
            self.video_id or blocks.plain_text(self.content_blocks or []).strip()
        )

    def snapshot(self):
        return {
            "id": str(self.pk),
            "title": self.title,
            "slug": self.slug,
            "description": self.description,
            "content_type": self.content_type,
            "is_preview": self.is_preview,
            "video": str(self.video_id) if self.video_id else None,
            "blocks": self.content_blocks or [],
        }
