"""Where readers found things on the old site, so that their links go on leading there.

Kept as paths, without the old site's name: whoever moves keeps the domain, or has it
redirected here path by path. What WordPress does not export (the bases of categories
and tags, say) is taken as it is unless somebody changes it.
"""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import transaction

from cms.databases import EDITORIAL
from editorial.models import Category, OutboxEvent, Redirect

LOW = -1


def path_of(url):
    """The path of an address as it is kept: decoded, without a slash at its end.

    The number of an item in a query belongs to it, as in `/?p=123`.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    query = parse_qs(parts.query)
    for name in ("p", "page_id"):
        number = query.get(name, [""])[0]
        if number.isascii() and number.isdecimal():
            return f"{path}/?p={int(number)}"
    if "\x00" in path or not path.startswith("/"):
        return ""
    return path


def base_of(source):
    """The path below which the old site stood: "" or "/blog"."""
    return path_of(source.partition(":")[2])


def of_article(item, source):
    """Old paths of a post or page."""
    link, number = path_of(item["link"]), item["wp:post_id"]
    return [link, f"{base_of(source)}/?p={number}" if number.isdecimal() else ""]


def of_term(term, source):
    base = base_of(source)
    nicename = unquote(term.nicename)
    found = [f"{base}/{term.kind}/{nicename}"] if nicename else []
    if term.kind == "category" and term.number.isdecimal():
        found.append(f"{base}/?cat={term.number}")
    return found


def below(term, parent_id, source):
    """The path of a category below others, which have theirs before its own."""
    if parent_id is None:
        return []
    above = Category.objects.get(pk=parent_id)
    head = f"{base_of(source)}/category/"
    theirs = Redirect.objects.filter(
        kind="category", item_id=above.pk, old_slug__startswith=head
    ).values_list("old_slug", flat=True)
    longest = max(theirs, key=len, default="")
    return [f"{longest}/{unquote(term.nicename)}"] if longest else []


_NOT_IN_A_NICENAME = re.compile(r"[^a-z0-9_-]+")


def of_author(login, row, source):
    base = base_of(source)
    # A login becomes part of an address as `sanitize_title` has it.
    nicename = _NOT_IN_A_NICENAME.sub("-", login.lower().replace(".", "-")).strip("-")
    number = row.get("wp:author_id") or ""
    return [
        f"{base}/author/{nicename}" if nicename else "",
        f"{base}/?author={number}" if number.isdecimal() else "",
    ]


def keep(kind, pk, paths):
    """For a row that is there already: its public copy is written anew if need be."""
    with transaction.atomic(using=EDITORIAL):
        if Redirect.objects.remember(kind, pk, paths):
            OutboxEvent.objects.mark({pk: kind}, cause="import", priority=LOW)
