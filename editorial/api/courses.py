"""`/courses`, their sections and their lessons.

Sections and lessons are parts of their course: every change of one is an edit of the
course, `If-Match` is about the course, and a part of another course is not there.
"""

from contextlib import contextmanager

from django.db.models import Max, Prefetch
from django.utils.text import slugify
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from editorial import actions
from editorial.admin.courses import free_lesson_slug
from editorial.api.docs import PARAGRAPH, describe, describe_items, door
from editorial.api.fields import (
    BLOCK,
    LARGEST_INTEGER,
    Body,
    Line,
    Row,
    Strict,
    Text,
    Whole,
    YesOrNo,
    new_raw_html,
)
from editorial.api.items import (
    SHARED_DOORS,
    ItemFilters,
    ItemRow,
    ItemShown,
    ItemView,
    ItemWrite,
    Staff,
    owner_field,
)
from editorial.models import Category, Course, CourseSection, Lesson, Media

MOST_PARTS = 500
"""Sections, or lessons of one section, in one request."""


# --- Courses ----------------------------------------------------------------------


class CourseRow(ItemRow):
    """A course in a list: without its text."""

    instructor = serializers.UUIDField(source="instructor_id", read_only=True)
    instructor_name = serializers.CharField(
        source="instructor.display_name", read_only=True
    )
    difficulty_level = serializers.CharField(read_only=True)
    is_free = serializers.BooleanField(read_only=True)
    price_cents = serializers.IntegerField(read_only=True, allow_null=True)
    currency = serializers.CharField(read_only=True)


