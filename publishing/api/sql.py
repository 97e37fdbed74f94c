"""Answers as PostgreSQL puts them together: a row is JSON when it arrives.

Each resource lists its fields once, name to expression. `?fields=` chooses among them,
so what nobody asked for is never read. `publishing.api.shapes` describes the same
fields to the OpenAPI document; a test compares the two.
"""

from functools import lru_cache

from django.conf import settings
from django.db import connections

from cms.databases import PUBLIC
from publishing.models.publication import THIS_SITE
from publishing.views.rows import AFTER, BEFORE

ORIGIN = settings.SITE_ORIGIN.replace("'", "").replace("%", "%%")


def _absolute(column):
    """Stored JSON with this site's origin before its own paths.

    A quote inside a value is escaped, so no text anybody wrote can look like this.
    """
    return f"""replace({column}::text, '"url": "/', '"url": "{ORIGIN}/')::json"""


def _page(path):
    return f"'{ORIGIN}{path}' || a.slug || '/'"


def _address(column):
    """A URL, or a path of this site made one; null if there is none."""
    return (
        f"CASE WHEN {column} = '' THEN NULL WHEN {column} ~ '^/[^/]' "
        f"THEN '{ORIGIN}' || {column} ELSE {column} END"
    )


AUTHOR = f"""json_build_object('id', a.author_id, 'slug', a.author_slug,
    'name', a.author_name, 'avatar_url', {_address("a.author_avatar_url")})"""
CATEGORY = """CASE WHEN a.category_id IS NULL THEN NULL ELSE
    json_build_object('id', a.category_id, 'slug', a.category_slug,
        'name', a.category_name) END"""
SEO = f"""json_build_object('title', a.meta_title, 'description', a.meta_description,
    'keywords', a.meta_keywords, 'canonical_url', {_address("a.canonical_url")},
    'og_title', a.og_title, 'og_description', a.og_description,
    'og_image_url', {_address("a.og_image_url")},
    'no_index', a.no_index, 'no_follow', a.no_follow)"""
LINKED_DATA = f"""replace(a.structured_data::text, '"{THIS_SITE}/',
    '"{ORIGIN}/')::json"""

ARTICLE_CARD = {
    "id": "a.id",
    "slug": "a.slug",
    "url": _page("/articles/"),
    "kind": "a.kind",
    "title": "a.title",
    "excerpt": "a.excerpt",
    "author": AUTHOR,
    "category": CATEGORY,
    "tags": "a.tags",
    "image": _absolute("a.image"),
    "first_published_at": "a.first_published_at",
    "last_modified_at": "a.last_modified_at",
    "reading_minutes": "a.reading_minutes",
    "word_count": "a.word_count",
    "is_featured": "a.is_featured",
    "comments_open": "a.comments_open",
    "version": "a.content_version",
    "counters": """json_build_object(
        'views', coalesce(c.view_count, 0), 'reactions', coalesce(c.reaction_count, 0),
        'likes', coalesce(c.like_count, 0), 'comments', coalesce(c.comment_count, 0),
        'shares', coalesce(c.share_count, 0))""",
}
ARTICLE = ARTICLE_CARD | {
    "html": "a.content_html",
    "blocks": "a.content_json",
    "breadcrumbs": "a.breadcrumbs",
    "parents": "a.parents",
    "related": "a.related",
    "seo": SEO,
    "structured_data": LINKED_DATA,
}
ARTICLES = """published_articles AS a
    LEFT JOIN content_counters AS c ON c.id = a.id"""

