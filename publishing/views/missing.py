"""When nothing is found: moved, gone, or never been here.

Old addresses are looked up only now: a page that exists never pays for them.
"""

import re

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, TextField, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Lookup
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import get_template
from django.urls import Resolver404, resolve

from publishing.models import PublicRedirect, PublishedArticle
from publishing.views.page import BRIEF, FRESH, Head, page

SUGGESTIONS = 5
FILE_NAME = re.compile(r"\.\w{2,5}$")


@TextField.register_lookup
class CloseTo(Lookup):
    """`text__close_to="words"`: some part of the text resembles the words."""

    lookup_name = "close_to"

    def as_sql(self, compiler, connection):
        text, text_params = self.process_lhs(compiler, connection)
        words, words_params = self.process_rhs(compiler, connection)
        return f"{text} %%> {words}", [*text_params, *words_params]


def close_titles(words):
    """Live articles whose title resembles `words`, closest first."""
    words = words.upper()[:100]
    return (
        PublishedArticle.objects.alias(
            loud_title=Upper("title", output_field=TextField()),
            closeness=TrigramWordSimilarity(Value(words), "loud_title"),
        )
        .filter(Q(loud_title__close_to=words) | Q(loud_title__trigram_similar=words))
        .order_by("-closeness", "-first_published_at")
    )


def not_here(request, kind, slug, address):
    """Answer for a slug that no live item has.

    301 to `address(new_slug)` if its item has moved, 410 if it was taken down,
    otherwise 404 with suggestions.
    """
    old = PublicRedirect.objects.filter(kind=kind, old_slug=slug).exclude(new_slug=slug)
    newest_first = old.order_by("-synced_at").values_list("new_slug", flat=True)
    places = list(newest_first[:10])
    for new_slug in filter(None, places):
        return moved(request, address(new_slug))
    if places:
        return gone(request)
    return not_found(request, slug)


def moved(request, path):
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response["Cache-Control"] = FRESH
    return response


def gone(request):
    head = Head(title="No longer here", url=request.path, robots="noindex")
    return page(
        request, "410.html", head=head, keys=["missing"], cache=BRIEF, status=410
    )


def not_found(request, wanted=""):
    words = re.sub(r"[\W_]+", " ", wanted).strip()
    closest = close_titles(words).only("title", "slug") if words else []
    return page(
        request,
        "404.html",
        head=Head(title="Page not found", url=request.path, robots="noindex"),
        keys=["missing"],
        cache=BRIEF,
        status=404,
        words=words,
        suggestions=list(closest[:SUGGESTIONS]),
    )


def unknown_address(request, exception=None):
    """Django's handler404: no pattern of this site fits the path."""
    if not request.path.endswith("/"):
        try:
            resolve(request.path_info + "/")
        except Resolver404:
            pass
        else:
            return moved(request, request.path + "/")
    last = request.path.rstrip("/").rpartition("/")[2]
    # Whoever asks for /wp-login.php is not looking for an article.
    return not_found(request, "" if FILE_NAME.search(last) else last)


def broken(request):
    """Django's handler500: nothing here may ask a database."""
    return HttpResponse(get_template("500.html").render(), status=500)
