"""Articles: the page of one, and the lists by date."""

from calendar import month_name
from datetime import datetime, timedelta

from django.db import connections
from django.utils.timezone import get_current_timezone, get_current_timezone_name
from django.views.decorators.http import require_safe

from cms.databases import PUBLIC
from publishing.models import PublicRedirect
from publishing.views.missing import not_here
from publishing.views.page import HOURLY, Head, page
from publishing.views.paging import slice_of
from publishing.views.paths import path_to
from publishing.views.rows import ARTICLE, ARTICLE_CARDS, ARTICLE_JSON, BETWEEN, row


@require_safe
def article(request, slug):
    item = row(ARTICLE, decode=ARTICLE_JSON, slug=slug)
    if item is None:
        return not_here(request, PublicRedirect.Kind.ARTICLE, slug, "article")
    is_page = item["kind"] == "page"
    return page(
        request,
        "publishing/page.html" if is_page else "publishing/article.html",
        head=head_of(item),
        # What it names beside itself is gone from it when it is taken down.
        keys=[f"item-{each}" for each in (item["id"], *_named_beside(item))],
        version=item["content_version"],
        article=item,
    )


def _named_beside(item):
    return [each["id"] for each in item["related"] or ()]


def head_of(item):
    is_page = item["kind"] == "page"
    path = path_to("article", item["slug"])
    if is_page:
        above = [
            (each["title"], path_to("article", each["slug"]))
            for each in item["parents"]
        ]
    else:
        above = [
            (each["name"], path_to("category", each["slug"]))
            for each in item["breadcrumbs"]
        ]
    return Head(
        title=item["meta_title"] or item["title"],
        url=item["canonical_url"] or path,
        description=item["meta_description"] or item["excerpt"],
        kind="website" if is_page else "article",
        image=item["share_image"] or item["image"],
        robots=robots(item["no_index"], item["no_follow"]),
        share_title=item["og_title"],
        share_description=item["og_description"],
        author=item["author_name"],
        author_path=path_to("author", item["author_slug"]),
        tags=[each["name"] for each in item["tags"]],
        language=item["language"],
        published=item["first_published_at"],
        modified=item["last_modified_at"],
        section=item["category_name"],
        trail=[("Home", "/"), *above, (item["title"], path)],
        data=[item["structured_data"]] if item["structured_data"] != "{}" else [],
    )


def robots(no_index, no_follow):
    rules = (("noindex", no_index), ("nofollow", no_follow))
    return ", ".join(rule for rule, is_set in rules if is_set)


@require_safe
def newest(request):
    return _listing(
        request, title="All stories", path=path_to("articles"), keys=["articles"]
    )


@require_safe
def year(request, year):
    return _between(
        request,
        (year, 1, 1),
        (year + 1, 1, 1),
        title=str(year),
        path=path_to("year", year),
        key=f"year-{year:04}",
    )


@require_safe
def month(request, month):
    year, number = month
    return _between(
        request,
        (year, number, 1),
        (year + number // 12, number % 12 + 1, 1),
        title=f"{month_name[number]} {year}",
        path=path_to("month", month),
        above=[(str(year), path_to("year", year))],
        key=f"month-{year:04}-{number:02}",
    )


@require_safe
def day(request, day):
    after = day + timedelta(days=1)
    month = (day.year, day.month)
    return _between(
        request,
        (day.year, day.month, day.day),
        (after.year, after.month, after.day),
        title=f"{day.day} {month_name[day.month]} {day.year}",
        path=path_to("day", day),
        above=[
            (str(day.year), path_to("year", day.year)),
            (month_name[day.month], path_to("month", month)),
        ],
        key=f"day-{day.isoformat()}",
    )


def _between(request, start, end, *, path, key, above=(), title):
    zone = get_current_timezone()
    return _listing(
        request,
        BETWEEN,
        start=datetime(*start, tzinfo=zone),
        end=datetime(*end, tzinfo=zone),
        title=title,
        path=path,
        above=[("Archive", path_to("archive")), *above],
        keys=["articles", key],
    )


def _listing(request, where="", *, title, path, keys, above=(), **values):
    part = slice_of(ARTICLE_CARDS, request, where, **values)
    return page(
        request,
        "publishing/articles.html",
        head=Head(
            title=title,
            url=path,
            newer=part.newer,
            older=part.older,
            robots="" if part.is_first else "noindex, follow",
            trail=[("Home", "/"), *above, (title, path)],
        ),
        keys=keys,
        part=part,
    )


MONTHS = """
WITH RECURSIVE months AS (
    (SELECT date_trunc('month', first_published_at AT TIME ZONE %(zone)s) AS month
     FROM published_articles WHERE kind = 'post'
     ORDER BY first_published_at DESC, id DESC LIMIT 1)
  UNION ALL
    SELECT (SELECT date_trunc('month', first_published_at AT TIME ZONE %(zone)s)
            FROM published_articles
            WHERE kind = 'post'
              AND first_published_at < later.month AT TIME ZONE %(zone)s
            ORDER BY first_published_at DESC, id DESC LIMIT 1)
    FROM months AS later WHERE later.month IS NOT NULL)
SELECT month FROM months WHERE month IS NOT NULL
"""
"""Hops from one month to the one before it along the index: as many steps as there
are months, however many articles they hold."""


@require_safe
def archive(request):
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(MONTHS, {"zone": get_current_timezone_name()})
        months = [found[0] for found in cursor.fetchall()]
    years = {}
    for each in months:
        address = path_to("month", (each.year, each.month))
        _, listed = years.setdefault(each.year, (path_to("year", each.year), []))
        listed.append((month_name[each.month], address))
    path = path_to("archive")
    return page(
        request,
        "publishing/archive.html",
        head=Head(
            title="Archive",
            url=path,
            description="Every story by the month it was published in.",
            trail=[("Home", "/"), ("Archive", path)],
        ),
        keys=["articles"],
        cache=HOURLY,
        years=years,
    )