COURSE_CARD = {
    "id": "a.id",
    "slug": "a.slug",
    "url": _page("/courses/"),
    "title": "a.title",
    "description": "a.description",
    "instructor": AUTHOR,
    "category": CATEGORY,
    "tags": "a.tags",
    "image": _absolute("a.image"),
    "first_published_at": "a.first_published_at",
    "last_modified_at": "a.last_modified_at",
    "difficulty_level": "a.difficulty_level",
    "estimated_duration_minutes": "a.estimated_duration_minutes",
    "lesson_count": "a.lesson_count",
    "is_free": "a.is_free",
    "price_cents": "a.price_cents",
    "currency": "a.currency",
    "version": "a.content_version",
    "counters": """json_build_object(
        'views', coalesce(c.view_count, 0), 'reactions', coalesce(c.reaction_count, 0),
        'comments', coalesce(c.comment_count, 0),
        'enrollments', coalesce(c.enrollment_count, 0),
        'completions', coalesce(c.completion_count, 0),
        'ratings', coalesce(c.rating_count, 0),
        'rating_average', round(c.rating_sum::numeric / nullif(c.rating_count, 0), 2)
        )""",
}
COURSE = COURSE_CARD | {
    "html": "a.description_html",
    "curriculum": "a.curriculum_json",
    "breadcrumbs": "a.breadcrumbs",
    "seo": SEO,
    "structured_data": LINKED_DATA,
}
COURSES = """published_courses AS a
    LEFT JOIN content_counters AS c ON c.id = a.id"""

LESSON_CARD = {
    "id": "l.id",
    "slug": "l.slug",
    "title": "l.title",
    "description": "l.description",
    "section": "l.section_title",
    "content_type": "l.content_type",
    "video_duration_seconds": "l.video_duration_seconds",
    "is_preview": "l.is_preview",
    "is_gated": "l.is_gated",
    "version": "l.content_version",
}
LESSON = LESSON_CARD | {
    "url": f"'{ORIGIN}/courses/' || a.slug || '/' || l.slug || '/'",
    "course": "json_build_object('id', a.id, 'slug', a.slug, 'title', a.title)",
    "html": "CASE WHEN l.is_gated THEN NULL ELSE l.content_html END",
    "blocks": "CASE WHEN l.is_gated THEN NULL ELSE l.content_json END",
    "video_url": f"CASE WHEN l.is_gated THEN NULL ELSE {_address('l.video_url')} END",
}
"""What must be paid for stands in a table this service cannot read."""
LESSONS = """published_lessons AS l
    JOIN published_courses AS a ON a.id = l.course_id"""

CATEGORY_FIELDS = {
    "id": "a.id",
    "slug": "a.slug",
    "url": _page("/categories/"),
    "name": "a.name",
    "description": "a.description",
    "icon": "a.icon",
    "color": "a.color",
    "depth": "a.depth",
    "is_featured": "a.is_featured",
    "breadcrumbs": "a.breadcrumbs",
}
TAG_FIELDS = {
    "id": "a.id",
    "slug": "a.slug",
    "url": _page("/tags/"),
    "name": "a.name",
    "description": "a.description",
}
AUTHOR_FIELDS = {
    "id": "a.id",
    "slug": "a.slug",
    "url": _page("/authors/"),
    "name": "a.display_name",
    "avatar_url": _address("a.avatar_url"),
    "bio": "a.bio",
    "website": "nullif(a.website, '')",
    "is_verified": "a.is_verified",
}

IN_CATEGORY = """AND a.category_path <@ (SELECT path FROM published_categories
    WHERE slug = %(category)s ORDER BY synced_at DESC LIMIT 1)"""
TAGGED = "AND a.tag_slugs @> ARRAY[%(tag)s]::varchar[]"
BY_AUTHOR = """AND a.author_id = (SELECT id FROM public_user_profiles
    WHERE slug = %(author)s ORDER BY synced_at DESC LIMIT 1)"""
SINCE = "AND a.first_published_at >= %(published_after)s"
UNTIL = "AND a.first_published_at < %(published_before)s"
FEATURED = "AND a.is_featured = %(featured)s"

NEWER_THAN = {True: AFTER, False: BEFORE}
"""By whether the order falls: what lies beyond a row."""


@lru_cache(maxsize=512)
def built(names, table):
    """`json_build_object(…)` of the chosen fields of a table of fields."""
    fields = FIELDS[table]
    pairs = ", ".join(f"'{name}', {fields[name]}" for name in names)
    return f"json_build_object({pairs})"


FIELDS = {
    "article": ARTICLE,
    "article card": ARTICLE_CARD,
    "course": COURSE,
    "course card": COURSE_CARD,
    "lesson": LESSON,
    "lesson card": LESSON_CARD,
    "category": CATEGORY_FIELDS,
    "tag": TAG_FIELDS,
    "author": AUTHOR_FIELDS,
}


def answers(sql, values):
    """The rows of a query, as they are."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
