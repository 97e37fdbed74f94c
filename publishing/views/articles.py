"""Articles: the page of one, and the lists by date."""

from calendar import month_name
from datetime import datetime

from django.db import connections
from django.urls import reverse
from django.utils.timezone import get_current_timezone, get_current_timezone_name
from django.views.decorators.http import require_safe

from cms.databases import PUBLIC
from publishing.models import PublicRedirect, PublishedArticle
from publishing.views.missing import not_here
from publishing.views.navigation import arrived_with, riding_on
from publishing.views.page import HOURLY, Head, page
from publishing.views.paging import slice_of

PRINTED = (
    "id",
    "slug",
    "kind",
    "title",
    "excerpt",
    "content_html",
    "content_version",
    "reading_minutes",
    "comments_open",
    "author_name",
    "author_slug",
    "author_avatar_url",
    "author_bio",
    "category_name",
    "breadcrumbs",
    "parents",
    "tags",
    "related",
    "image",
    "first_published_at",
    "last_modified_at",
    "meta_title",
    "meta_description",
    "canonical_url",
    "og_title",
    "og_description",
    "og_image_url",
    "no_index",
    "no_follow",
    "structured_data",
    "counters__view_count",
    "counters__comment_count",
)
"""The columns of an article's page; blocks and search texts stay in the database."""


@require_safe
def article(request, slug):
    found = PublishedArticle.objects.filter(slug=slug).order_by("-published_at")
    item = riding_on(found.select_related("counters").only(*PRINTED)).first()
    if item is None:
        return not_here(request, PublicRedirect.Kind.ARTICLE, slug, article_path)
    arrived_with(item)
    is_page = item.kind == PublishedArticle.Kind.PAGE
    return page(
        request,
        "publishing/page.html" if is_page else "publishing/article.html",
        head=_head_of(item, is_page),
        keys=[f"item-{item.id}"],
        version=item.content_version,
        article=item,
    )


def article_path(slug):
    return reverse("publishing:article", args=[slug])


def _head_of(item, is_page):
    path = article_path(item.slug)
    if is_page:
        parents = [
            (above["title"], article_path(above["slug"])) for above in item.parents
        ]
    else:
        parents = [
            (above["name"], reverse("publishing:category", args=[above["slug"]]))
            for above in item.breadcrumbs
        ]
    return Head(
        title=item.meta_title or item.title,
        url=item.canonical_url or path,
        description=item.meta_description or item.excerpt,
        kind="website" if is_page else "article",
        image=share_image_of(item),
        robots=robots_of(item),
        share_title=item.og_title,
        share_description=item.og_description,
        author=item.author_name,
        published=item.first_published_at,
        modified=item.last_modified_at,
        section=item.category_name,
        trail=[("Home", "/"), *parents, (item.title, path)],
        data=[item.structured_data] if item.structured_data else [],
    )


def robots_of(item):
    rules = [
        rule
        for rule, wanted in (("noindex", item.no_index), ("nofollow", item.no_follow))
        if wanted
    ]
    return ", ".join(rules)


def share_image_of(item):
    """The image for other sites: a special one if the editor chose one."""
    if item.og_image_url and item.og_image_url != (item.image or {}).get("url"):
        return {"url": item.og_image_url}
    return item.image


@require_safe
def newest(request):
    listed = PublishedArticle.objects.posts().newest_first().for_cards()
    return _listing(
        request,
        listed,
        title="All stories",
        path=reverse("publishing:articles"),
        keys=["articles"],
    )


@require_safe
def month(request, month):
    year, number = month
    zone = get_current_timezone()
    first = datetime(year, number, 1, tzinfo=zone)
    next_first = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    listed = (
        PublishedArticle.objects.posts()
        .filter(first_published_at__gte=first, first_published_at__lt=next_first)
        .newest_first()
        .for_cards()
    )
    return _listing(
        request,
        listed,
        title=f"{month_name[number]} {year}",
        path=reverse("publishing:month", args=[month]),
        above=[("Archive", reverse("publishing:archive"))],
        keys=["articles", f"month-{year:04}-{number:02}"],
    )


def _listing(request, listed, *, title, path, keys, above=()):
    part = slice_of(riding_on(listed), request)
    if part.items:
        arrived_with(part.items[0])
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
        months = [row[0] for row in cursor.fetchall()]
    years = {}
    for each in months:
        address = reverse("publishing:month", args=[(each.year, each.month)])
        years.setdefault(each.year, []).append((month_name[each.month], address))
    path = reverse("publishing:archive")
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
