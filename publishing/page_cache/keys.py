"""Surrogate keys: what a page depends on, and what a delivery makes out of date.

A page names its keys (`publishing.views.page.stamped`). A delivery knows the rows of
an item as they were and as they are, and both name theirs: an article that moved to
another section makes the lists of both out of date. Besides, whoever has a slug in
their address depends on who has that slug: the keys `at-…`.
"""

from hashlib import blake2b
from uuid import UUID

from django.utils.timezone import localtime

EVERYTHING = "everything"
"""Nobody names it, and everybody depends on it: after a rebuild or a restore."""
SECTIONS = "sections"
"""The sections in the masthead, which stand on every page."""

LISTS = {
    "home",
    "articles",
    "courses",
    "categories",
    "tags",
    "authors",
    "series",
    "feeds",
    "sitemap",
    "search",
    "missing",
    "changes",
    "robots",
}
ONE_OF = (
    *("item-", "category-", "tag-", "author-", "series-", "at-"),
    *("year-", "month-", "day-"),
)


def is_known(key):
    """A page with a key that no delivery would name must not be kept."""
    return key in LISTS or key.startswith(ONE_OF)


def at(slug):
    """Who has this slug in their address."""
    return f"at-{blake2b(slug.encode(errors='replace'), digest_size=6).hexdigest()}"


def of_path(path):
    return {at(part) for part in path.split("/") if part}


def of_day(moment):
    day = localtime(moment)
    return {f"year-{day:%Y}", f"month-{day:%Y-%m}", f"day-{day:%Y-%m-%d}"}


# --- What the rows of an item name ----------------------------------------------------

ALWAYS = {"search", "missing", "sitemap", "changes"}
"""What may show anything: found, suggested, listed for machines."""


def _publication(row):
    found = {
        f"item-{row.id}",
        f"author-{row.author_id}",
        at(row.slug),
        *(f"tag-{tag['id']}" for tag in row.tags),
        *(f"category-{UUID(hex=label)}" for label in _labels(row.category_path)),
    }
    return found | ALWAYS


def _labels(path):
    """The ids of a category and of all above it: a path is made of them."""
    return str(path).split(".") if path else ()


def _article(row):
    found = _publication(row) | {"series"}
    if row.series_slug:
        found |= {at(row.series_slug), f"series-{row.series_slug}"}
    if row.kind == "post":
        found |= {"home", "articles", "feeds"} | of_day(row.first_published_at)
    return found


def _course(row):
    return _publication(row) | {"home", "courses"}


def _lesson(row):
    return {at(row.slug)}


def _category(row):
    found = {f"category-{row.id}", "categories", SECTIONS, at(row.slug)} | ALWAYS
    if row.parent_id:
        found.add(f"category-{row.parent_id}")
    return found


def _tag(row):
    return {f"tag-{row.id}", "tags", at(row.slug)} | ALWAYS


def _profile(row):
    return {f"author-{row.id}", "authors", at(row.slug)} | ALWAYS


def _redirect(row):
    return {"missing"} | of_path(row.old_slug)


OF = {
    "published_articles": (
        _article,
        "id slug author_id tags category_path kind first_published_at series_slug",
    ),
    "published_courses": (_course, "id slug author_id tags category_path"),
    "published_lessons": (_lesson, "id slug"),
    "published_categories": (_category, "id slug parent_id"),
    "published_tags": (_tag, "id slug"),
    "public_user_profiles": (_profile, "id slug"),
    "public_redirects": (_redirect, "id old_slug"),
}
"""Table to what its rows name, and the columns that it takes to know. What is not here
(media, gated lessons) is on no page by itself."""


def of_rows(rows):
    found = set()
    for row in rows:
        names, _ = OF.get(row._meta.db_table, (None, ""))
        if not names:
            continue
        try:
            found |= names(row)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Somebody wrote into it by hand: what it was part of, nobody can say.
            found.add(EVERYTHING)
    return found


def stored(model, ours, using):
    """The keys of an item's rows in one table, as they are before they change."""
    _, columns = OF.get(model._meta.db_table, (None, ""))
    if not columns:
        return set()
    rows = model.objects.using(using).filter(ours).only(*columns.split())
    try:
        return of_rows(rows)
    except (AttributeError, KeyError, TypeError, ValueError):
        # The row was corrupted, and is about to be healed: who knows where it stood.
        return {EVERYTHING}
