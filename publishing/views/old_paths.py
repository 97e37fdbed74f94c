"""Addresses as WordPress writes them, for readers who follow links to an earlier site.

What the importer learned of an item stands in `PublicRedirect` as a path. This module
says which paths a request may mean, and knows the lists and feeds that every
WordPress has.
"""

import re
from urllib.parse import urlencode

from publishing.models import PublicRedirect
from publishing.views.paths import path_to

LONGEST = 500
NUMBERS = {"p": "p", "page_id": "p", "cat": "cat", "author": "author"}
"""`/?page_id=7` is kept as `/?p=7`: posts and pages are counted together there."""
ASKS = (*NUMBERS, "tag", "feed", "s")
"""What a query of WordPress can ask for; everything else in a query means nothing."""

FEED = re.compile(r"/feed(?:/(?P<form>atom|rss2?|rdf))?$")
PAGED = re.compile(r"/(?:page/\d{1,6}|comment-page-\d{1,6}|amp|embed|trackback)$")
DATE = re.compile(r"/(?P<year>(?:19|20)\d\d)(?:/(?P<month>0[1-9]|1[0-2])(?:/\d\d)?)?$")
FEEDS = {
    "/feed": "rss",
    "/feed/rss": "rss",
    "/feed/rss2": "rss",
    "/feed/rdf": "rss",
    "/feed/atom": "atom",
    "/rss": "rss",
    "/rss.xml": "rss",
    "/atom": "atom",
    "/atom.xml": "atom",
    "/feed.xml": "rss",
}
PAGE_OF = {PublicRedirect.Kind.PROFILE: "author"}
WITH_FEED = ("category", "tag", "author")


def asks(request):
    """Whether the query says what is wanted, as it did in WordPress."""
    return any(name in request.GET for name in ASKS)


def of(request):
    """The paths by which this request may be known, most precise first."""
    path = PAGED.sub("", FEED.sub("", request.path.rstrip("/")))
    found = []
    for name, kept_as in NUMBERS.items():
        number = request.GET.get(name, "")
        if number.isascii() and number.isdecimal() and len(number) < 20:
            found.append(f"{path}/?{kept_as}={int(number)}")
    if tag := request.GET.get("tag", ""):
        found.append(f"{path}/tag/{tag}")
    # Whoever asks for /wp-login.php is not looking for an article.
    if path and not path.startswith("/wp-"):
        found.append(path)
    return [one for one in found if len(one) <= LONGEST and "\x00" not in one]


def new_path(request, kind, slug):
    """The page of an item here; its feed, where the feed was asked for."""
    name = PAGE_OF.get(kind, kind)
    form = _feed_form(request)
    if form and name in WITH_FEED:
        return path_to(f"{name}_feed", slug, form)
    return path_to(name, slug)


def list_or_feed(request):
    """The page here for a list or a feed that every WordPress has, or nothing."""
    path = request.path.rstrip("/")
    if form := FEEDS.get(path):
        return path_to("feed", form)
    if date := DATE.fullmatch(PAGED.sub("", path)):
        year, month = int(date["year"]), int(date["month"] or 0)
        # A day may be the 31st of June: its month is there in any case.
        return path_to("month", (year, month)) if month else path_to("year", year)
    if PAGED.fullmatch(path):
        return path_to("articles")
    return ""


def _feed_form(request):
    asked = FEED.search(request.path.rstrip("/"))
    if not asked and "feed" not in request.GET:
        return ""
    form = asked["form"] if asked else request.GET["feed"]
    return "atom" if form == "atom" else "rss"


def asked_of_the_front_page(request):
    """Where `/?feed=…` and `/?s=…` lead; other queries name an item, or nothing."""
    if of(request):
        return ""
    if words := request.GET.get("s", ""):
        return f"{path_to('search')}?{urlencode({'q': words})}"
    if "feed" in request.GET:
        return path_to("feed", _feed_form(request))
    return ""
