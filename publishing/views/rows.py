"""What the pages ask of the public store, as plain SQL and plain dicts.

The ORM takes four times as long to build these queries and their objects as
PostgreSQL takes to answer, and every reader would wait for it. Whatever is not asked
for by every reader uses the models.
"""

import json

from django.db import connections

from cms.databases import PUBLIC
from publishing.views import navigation

ARTICLE = """
SELECT a.id, a.slug, a.kind, a.title, a.excerpt, a.content_html, a.content_version,
       a.reading_minutes, a.comments_open,
       a.author_name, a.author_slug, a.author_avatar_url, a.author_bio,
       a.category_name, a.breadcrumbs, a.parents, a.tags, a.related, a.image,
       a.first_published_at, a.last_modified_at,
       a.meta_title, a.meta_description, a.canonical_url,
       a.og_title, a.og_description, a.share_image, a.no_index, a.no_follow,
       a.language,
       a.structured_data, c.view_count, c.comment_count, {sections} AS sections
FROM published_articles AS a LEFT JOIN content_counters AS c ON c.id = a.id
WHERE a.slug = %(slug)s
ORDER BY a.published_at DESC LIMIT 1
""".replace("{related}", RELATED.strip())
ARTICLE_JSON = (
    "breadcrumbs",
    "parents",
    "tags",
    "series",
    "related",
    "image",
    "share_image",
)
"""The columns that are decoded; `structured_data` is printed as it comes."""

ARTICLE_CARDS = """
SELECT a.id, a.slug, a.title, a.excerpt, a.author_name, a.category_name,
       a.category_slug, a.image, a.first_published_at, a.is_featured,
       c.comment_count, {sections} AS sections
FROM published_articles AS a LEFT JOIN content_counters AS c ON c.id = a.id
WHERE a.kind = 'post' {where}
ORDER BY a.first_published_at {order}, a.id {order} LIMIT %(size)s
"""
COURSE_CARDS = """
SELECT a.id, a.slug, a.title, a.description, a.image, a.first_published_at,
       a.difficulty_level, a.estimated_duration_minutes, a.lesson_count,
       a.is_free, a.price_cents, a.currency, {sections} AS sections
FROM published_courses AS a
WHERE true {where}
ORDER BY a.first_published_at {order}, a.id {order} LIMIT %(size)s
"""

IN_CATEGORY = "AND a.category_path <@ %(path)s::ltree"
TAGGED = "AND a.tag_slugs @> ARRAY[%(slug)s]::varchar[]"
BY_AUTHOR = "AND a.author_id = %(author)s"
BETWEEN = "AND a.first_published_at >= %(start)s AND a.first_published_at < %(end)s"
AFTER = "AND (a.first_published_at, a.id) < (%(moment)s, %(id)s)"
BEFORE = "AND (a.first_published_at, a.id) > (%(moment)s, %(id)s)"

CATEGORY = """
SELECT id, slug, name, description, path::text AS path, breadcrumbs,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'slug', slug)
                        ORDER BY display_order, name), '[]')
        FROM published_categories AS child WHERE child.parent_id = c.id) AS children,
       {sections} AS sections
FROM published_categories AS c WHERE slug = %(slug)s ORDER BY synced_at DESC LIMIT 1
"""
TAG = """
SELECT id, slug, name, description, {sections} AS sections
FROM published_tags WHERE slug = %(slug)s ORDER BY synced_at DESC LIMIT 1
"""
AUTHOR = """
SELECT id, slug, display_name, avatar_url, bio, website, {sections} AS sections
FROM public_user_profiles WHERE slug = %(slug)s ORDER BY synced_at DESC LIMIT 1
"""


_names: dict[str, list[str]] = {}
"""Query to the names of its columns: describing them costs more than reading them."""


def rows(sql, decode=(), **values):
    """The rows of a query as dicts. `{sections}` is filled in when they are old."""
    sql = sql.replace("{sections}", navigation.column())
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(sql, values)
        names = _names.get(sql)
        if names is None:
            names = _names[sql] = [column.name for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        for name in decode:
            if row[name] is not None:
                row[name] = json.loads(row[name])
    if found:
        navigation.arrived_with(found[0])
    return found


def row(sql, decode=(), **values):
    """The first row of a query, or None."""
    return next(iter(rows(sql, decode, **values)), None)


def cards(sql, size, where="", order="DESC", **values):
    sql = sql.replace("{where}", where).replace("{order}", order)
    return rows(sql, decode=("image",), size=size, **values)
