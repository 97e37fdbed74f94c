"""What the pages ask of the public store, as plain SQL and plain dicts.

The ORM takes four times as long to build these queries and their objects as
PostgreSQL takes to answer, and every reader would wait for it. Whatever is not asked
for by every reader uses the models.
"""

import json

from django.db import connections

from cms.databases import PUBLIC
from publishing.views import navigation

RELATED = """
(SELECT jsonb_agg(jsonb_build_object(
     'id', id, 'slug', slug, 'title', title, 'author', author_name))
 FROM (SELECT * FROM (
           (SELECT id, slug, title, author_name, first_published_at,
                   CASE WHEN tag_slugs && a.tag_slugs THEN 2 ELSE 1 END AS closeness
            FROM published_articles AS near
            WHERE near.category_id = a.category_id AND near.id <> a.id
              AND near.kind = 'post'
            ORDER BY first_published_at DESC, id DESC LIMIT 10)
         UNION ALL
           (SELECT id, slug, title, author_name, first_published_at, 0
            FROM (SELECT * FROM published_articles WHERE kind = 'post'
                  ORDER BY first_published_at DESC, id DESC LIMIT 8) AS newest
            WHERE newest.category_id IS DISTINCT FROM a.category_id
            LIMIT 3)) AS known
       ORDER BY closeness DESC, first_published_at DESC LIMIT 3) AS best) AS related
"""
"""The newest of the same section, those that share a tag first, and what else is new
where there are not enough of them. Asked for with the page
and not stored with it: what was taken down is gone from here in the same moment."""
ARTICLE = """
SELECT a.id, a.slug, a.kind, a.title, a.excerpt, a.content_html, a.content_version,
       a.reading_minutes, a.comments_open,
       a.author_name, a.author_slug, a.author_avatar_url, a.author_bio,
       a.category_name, a.breadcrumbs, a.parents, a.tags, a.series, a.image, {related},
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
FRONT = """
WITH newest AS MATERIALIZED (
    SELECT a.id, a.slug, a.title, a.excerpt, a.author_name, a.category_name,
           a.category_slug, a.category_path, a.image, a.first_published_at,
           a.is_featured, c.view_count, c.comment_count
    FROM published_articles AS a LEFT JOIN content_counters AS c ON c.id = a.id
    WHERE a.kind = 'post'
    ORDER BY a.first_published_at DESC, a.id DESC LIMIT 200),
ranked AS (
    SELECT newest.*, section.name AS section_name, section.slug AS section_slug,
           section.display_order,
           row_number() OVER (ORDER BY newest.first_published_at DESC, newest.id DESC)
           AS place,
           row_number() OVER (PARTITION BY section.id ORDER BY
                              newest.first_published_at DESC, newest.id DESC)
           AS section_place,
           row_number() OVER (ORDER BY view_count DESC NULLS LAST,
                              newest.first_published_at DESC) AS read_place,
           row_number() OVER (ORDER BY comment_count DESC NULLS LAST,
                              newest.first_published_at DESC) AS discussed_place
    FROM newest LEFT JOIN published_categories AS section
        ON section.path = subpath(newest.category_path, 0, 1))
SELECT id, slug, title, excerpt, author_name, category_name, category_slug, image,
       first_published_at, is_featured, view_count, comment_count, section_name,
       section_slug, display_order, place, read_place, discussed_place,
       {sections} AS sections
FROM ranked
WHERE place <= %(first)s OR (section_slug IS NOT NULL AND section_place <= %(first)s)
   OR read_place <= %(most)s OR discussed_place <= %(most)s
ORDER BY place
"""
"""The front page looks at the newest two hundred, however many there are: a section in
which nothing of these stands is quiet, and is not on it."""
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
IN_SECTION = "AND a.category_slug = %(section)s"
OF_LEVEL = "AND a.difficulty_level = %(level)s"
BY_AUTHOR = "AND a.author_id = %(author)s"
BETWEEN = "AND a.first_published_at >= %(start)s AND a.first_published_at < %(end)s"
AFTER = "AND (a.first_published_at, a.id) < (%(moment)s, %(id)s)"
BEFORE = "AND (a.first_published_at, a.id) > (%(moment)s, %(id)s)"

IN_SERIES = """
SELECT a.id, a.slug, a.title, a.excerpt, a.author_name, a.image, a.first_published_at,
       a.category_name, a.category_slug, a.is_featured, a.series, c.comment_count,
       {sections} AS sections
FROM published_articles AS a LEFT JOIN content_counters AS c ON c.id = a.id
WHERE a.series_slug = %(slug)s AND a.series_slug <> ''
ORDER BY a.series_part, a.id LIMIT 200
"""
COURSE_SHELVES = """
SELECT difficulty_level AS level, category_slug AS slug, category_name AS name,
       count(*) AS count, {sections} AS sections
FROM published_courses GROUP BY 1, 2, 3
"""

CATEGORY = """
SELECT id, slug, name, description, path::text AS path, breadcrumbs,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', name, 'slug', slug, 'description', description)
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