class LessonInPlan(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    slug = serializers.CharField(read_only=True)
    content_type = serializers.ChoiceField(
        choices=Lesson.ContentType.choices, read_only=True
    )
    is_preview = serializers.BooleanField(read_only=True)


class SectionShown(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    lessons = LessonInPlan(many=True, read_only=True)


class CourseShown(ItemShown, CourseRow):
    """The working copy of a course, with the plan of its sections and lessons."""

    description = serializers.CharField(read_only=True)
    estimated_duration_minutes = serializers.IntegerField(
        read_only=True, allow_null=True
    )
    sections = serializers.SerializerMethodField()

    @extend_schema_field(SectionShown(many=True))
    def get_sections(self, course):
        return SectionShown(plan_of(course), many=True).data


def plan_of(course):
    """The sections with their lessons, in order, without the texts: two queries."""
    lessons = Lesson.objects.defer("content_blocks", "description")
    return course.sections.prefetch_related(Prefetch("lessons", queryset=lessons))


class CourseWrite(ItemWrite):
    instructor = Staff(
        now=owner_field, required=False, help_text="Another than you: for editors."
    )
    description = Text(max_length=50_000, allow_blank=True, required=False)
    difficulty_level = serializers.ChoiceField(
        choices=Course.Difficulty.choices, allow_blank=True, required=False
    )
    estimated_duration_minutes = Whole(allow_null=True, required=False)
    is_free = serializers.BooleanField(required=False)
    price_cents = Whole(min_value=1, allow_null=True, required=False)
    currency = serializers.RegexField(
        r"\A[A-Z]{3}\Z",
        required=False,
        error_messages={"invalid": "A currency has three letters, e.g. EUR."},
    )


class CourseCreate(CourseWrite):
    title = Line(max_length=500)


class CourseReplace(CourseWrite):
    """A whole course but for its sections, which have addresses of their own. What is
    left out becomes what it is in a new one; the address and the instructor stay."""

    title = Line(max_length=500, allow_blank=True)
    category = Row(queryset=Category.objects.all(), noun="category", allow_null=True)


class CourseFilters(ItemFilters):
    author = None
    instructor = filters.UUIDFilter(method="of_author", help_text="Who teaches it.")
    free = YesOrNo(field_name="is_free")

    class Meta:
        model = Course
        fields = ()


@describe_items(
    "course",
    row=CourseRow,
    shown=CourseShown,
    create=CourseCreate,
    write=CourseWrite,
    replace=CourseReplace,
    parts=SHARED_DOORS,
)
class CourseView(ItemView):
    queryset = Course.objects.none()
    model = Course
    row, shown = CourseRow, CourseShown
    create_fields, write_fields, replace_fields = (
        CourseCreate,
        CourseWrite,
        CourseReplace,
    )
    filterset_class = CourseFilters
    not_in_rows = ("structured_data", "description")
    item_fields = (
        "title",
        "category",
        "featured_image",
        "assigned_editor",
        "instructor",
        "description",
        "difficulty_level",
        "estimated_duration_minutes",
        "is_free",
        "price_cents",
        "currency",
    )
    reset = {
        "tags": (),
        "featured_image": None,
        "description": "",
        "difficulty_level": "",
        "estimated_duration_minutes": None,
        "is_free": True,
        "price_cents": None,
        "currency": "USD",
    }

    def put_on(self, item, data):
        super().put_on(item, data)
        if not item.is_free and not item.price_cents:
            raise serializers.ValidationError(
                {"price_cents": ["A course that is not free needs a price."]}
            )

    # Parts ------------------------------------------------------------------------

    def find_to_edit(self, pk):
        course = self.find(pk)
        self.check_editable(course)
        return course

    @contextmanager
    def editing(self, course):
        """A change of a part, in the frame of every edit of the course."""
        must = self.request.method != "POST"
        with (
            self.seen(course, must=must) as seen,
            actions.editing(
                seen,
                by=self.request.user,
                seen_revision=seen.revision,
                origin=self.origin,
            ) as fresh,
        ):
            yield fresh

    def part(self, course, model, pk):
        """A section or lesson of this course; one of another is not there."""
        found = model.objects.filter(course=course, pk=pk).first()
        if found is None:
            self.not_found(model._meta.verbose_name)
        return found

    def part_answer(self, course, shown, status=200):
        """A part, with the course's state for the next `If-Match`."""
        fresh = Course.objects.only("revision", "updated_at").get(pk=course.pk)
        return Response(
            shown.data, status=status, headers={"ETag": self.etag_of(fresh)}
        )


ABOUT_THE_COURSE = (
    "If-Match is the ETag of the course; every answer about a part of it carries it."
)

# --- Sections ---------------------------------------------------------------------


class SectionWrite(Strict):
    title = Line(max_length=500, required=False)
    description = Text(max_length=5000, allow_blank=True, required=False)


class SectionCreate(SectionWrite):
    title = Line(max_length=500)


class Order(Strict):
    """Every id, once, in the order that is wanted."""

    order = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_PARTS, allow_empty=False
    )


@describe(
    "sections",
    sections=door(
        "List the sections, with their lessons", gives=SectionShown(many=True)
    ),
    add_section=door(
        "Add a section at the end",
        takes=SectionCreate,
        gives=SectionShown,
        status=201,
        example={"title": "Basics"},
        if_match=True,
    ),
    section=door("Read a section", gives=SectionShown),
    change_section=door(
        "Change a section",
        takes=SectionWrite,
        gives=SectionShown,
        example={"title": "The basics"},
        says=ABOUT_THE_COURSE,
    ),
    drop_section=door(
        "Delete a section with its lessons", status=204, says=ABOUT_THE_COURSE
    ),
    order_sections=door(
        "Put the sections in order",
        takes=Order,
        gives=SectionShown(many=True),
        example={"order": ["01980000-0000-7000-8000-000000000000"]},
        says=ABOUT_THE_COURSE,
        if_match=True,
    ),
    order_lessons=door(
        "Put the lessons of a section in order",
        takes=Order,
        gives=SectionShown,
        example={"order": ["01980000-0000-7000-8000-000000000000"]},
        says=ABOUT_THE_COURSE,
        if_match=True,
    ),
)
class SectionView(CourseView):
    def sections(self, request, pk):
        course = self.find(pk)
        return self.part_answer(course, SectionShown(plan_of(course), many=True))

    def add_section(self, request, pk):
        course = self.find_to_edit(pk)
        data = self.taken(SectionCreate, request, item=course)
        with self.editing(course) as fresh:
            section = CourseSection.objects.create(
                course=fresh, order_index=next_place(fresh.sections), **data
            )
        return self.part_answer(course, SectionShown(section), 201)

    def section(self, request, pk, section):
        course = self.find(pk)
        found = self.part(course, CourseSection, section)
        return self.part_answer(course, SectionShown(found))

    def change_section(self, request, pk, section):
        course = self.find(pk)
        self.part(course, CourseSection, section)
        self.check_editable(course)
        data = self.taken(SectionWrite, request, item=course, partial=True)
        with self.editing(course) as fresh:
            found = self.part(fresh, CourseSection, section)
            for name, value in data.items():
                setattr(found, name, value)
            found.save()
        return self.part_answer(course, SectionShown(found))

    def drop_section(self, request, pk, section):
        course = self.find(pk)
        self.part(course, CourseSection, section)
        self.check_editable(course)
        with self.editing(course) as fresh:
            self.part(fresh, CourseSection, section).delete()
        return Response(status=204)

    def order_sections(self, request, pk):
        course = self.find_to_edit(pk)
        wanted = self.taken(Order, request, item=course)["order"]
        with self.editing(course) as fresh:
            put_in_order(fresh.sections.all(), wanted)
        return self.part_answer(course, SectionShown(plan_of(course), many=True))

    def order_lessons(self, request, pk, section):
        course = self.find(pk)
        self.part(course, CourseSection, section)
        self.check_editable(course)
        wanted = self.taken(Order, request, item=course)["order"]
        with self.editing(course) as fresh:
            found = self.part(fresh, CourseSection, section)
            put_in_order(found.lessons.all(), wanted)
        return self.part_answer(course, SectionShown(found))


def next_place(parts):
    last = parts.aggregate(last=Max("order_index"))["last"]
    return min(0 if last is None else last + 1, LARGEST_INTEGER)


def put_in_order(parts, wanted):
    """Give each part its place; the list must name all of them, each once."""
    known = {part.pk: part for part in parts}
    if len(wanted) != len(known) or set(wanted) != set(known):
        raise serializers.ValidationError(
            {"order": ["Name every one of them, each once, and nothing else."]}
        )
    for place, pk in enumerate(wanted):
        if known[pk].order_index != place:
            known[pk].order_index = place
            known[pk].save(update_fields=["order_index", "updated_at"])


# --- Lessons ----------------------------------------------------------------------


class LessonRow(LessonInPlan):
    section = serializers.UUIDField(source="section_id", read_only=True)
    description = serializers.CharField(read_only=True)
    video = serializers.UUIDField(source="video_id", allow_null=True, read_only=True)


@extend_schema_field({"type": "array", "items": BLOCK})
class LessonBody(serializers.Field):
    def to_representation(self, value):
        return value


class LessonShown(LessonRow):
    blocks = LessonBody(source="content_blocks", read_only=True)


class LessonWrite(Strict):
    section = serializers.UUIDField(
        required=False, help_text="A section of the same course."
    )
    title = Line(max_length=500, required=False)
    slug = Text(max_length=200, allow_blank=True, required=False)
    description = Text(max_length=5000, allow_blank=True, required=False)
    content_type = serializers.ChoiceField(
        choices=Lesson.ContentType.choices, required=False
    )
    is_preview = serializers.BooleanField(
        required=False, help_text="Anyone may read it."
    )
    video = Row(
        queryset=Media.objects.filter(file_type=Media.FileType.VIDEO),
        noun="video",
        allow_null=True,
        required=False,
    )
    blocks = Body(source="content_blocks", required=False)

    def validate_section(self, pk):
        found = CourseSection.objects.filter(course=self.context["item"], pk=pk).first()
        if found is None:
            raise serializers.ValidationError("This course has no such section.")
        return found

    def validate_slug(self, value):
        return slugify(value, allow_unicode=True)[:200]

    def validate_blocks(self, body):
        lesson, course = self.context.get("lesson"), self.context["item"]
        if new_raw_html(body, (lesson and lesson.content_blocks) or []):
            actions.check(self.context["request"].user, "insert_raw_html", course)
        return body


class LessonCreate(LessonWrite):
    section = serializers.UUIDField(help_text="A section of the same course.")
    title = Line(max_length=500)


@describe(
    "lessons",
    lessons=door("List the lessons, without texts", gives=LessonRow(many=True)),
    add_lesson=door(
        "Add a lesson at the end of a section",
        takes=LessonCreate,
        gives=LessonShown,
        status=201,
        example={
            "section": "01980000-0000-7000-8000-000000000000",
            "title": "Knots",
            "is_preview": True,
            "blocks": [PARAGRAPH],
        },
        if_match=True,
    ),
    lesson=door("Read a lesson", gives=LessonShown),
    change_lesson=door(
        "Change a lesson, or move it to another section",
        takes=LessonWrite,
        gives=LessonShown,
        example={"title": "Knots and hitches"},
        says=ABOUT_THE_COURSE,
    ),
    drop_lesson=door("Delete a lesson", status=204, says=ABOUT_THE_COURSE),
)
class LessonView(CourseView):
    def lessons(self, request, pk):
        course = self.find(pk)
        found = Lesson.objects.filter(course=course).defer("content_blocks")
        found = found.order_by("section__order_index", "section", "order_index", "id")
        return self.part_answer(course, LessonRow(found, many=True))

    def add_lesson(self, request, pk):
        course = self.find_to_edit(pk)
        data = self.taken(LessonCreate, request, item=course)
        with self.editing(course) as fresh:
            section = self.part(fresh, CourseSection, data.pop("section").pk)
            lesson = Lesson(
                course=fresh,
                section=section,
                order_index=next_place(section.lessons),
                **data,
            )
            free_lesson_slug(lesson)
            lesson.save()
        return self.part_answer(course, LessonShown(lesson), 201)

    def lesson(self, request, pk, lesson):
        course = self.find(pk)
        return self.part_answer(course, LessonShown(self.part(course, Lesson, lesson)))

    def change_lesson(self, request, pk, lesson):
        course = self.find(pk)
        old = self.part(course, Lesson, lesson)
        self.check_editable(course)
        data = self.taken(LessonWrite, request, item=course, partial=True, lesson=old)
        with self.editing(course) as fresh:
            found = self.part(fresh, Lesson, lesson)
            if section := data.get("section"):
                data["section"] = self.part(fresh, CourseSection, section.pk)
                if section.pk != found.section_id:
                    found.order_index = next_place(data["section"].lessons)
            for name, value in data.items():
                setattr(found, name, value)
            free_lesson_slug(found)
            found.save()
        return self.part_answer(course, LessonShown(found))

    def drop_lesson(self, request, pk, lesson):
        course = self.find(pk)
        self.part(course, Lesson, lesson)
        self.check_editable(course)
        with self.editing(course) as fresh:
            self.part(fresh, Lesson, lesson).delete()
        return Response(status=204)
