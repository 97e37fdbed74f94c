"""The shapes of the content API's answers, as the OpenAPI document tells them.

PostgreSQL makes the answers (`publishing.api.sql`); these describe them.
"""

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers

from publishing.models import PublishedLesson

Text = serializers.CharField


class Shape(serializers.Serializer):
    """Known to the document as `Published…`: the newsroom has articles, too."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        set_override(cls, "component_name", f"Published{cls.__name__}")


def slug_parameter(example, name="slug"):
    return OpenApiParameter(
        name,
        {"type": "string", "minLength": 1, "maxLength": 500},
        OpenApiParameter.PATH,
        examples=[OpenApiExample("A real one", value=example)],
    )


def page_of(shape):
    return inline_serializer(
        f"PageOfPublished{shape.__name__}",
        {
            "results": shape(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The page after this one."
            ),
            "previous": serializers.URLField(
                allow_null=True, help_text="The page before this one."
            ),
        },
    )


class Reference(Shape):
    name = Text()
    slug = Text()


class TitleReference(Shape):
    title = Text()
    slug = Text()


class CategoryReference(Reference):
    id = serializers.UUIDField()


class TagReference(Reference):
    id = serializers.UUIDField()


class Related(TitleReference):
    id = serializers.UUIDField()


class AuthorReference(Reference):
    id = serializers.UUIDField()
    avatar_url = Text(allow_null=True)


class Variant(Shape):
    url = serializers.URLField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    type = Text()


class Image(Shape):
    url = serializers.URLField()
    alt = Text(allow_blank=True)
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    caption = Text(allow_blank=True)
    credit = Text(allow_blank=True)
    variants = Variant(many=True)


class Seo(Shape):
    title = Text(allow_blank=True)
    description = Text(allow_blank=True)
    keywords = serializers.ListField(child=Text())
    canonical_url = Text(allow_null=True)
    og_title = Text(allow_blank=True)
    og_description = Text(allow_blank=True)
    og_image_url = Text(allow_null=True)
    no_index = serializers.BooleanField()
    no_follow = serializers.BooleanField()


class ArticleCounters(Shape):
    views = serializers.IntegerField()
    reactions = serializers.IntegerField()
    likes = serializers.IntegerField()
    comments = serializers.IntegerField()
    shares = serializers.IntegerField()


class Block(Shape):
    id = Text()
    type = Text()
    content = serializers.DictField()


class ArticleCard(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    url = serializers.URLField(required=False)
    kind = serializers.ChoiceField(choices=["post", "page"], required=False)
    title = Text(required=False)
    excerpt = Text(allow_blank=True, required=False)
    author = AuthorReference(required=False)
    category = CategoryReference(allow_null=True, required=False)
    tags = TagReference(many=True, required=False)
    image = Image(allow_null=True, required=False)
    first_published_at = serializers.DateTimeField(required=False)
    last_modified_at = serializers.DateTimeField(required=False)
    reading_minutes = serializers.IntegerField(required=False)
    word_count = serializers.IntegerField(required=False)
    is_featured = serializers.BooleanField(required=False)
    comments_open = serializers.BooleanField(required=False)
    version = serializers.IntegerField(
        required=False, help_text="The version that readers see."
    )
    counters = ArticleCounters(required=False)


class Article(ArticleCard):
    html = Text(allow_blank=True, required=False, help_text="Sanitised, safe to show.")
    blocks = Block(many=True, required=False)
    breadcrumbs = Reference(many=True, required=False)
    parents = TitleReference(many=True, required=False)
    related = Related(many=True, required=False)
    seo = Seo(required=False)
    structured_data = serializers.DictField(required=False, help_text="JSON-LD.")


class CourseCounters(Shape):
    views = serializers.IntegerField()
    reactions = serializers.IntegerField()
    comments = serializers.IntegerField()
    enrollments = serializers.IntegerField()
    completions = serializers.IntegerField()
    ratings = serializers.IntegerField()
    rating_average = serializers.FloatField(allow_null=True)


class CourseCard(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    url = serializers.URLField(required=False)
    title = Text(required=False)
    description = Text(allow_blank=True, required=False)
    instructor = AuthorReference(required=False)
    category = CategoryReference(allow_null=True, required=False)
    tags = TagReference(many=True, required=False)
    image = Image(allow_null=True, required=False)
    first_published_at = serializers.DateTimeField(required=False)
    last_modified_at = serializers.DateTimeField(required=False)
    difficulty_level = Text(allow_blank=True, required=False)
    estimated_duration_minutes = serializers.IntegerField(
        allow_null=True, required=False
    )
    lesson_count = serializers.IntegerField(required=False)
    is_free = serializers.BooleanField(required=False)
    price_cents = serializers.IntegerField(allow_null=True, required=False)
    currency = Text(required=False)
    version = serializers.IntegerField(required=False)
    counters = CourseCounters(required=False)


class CurriculumLesson(Shape):
    id = serializers.UUIDField()
    slug = Text()
    title = Text()
    description = Text(allow_blank=True)
    content_type = Text()
    is_preview = serializers.BooleanField()
    duration_seconds = serializers.IntegerField(allow_null=True)


class CurriculumSection(Shape):
    id = serializers.UUIDField()
    title = Text()
    description = Text(allow_blank=True)
    lessons = CurriculumLesson(many=True)


class Course(CourseCard):
    html = Text(allow_blank=True, required=False)
    curriculum = CurriculumSection(many=True, required=False)
    breadcrumbs = Reference(many=True, required=False)
    seo = Seo(required=False)
    structured_data = serializers.DictField(required=False)


class LessonCard(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    title = Text(required=False)
    description = Text(allow_blank=True, required=False)
    section = Text(required=False)
    content_type = serializers.ChoiceField(
        choices=PublishedLesson.ContentType.choices, required=False
    )
    video_duration_seconds = serializers.IntegerField(allow_null=True, required=False)
    is_preview = serializers.BooleanField(required=False)
    is_gated = serializers.BooleanField(
        required=False, help_text="Its body is for members who are enrolled."
    )
    version = serializers.IntegerField(required=False)


class LessonCourse(TitleReference):
    id = serializers.UUIDField()


class Lesson(LessonCard):
    url = serializers.URLField(required=False)
    course = LessonCourse(required=False)
    html = Text(allow_null=True, allow_blank=True, required=False)
    blocks = Block(many=True, allow_null=True, required=False)
    video_url = Text(allow_null=True, required=False)


class Category(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    url = serializers.URLField(required=False)
    name = Text(required=False)
    description = Text(allow_blank=True, required=False)
    icon = Text(allow_blank=True, required=False)
    color = Text(allow_blank=True, required=False)
    depth = serializers.IntegerField(required=False)
    is_featured = serializers.BooleanField(required=False)
    breadcrumbs = Reference(many=True, required=False)


class CategoryBranch(Category):
    children = serializers.SerializerMethodField()

    @extend_schema_field(
        {
            "type": "array",
            "items": {"$ref": "#/components/schemas/PublishedCategoryBranch"},
        }
    )
    def get_children(self, branch):
        return branch["children"]


class Tag(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    url = serializers.URLField(required=False)
    name = Text(required=False)
    description = Text(allow_blank=True, required=False)


class Author(Shape):
    id = serializers.UUIDField(required=False)
    slug = Text(required=False)
    url = serializers.URLField(required=False)
    name = Text(required=False)
    avatar_url = Text(allow_null=True, required=False)
    bio = Text(allow_blank=True, required=False)
    website = serializers.URLField(allow_null=True, required=False)
    is_verified = serializers.BooleanField(required=False)


class Hit(Shape):
    kind = serializers.ChoiceField(choices=["article", "course"])
    id = serializers.UUIDField()
    slug = Text()
    url = serializers.URLField()
    title = Text()
    summary = Text(allow_blank=True)
    author = Text()
    category = Text(allow_null=True)
    first_published_at = serializers.DateTimeField()


class FacetValue(Shape):
    value = Text(help_text="What to ask for, e.g. ?category=<value>.")
    name = Text()
    count = serializers.IntegerField()


class Facets(Shape):
    kind = FacetValue(many=True)
    category = FacetValue(many=True)
    tag = FacetValue(many=True)
    author = FacetValue(many=True)
    year = FacetValue(many=True)


class SearchResults(Shape):
    results = Hit(many=True)
    outcome = serializers.ChoiceField(
        choices=["found", "corrected", "some", "nothing"],
        help_text="As asked, with another spelling, some of the words, or nothing.",
    )
    searched_for = Text(help_text="The words that were found in the end.")
    total = serializers.IntegerField(help_text="10,000 at most.")
    is_more = serializers.BooleanField(
        help_text="There are more; the facets count the first 10,000."
    )
    facets = Facets()
    next = serializers.URLField(allow_null=True, help_text="The page after this one.")
    previous = serializers.URLField(
        allow_null=True, help_text="The page before this one."
    )


ARTICLE_EXAMPLE = OpenApiExample(
    "An article, some of its fields (?fields=slug,title,author,version)",
    response_only=True,
    value={
        "slug": "harbour-lights-on",
        "title": "The harbour lights are on again",
        "author": {
            "id": "01990d3c-7a5e-7c1b-9f65-0d6f6a1c2b10",
            "slug": "wim-okafor",
            "name": "Wim Okafor",
            "avatar_url": None,
        },
        "version": 4,
    },
)
