"""Builders for rows of the public store, for tests that begin where delivery ends."""

from datetime import UTC, datetime, timedelta

import factory

from cms.databases import PUBLIC
from cms.uuids import uuid7
from publishing.models import (
    ContentCounter,
    GatedLesson,
    PublicRedirect,
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedLesson,
    PublishedTag,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


class PublicFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True
        database = PUBLIC

    id = factory.LazyFunction(uuid7)
    synced_at = NOON


class CategoryFactory(PublicFactory):
    class Meta:
        model = PublishedCategory

    class Params:
        parent = None

    name = factory.Sequence(lambda n: f"Section {n}")
    slug = factory.Sequence(lambda n: f"section-{n}")

    @factory.lazy_attribute
    def parent_id(self):
        return self.parent.id if self.parent else None

    @factory.lazy_attribute
    def path(self):
        label = self.slug.replace("-", "_")
        return f"{self.parent.path}.{label}" if self.parent else label

    @factory.lazy_attribute
    def depth(self):
        return self.path.count(".")

    @factory.lazy_attribute
    def breadcrumbs(self):
        if self.parent is None:
            return []
        above = {"name": self.parent.name, "slug": self.parent.slug}
        return [*self.parent.breadcrumbs, above]


class TagFactory(PublicFactory):
    class Meta:
        model = PublishedTag

    name = factory.Sequence(lambda n: f"Tag {n}")
    slug = factory.Sequence(lambda n: f"tag-{n}")


class ProfileFactory(PublicFactory):
    class Meta:
        model = PublicUserProfile

    display_name = factory.Sequence(lambda n: f"Writer {n}")
    slug = factory.Sequence(lambda n: f"writer-{n}")


class PublicationFactory(PublicFactory):
    class Meta:
        abstract = True

    class Params:
        category = None
        author = None
        tagged = ()

    slug = factory.Sequence(lambda n: f"story-{n}")
    title = factory.Sequence(lambda n: f"Story {n}")
    content_version = 1
    content_hash = "0" * 64
    published_at = factory.SelfAttribute("first_published_at")
    original_created_at = factory.SelfAttribute("first_published_at")
    last_modified_at = factory.SelfAttribute("first_published_at")
    first_published_at = factory.Sequence(lambda n: NOON + timedelta(minutes=n))

    @factory.lazy_attribute
    def author_id(self):
        return self.author.id if self.author else uuid7()

    @factory.lazy_attribute
    def author_name(self):
        return self.author.display_name if self.author else "Wim de Vries"

    @factory.lazy_attribute
    def author_slug(self):
        return self.author.slug if self.author else "wim"

    @factory.lazy_attribute
    def category_id(self):
        return self.category.id if self.category else None

    @factory.lazy_attribute
    def category_name(self):
        return self.category.name if self.category else ""

    @factory.lazy_attribute
    def category_slug(self):
        return self.category.slug if self.category else ""

    @factory.lazy_attribute
    def category_path(self):
        return self.category.path if self.category else None

    @factory.lazy_attribute
    def breadcrumbs(self):
        if self.category is None:
            return []
        own = {"name": self.category.name, "slug": self.category.slug}
        return [*self.category.breadcrumbs, own]

    @factory.lazy_attribute
    def tags(self):
        return [
            {"id": str(tag.id), "name": tag.name, "slug": tag.slug}
            for tag in self.tagged
        ]

    @factory.lazy_attribute
    def tag_slugs(self):
        return [tag.slug for tag in self.tagged]


class ArticleFactory(PublicationFactory):
    class Meta:
        model = PublishedArticle

    content_html = "<p>The harbour at five.</p>"
    search_text = "The harbour at five."


class CourseFactory(PublicationFactory):
    class Meta:
        model = PublishedCourse

    slug = factory.Sequence(lambda n: f"course-{n}")
    title = factory.Sequence(lambda n: f"Course {n}")


class LessonFactory(PublicFactory):
    class Meta:
        model = PublishedLesson

    id = factory.LazyFunction(uuid7)
    course = factory.SubFactory(CourseFactory)
    section_id = factory.LazyFunction(uuid7)
    section_title = "Beginnings"
    slug = factory.Sequence(lambda n: f"lesson-{n}")
    title = factory.Sequence(lambda n: f"Lesson {n}")
    content_type = PublishedLesson.ContentType.TEXT
    section_order = 0
    lesson_order = factory.Sequence(lambda n: n)
    content_version = 1


class GatedLessonFactory(PublicFactory):
    class Meta:
        model = GatedLesson
        exclude = ("synced_at",)


class RedirectFactory(PublicFactory):
    class Meta:
        model = PublicRedirect
        exclude = ("id",)

    id = None
    item_id = factory.LazyFunction(uuid7)
    kind = PublicRedirect.Kind.ARTICLE


class CounterFactory(PublicFactory):
    class Meta:
        model = ContentCounter
        exclude = ("synced_at",)
