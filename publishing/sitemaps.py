"""The sitemap: an index of parts, each a range of ids.

A part is named by the id it starts with. Ids grow with time, so old parts keep their
names, and a part that has lost its first item still answers.
"""

from django.db import connections
from django.urls import reverse
from django.views.decorators.http import require_safe

from cms.databases import PUBLIC
from publishing.models import (
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedLesson,
    PublishedTag,
)
from publishing.views.missing import not_found
from publishing.views.page import HOURLY, absolute, stamped

PART_SIZE = 10_000
"""The protocol allows 50,000; smaller parts are quicker to make and to crawl."""

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _articles():
    listed = PublishedArticle.objects.filter(no_index=False)
    return listed.values_list("slug", "last_modified_at"), "article"


def _courses():
    listed = PublishedCourse.objects.filter(no_index=False)
    return listed.values_list("slug", "last_modified_at"), "course"


def _lessons():
    listed = PublishedLesson.objects.filter(is_gated=False, course__no_index=False)
    rows = listed.values_list("course__slug", "slug", "course__last_modified_at")
    return rows, "lesson"


def _categories():
    return PublishedCategory.objects.values_list("slug", "synced_at"), "category"


def _tags():
    return PublishedTag.objects.values_list("slug", "synced_at"), "tag"


def _authors():
    return PublicUserProfile.objects.values_list("slug", "synced_at"), "author"


SECTIONS = {
    "articles": _articles,
    "courses": _courses,
    "lessons": _lessons,
    "categories": _categories,
    "tags": _tags,
    "authors": _authors,
}
"""Section to its rows, (slugs…, changed at), and the name of their address."""

STARTS = " UNION ALL ".join(
    f"SELECT '{name}', id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place "  # noqa: S608
    f'FROM {section()[0].model._meta.db_table}) AS "{name}" '
    f"WHERE place %% %(size)s = 1"
    for name, section in SECTIONS.items()
)
"""The first id of each part: one walk along the primary keys."""


@require_safe
def index(request):
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(STARTS, {"size": PART_SIZE})
        starts = cursor.fetchall()
    parts = "".join(
        f"<sitemap><loc>{address}</loc></sitemap>"
        for address in (
            _address("fixed_pages"),
            *(_address("sitemap_part", section, start) for section, start in starts),
        )
    )
    return _xml(request, "sitemapindex", parts)


@require_safe
def part(request, section, start):
    if section not in SECTIONS:
        return not_found(request)
    rows, name = SECTIONS[section]()
    urls = "".join(
        f"<url><loc>{_address(name, *slugs)}</loc>"
        f"<lastmod>{changed_at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>"
        for *slugs, changed_at in rows.filter(id__gte=start).order_by("id")[:PART_SIZE]
    )
    return _xml(request, "urlset", urls)


@require_safe
def fixed_pages(request):
    names = ("home", "articles", "courses", "categories", "archive")
    urls = "".join(f"<url><loc>{_address(name)}</loc></url>" for name in names)
    return _xml(request, "urlset", urls)


def _address(name, *parts):
    address = absolute(reverse(f"publishing:{name}", args=parts))
    return address.replace("&", "&amp;").replace("'", "&apos;")


def _xml(request, element, content):
    return stamped(
        request,
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{element} xmlns="{NAMESPACE}">{content}</{element}>\n',
        keys=["sitemap"],
        cache=HOURLY,
        content_type="application/xml",
    )
