"""Search: weighted full text, and titles that come close when nothing fits.

Two queries however much there is: one ranks a bounded number of the newest hits of
each kind, one fetches the ten that are shown. Where there are no hits, the second
looks for titles that resemble the words.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import connections
from django.views.decorators.http import require_safe

from cms.databases import PUBLIC
from publishing.views.missing import close_titles
from publishing.views.page import BRIEF, Head, page
from publishing.views.paths import path_to
from publishing.views.rows import rows

LONGEST_QUERY = 200
PAGE_SIZE = 10
SECTIONS = 8

RANKED = """
WITH hits AS MATERIALIZED (
    SELECT 'article' AS kind, id, category_slug, category_name, first_published_at,
           ts_rank_cd(search_vector, {query}, 1) AS rank
    FROM (SELECT * FROM published_articles
          WHERE kind = 'post' AND search_vector @@ {query}
          ORDER BY first_published_at DESC, id DESC LIMIT 200) AS posts
  UNION ALL
    SELECT 'article', id, category_slug, category_name, first_published_at,
           ts_rank_cd(search_vector, {query}, 1)
    FROM (SELECT * FROM published_articles
          WHERE kind = 'page' AND search_vector @@ {query}
          ORDER BY first_published_at DESC, id DESC LIMIT 50) AS pages
  UNION ALL
    SELECT 'course', id, category_slug, category_name, first_published_at,
           ts_rank_cd(search_vector, {query}, 1)
    FROM (SELECT * FROM published_courses
          WHERE search_vector @@ {query}
          ORDER BY first_published_at DESC, id DESC LIMIT 50) AS courses)
""".format(query="websearch_to_tsquery('english', %(words)s)")  # noqa: S608  (a constant)
"""Ranking reads the whole text vector of each hit, so only the newest are ranked. The
query is spelt out each time, not joined: PostgreSQL then knows how common its
words are, and walks by date or by word as fits."""
HITS = (
    RANKED
    + """
SELECT kind, id, category_slug, category_name FROM hits
ORDER BY rank DESC, first_published_at DESC, id DESC
"""
)

MARKS = "\ue000", "\ue001"
"""Private characters around a found word; they become <mark> after escaping."""

CARDS = """
WITH shown AS (
    SELECT 'article' AS kind, id, slug, title, excerpt AS summary, search_text,
           author_name, category_name, category_slug, first_published_at
    FROM published_articles WHERE id = ANY(%(articles)s)
  UNION ALL
    SELECT 'course', id, slug, title, description, search_text,
           author_name, category_name, category_slug, first_published_at
    FROM published_courses WHERE id = ANY(%(courses)s))
SELECT id, kind, slug, author_name, category_name, category_slug, first_published_at,
       ts_headline('english', title, words, 'HighlightAll=true, {marks}') AS title,
       ts_headline('english', coalesce(near.text, left(body, 20000)), any_word,
                   'MaxFragments=2, MaxWords=28, MinWords=10,'
                   'FragmentDelimiter=" … ", {marks}')
           AS extract,
       {sections} AS sections
FROM shown
CROSS JOIN websearch_to_tsquery('english', %(words)s) AS words
CROSS JOIN LATERAL (
    SELECT CASE WHEN words::text LIKE '%%!%%' THEN words
                ELSE replace(words::text, '&', '|')::tsquery END) AS asked (any_word)
CROSS JOIN LATERAL left(summary || E'\\n' || search_text, 200000) AS body
CROSS JOIN LATERAL (
    SELECT string_agg(substring(body FROM lower(part) FOR upper(part) - lower(part)),
                      E'\\n') AS text
    FROM unnest((
        SELECT range_agg(int4range(greatest(place - 300, 1), place + 500))
        FROM (SELECT strpos(lower(body), rtrim(lexeme, 'i')) AS place
              FROM unnest(to_tsvector('english', %(words)s::text))
              ORDER BY place) AS places
        WHERE place > 0)) AS part) AS near
""".replace("{marks}", f"StartSel={MARKS[0]}, StopSel={MARKS[1]}")
"""An extract is made of what surrounds the words, where their stems stand in the text
as they are: PostgreSQL reads word by word what it makes an extract of, and a whole
article takes it longer than everything else here."""


@dataclass(slots=True)
class Facet:
    name: str
    count: int
    is_chosen: bool
    address: str
    """Chooses it, or lets go of it again."""


@require_safe
def search(request):
    words = tidy(request.GET.get("q", ""))
    section = request.GET.get("section", "")
    kind = request.GET.get("kind", "")
    found = _hits(words) if words else []
    close = _close_ones(words) if words and not found else []
    sections, kinds = _facets(found)
    wanted = [
        hit
        for hit in found
        if (not section or hit[2] == section) and (not kind or hit[0] == kind)
    ]
    number = _page_number(request.GET.get("page", ""), len(wanted))
    first = (number - 1) * PAGE_SIZE
    shown = _cards(wanted[first : first + PAGE_SIZE], words) or close

    def address(**changes):
        asked = {"q": words, "section": section, "kind": kind, **changes}
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    return page(
        request,
        "publishing/search.html",
        head=Head(
            title=f"Search: {words}" if words else "Search",
            url=path_to("search"),
            robots="noindex, follow",
            newer=address(page=number - 1) if number > 1 else "",
            older=address(page=number + 1) if len(wanted) > first + PAGE_SIZE else "",
        ),
        keys=["search"],
        cache=BRIEF,
        words=words,
        total=len(wanted),
        hits=shown,
        facets=[
            *(
                Facet(
                    f"{name.capitalize()}s",
                    count,
                    name == kind,
                    address(kind="" if name == kind else name),
                )
                for name, count in kinds
            ),
            *(
                Facet(
                    name,
                    count,
                    slug == section,
                    address(section="" if slug == section else slug),
                )
                for slug, name, count in sections
            ),
        ],
    )


def tidy(text):
    """What somebody typed, without what PostgreSQL cannot hold."""
    return re.sub(r"[\s\x00]+", " ", text).strip()[:LONGEST_QUERY]


def _hits(words):
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(HITS, {"words": words})
        return cursor.fetchall()


def _close_ones(words):
    found = close_titles(words, at_most=PAGE_SIZE)
    return [{**each, "extract": each["summary"]} for each in found]


def _cards(hits, words):
    if not hits:
        return []
    ids = {"article": [], "course": []}
    for kind, item_id, *_ in hits:
        ids[kind].append(item_id)
    found = rows(CARDS, words=words, articles=ids["article"], courses=ids["course"])
    by_id = {each["id"]: each for each in found}
    # An item may have been taken down between the two queries.
    return [by_id[hit[1]] for hit in hits if hit[1] in by_id]


def _facets(hits):
    """How many of the hits each section and each kind has, most first."""
    names, sections, kinds = {}, {}, {}
    for kind, _, slug, name, *_ in hits:
        kinds[kind] = kinds.get(kind, 0) + 1
        if slug:
            names[slug] = name
            sections[slug] = sections.get(slug, 0) + 1
    largest = sorted(sections.items(), key=lambda each: (-each[1], each[0]))[:SECTIONS]
    return (
        [(slug, names[slug], count) for slug, count in largest],
        sorted(kinds.items()),
    )


def _page_number(text, total):
    """A page that exists, whatever was asked for."""
    last = max(1, -(-total // PAGE_SIZE))
    return min(max(int(text), 1), last) if text.isdecimal() and len(text) < 6 else 1
