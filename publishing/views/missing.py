"""When nothing is found: moved, gone, or never been here.

Old addresses are looked up only now: a page that exists never pays for them.
"""

import re

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import get_template
from django.urls import Resolver404, resolve

from publishing.models import PublicRedirect
from publishing.views import old_paths
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
    down, otherwise 404 with suggestions. An article that came from another site may
    have had this very path there: that is looked up in the same query.
    """
    return _by_old_address(request, slug, kind, name, *more) or not_found(request, slug)


def old_address(request):
    """Where the path and the query of an earlier site lead, or None."""
    if request.path == "/" and (path := old_paths.asked_of_the_front_page(request)):
        return moved(request, path, keep_query=False)
    return _by_old_address(request)


def _by_old_address(request, slug="", kind="", name="", *more):
    old = ([slug] if slug else []) + old_paths.of(request)
    if not old:
        return None
    known = PublicRedirect.objects.leading_on(old, kind=kind)
    for its_kind, new_slug in known:
        if not new_slug:
            continue
        if name and its_kind == kind:
            path = path_to(name, new_slug, *more)
        else:
            path = old_paths.new_path(request, its_kind, new_slug)
        if path != request.path:
            return moved(request, path, keep_query=not old_paths.asks(request))
    if any(not new_slug for _, new_slug in known):
        return gone(request, slug or _last_part(request.path))
    return None


def moved(request, path, *, keep_query=True):
    query = request.META.get("QUERY_STRING", "") if keep_query else ""
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response["Cache-Control"] = FRESH
    response["Surrogate-Key"] = "missing"
    return response


def gone(request, wanted=""):
    return _missing(request, "410.html", "No longer here", wanted, status=410)


def not_found(request, wanted=""):
    return _missing(request, "404.html", "Page not found", wanted, status=404)


def _missing(request, template, title, wanted, *, status):
    words = re.sub(r"[\W_]+", " ", wanted).strip()
    closest = close_titles(words, at_most=SUGGESTIONS) if words else []
    return page(
        request,
        template,
        head=Head(title=title, url=request.path, robots="noindex"),
        keys=["missing"],
        cache=BRIEF,
        status=status,
        words=words,
        suggestions=[
            (each["title"], path_to(each["kind"], each["slug"])) for each in closest
        ],
    )


def unknown_address(request, exception=None):
    """Django's handler404: no pattern of this site fits the path."""
    if path := old_paths.list_or_feed(request):
        return moved(request, path, keep_query=False)
    is_file = FILE_NAME.search(request.path)
    if not is_file and not request.path.endswith("/"):
        try:
            match = resolve(request.path_info + "/")
        except Resolver404:
            pass
        else:
            return _with_a_slash(request, match)
    return old_address(request) or not_found(request, _last_part(request.path))


def _with_a_slash(request, match):
    """One redirect, not two, where the address with the slash leads on itself."""
    if match.app_name == "publishing" and "slug" in match.kwargs:
        answer = match.func(request, *match.args, **match.kwargs)
        if answer.status_code in (301, 410):
            return answer
    return moved(request, request.path + "/")


def _last_part(path):
    """The words of an address: those of /wp-login.php are none, nor is an id."""
    last = path.rstrip("/").rpartition("/")[2]
    return "" if FILE_NAME.search(last) or ID.fullmatch(last) else last


def broken(request):
    """Django's handler500: nothing here may ask a database."""
    return HttpResponse(get_template("500.html").render(), status=500)
