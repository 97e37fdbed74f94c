"""The sitemap: an index of parts, each a range of ids; and one of the newest stories.

A part is named by the id it starts with. Ids grow with time, so old parts keep their
names and stay as they are, and a part that has lost its first item still answers. Each
is read from its id on, along an index: the hundredth costs what the first one costs.
"""

from dataclasses import dataclass
from datetime import timedelta
from html import escape

from django.conf import settings
from django.db import connections
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.expressions import Window
from django.db.models.functions import Cast, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from cms.databases import PUBLIC
from publishing.feeds import printable
from publishing.models import (
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedLesson,
    PublishedTag,
)
from publishing.views.missing import not_found
from publishing.views.page import FRESH, HOURLY, absolute, stamped

PART_SIZE = 10_000
"""The protocol allows 50,000; smaller parts are quicker to make and to crawl."""
NEWS_HOURS = 48
NEWS_SIZE = 1_000
"""More than that no news sitemap may name."""

NAMESPACES = {
    "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xmlns:news": "http://www.google.com/schemas/sitemap-news/0.9",
}

MAY_BE_FOUND = {"no_index": False, "canonical_url": ""}
"""What has its home elsewhere is not ours to name. The index `article_sitemap` holds
exactly these articles."""
OF_A_COURSE = {f"course__{name}": value for name, value in MAY_BE_FOUND.items()}


@dataclass(frozen=True)
class Section:
    """Rows of one table, and how a page of theirs is addressed."""

    page: str
    rows: QuerySet
    slugs: tuple = ("slug",)
    changed: str = ""
    """When a page changed, where that is known: not when its row was written."""

    def starting_at(self, start):
        """(slugs, when it changed or None), as many as fit a part."""
        rows = self.rows.filter(id__gte=start).order_by("id")
        names = [*self.slugs, self.changed] if self.changed else self.slugs
        for row in rows.values_list(*names)[:PART_SIZE]:
            yield (row[:-1], row[-1]) if self.changed else (row, None)


SECTIONS = {
    "articles": Section(
        "article",
        PublishedArticle.objects.filter(**MAY_BE_FOUND),
        changed="last_modified_at",
    ),
    "courses": Section(
        "course",
        PublishedCourse.objects.filter(**MAY_BE_FOUND),
        changed="last_modified_at",
    ),
    "lessons": Section(
        "lesson",
        PublishedLesson.objects.filter(is_gated=False, **OF_A_COURSE),
        slugs=("course__slug", "slug"),
        changed="course__last_modified_at",
    ),
    "categories": Section("category", PublishedCategory.objects.all()),
    "tags": Section("tag", PublishedTag.objects.all()),
    "authors": Section("author", PublicUserProfile.objects.all()),
}

PARTS_OF = """
SELECT %s AS section, (array_agg(id) FILTER (WHERE (place - 1) %% %s = 0))[1] AS start,
       max(changed) AS changed
FROM ({rows}) AS rows GROUP BY (place - 1) / %s
"""


@require_safe
def index(request):
    """All parts, by one walk along each table's index: a second for some millions, and
    page caches keep what it found."""
    parts = [f"<sitemap><loc>{_address('fixed_pages')}</loc></sitemap>"]
    for section, start, changed in _parts():
        parts.append(
            f"<sitemap><loc>{_address('sitemap_part', section, start)}</loc>"
            f"{_changed(changed)}</sitemap>"
        )
    return _xml(request, "sitemapindex", parts)


def _parts():
    """[(section, first id, when something in it changed)] of all parts, in order."""
    queries, values = [], []
    for name, section in SECTIONS.items():
        changed = F(section.changed) if section.changed else Value(None)
        rows = section.rows.annotate(
            changed=Cast(changed, DateTimeField()),
            place=Window(RowNumber(), order_by="id"),
        )
        sql, given = (
            # The public service has no other database to ask how SQL is spelt.
            rows.order_by()
            .values("id", "changed", "place")
            .query.get_compiler(PUBLIC)
            .as_sql()
        )
        queries.append(PARTS_OF.format(rows=sql))
        values += [name, PART_SIZE, *given, PART_SIZE]
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(queries), values)
        found = cursor.fetchall()
    order = list(SECTIONS)
    found.sort(key=lambda row: (order.index(row[0]), row[1]))
    return found


@require_safe
def part(request, section, start):
    if section not in SECTIONS:
        return not_found(request)
    urls = []
    for slugs, changed in SECTIONS[section].starting_at(start):
        urls.append(
            f"<url><loc>{_address(SECTIONS[section].page, *slugs)}</loc>"
            f"{_changed(changed)}</url>"
        )
    # What was the only thing in a part may be gone: a part of nothing is none.
    return _xml(request, "urlset", urls) if urls else not_found(request)


@require_safe
def fixed_pages(request):
    names = ("home", "articles", "courses", "categories", "archive")
    first_parts = PublishedArticle.objects.exclude(series_slug="").filter(series_part=1)
    series = first_parts.order_by("series_slug").values_list("series_slug", flat=True)
    addresses = [_address(name) for name in names]
    addresses += [_address("series", slug) for slug in series[:PART_SIZE]]
    urls = [f"<url><loc>{address}</loc></url>" for address in addresses]
    return _xml(request, "urlset", urls)


@require_safe
def news(request):
    """Stories of the last two days for news search engines. It may be empty."""
    since = timezone.now() - timedelta(hours=NEWS_HOURS)
    stories = PublishedArticle.objects.posts().filter(
        first_published_at__gte=since, **MAY_BE_FOUND
    )
    rows = stories.newest_first().values_list(
        "slug", "title", "language", "first_published_at"
    )
    urls = [
        f"<url><loc>{_address('article', slug)}</loc><news:news><news:publication>"
        f"<news:name>{escape(settings.SITE_NAME)}</news:name>"
        f"<news:language>{escape(_news_language(language))}</news:language>"
        f"</news:publication><news:publication_date>{_moment(published)}"
        f"</news:publication_date><news:title>{escape(printable(title))}</news:title>"
        "</news:news></url>"
        for slug, title, language, published in rows[:NEWS_SIZE]
    ]
    return _xml(request, "urlset", urls, cache=FRESH)


def _news_language(language):
    """Two letters, but for Chinese, which has two ways of writing."""
    language = language.lower()
    return language if language.startswith("zh-") else language.partition("-")[0]


def _address(name, *parts):
    return _whole(reverse(f"publishing:{name}", args=parts))


def _whole(url):
    return escape(printable(absolute(url)))


def _moment(moment):
    return f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"


def _changed(moment):
    return f"<lastmod>{_moment(moment)}</lastmod>" if moment else ""


def _xml(request, element, entries, cache=HOURLY):
    content = "\n".join(entries)
    spaces = "".join(
        f' {name}="{url}"'
        for name, url in NAMESPACES.items()
        if name == "xmlns" or f"<{name.partition(':')[2]}:" in content
    )
    return stamped(
        request,
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<{element}{spaces}>\n{content}\n</{element}>\n",
        keys=["sitemap"],
        cache=cache,
        content_type="application/xml",
    )
