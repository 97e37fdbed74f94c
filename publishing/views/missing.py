"""When nothing is found: moved, gone, or never been here.

Old addresses are looked up only now: a page that exists never pays for them.
"""

import re

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import get_template
from django.urls import Resolver404, resolve

from publishing.models import PublicRedirect
from publishing.views.page import BRIEF, FRESH, Head, page
from publishing.views.paths import path_to
from publishing.views.rows import rows

SUGGESTIONS = 5
FILE_NAME = re.compile(r"\.\w{2,5}$")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}", re.IGNORECASE)


CLOSE_TITLES = """
WITH looser AS MATERIALIZED (
    SELECT set_config('pg_trgm.word_similarity_threshold', %(likeness)s, true)
           AS threshold)
SELECT kind, id, slug, title, summary, author_name, category_name, category_slug,
       first_published_at, {sections} AS sections
FROM looser, LATERAL (
    SELECT 'article' AS kind, id, slug, title, excerpt AS summary, author_name,
           category_name, category_slug, first_published_at
    FROM published_articles
    WHERE folded(title) %%> (folded(%(words)s) || left(threshold, 0))
  UNION ALL
    SELECT 'course', id, slug, title, description, author_name,
           category_name, category_slug, first_published_at
    FROM published_courses
    WHERE folded(title) %%> (folded(%(words)s) || left(threshold, 0))) AS close
ORDER BY word_similarity(folded(%(words)s), folded(title)) DESC, first_published_at DESC
LIMIT %(at_most)s
"""
"""Two swapped letters cost more likeness than pg_trgm forgives by default. The words
hang on the looser threshold, so that it is set before the index is asked; it holds
for this statement only."""


def close_titles(words, at_most):
    """Live items whose title resembles `words`, as dicts, closest first."""
    # Short words resemble many others.
    likeness = "0.5" if len(words) < 7 else "0.35"
    return rows(CLOSE_TITLES, words=words[:100], likeness=likeness, at_most=at_most)


def not_here(request, kind, slug, name, *more):
    """Answer for a slug that no live item has.

    301 to `path_to(name, new_slug, *more)` if its item has moved, 410 if it was taken
    down, otherwise 404 with suggestions.
    """
    old = PublicRedirect.objects.filter(kind=kind, old_slug=slug).exclude(new_slug=slug)
    newest_first = old.order_by("-synced_at").values_list("new_slug", flat=True)
    places = list(newest_first[:10])
    for new_slug in filter(None, places):
        return moved(request, path_to(name, new_slug, *more))
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
    closest = close_titles(words, at_most=SUGGESTIONS) if words else []
    return page(
        request,
        "404.html",
        head=Head(title="Page not found", url=request.path, robots="noindex"),
        keys=["missing"],
        cache=BRIEF,
        status=404,
        words=words,
        suggestions=[
            (each["title"], path_to(each["kind"], each["slug"])) for each in closest
        ],
    )


def unknown_address(request, exception=None):
    """Django's handler404: no pattern of this site fits the path."""
    is_file = FILE_NAME.search(request.path)
    if not is_file and not request.path.endswith("/"):
        try:
            resolve(request.path_info + "/")
        except Resolver404:
            pass
        else:
            return moved(request, request.path + "/")
    last = request.path.rstrip("/").rpartition("/")[2]
    # Whoever asks for /wp-login.php is not looking for an article; an id is no words.
    is_words = not (FILE_NAME.search(last) or ID.fullmatch(last))
    return not_found(request, last if is_words else "")


def broken(request):
    """Django's handler500: nothing here may ask a database."""
    return HttpResponse(get_template("500.html").render(), status=500)
