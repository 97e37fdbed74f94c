"""What answers a question, how much of it there is, and what of it is shown.

Two queries however much there is: `find` counts what fits, up to a bound, and ranks or
sorts; `cards` fetches the few that are shown, with what was found in them marked.
"""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connections
from psycopg import ClientCursor

from cms.databases import PUBLIC
from publishing.search.asked import Asked
from publishing.views.rows import rows

LANGUAGES = set(
    """
    ar ca da de el en es et eu fi fr ga hi hu hy id it lt nb ne nl nn no pt ro ru sr sv
    ta tr yi
    """.split()  # noqa: SIM905
)
"""Of which the public store knows the stems; others are searched word by word."""

COUNTED = 1_000
"""So many hits are counted for the total and the facets, and no more: PostgreSQL has
to fetch each of them, and readers wait for it."""
RANKED = 100
"""So many of the newest hits are ranked, and as many whose title has the words:
ranking reads the whole text vector of each."""
RECENT = 4_000
"""Of common words the newest hits are sought among so many of the newest stories."""
OLDER = 40
"""So many of the others that were counted are ranked, too: a subject may be old."""
COMPARED = 500
"""In so many of the newest texts that have all the words of a phrase they are looked at
whether they stand together. The index does not know: each text is read for it."""
VALUES = 8
"""So many values of a facet are offered."""


def configuration(language):
    code = language.lower().partition("-")[0]
    return f"public.words_{code if code in LANGUAGES else 'any'}"


WORDS = configuration(settings.LANGUAGE_CODE)
QUERY = f"websearch_to_tsquery('{WORDS}', %(words)s)"
"""Spelt out each time, not joined: PostgreSQL then knows how common the words are, and
walks by date or by word as fits."""
POSSIBLE = f"querytree({QUERY}) NOT IN ('', 'T')"
"""A question that only leaves words out would be answered with everything."""
FITS = f"search_vector @@ {QUERY} AND {POSSIBLE}"
IN_TITLE = (
    "to_tsvector(words_of(language)::regconfig, coalesce(title, '')) @@ "
    f"{QUERY} AND {POSSIBLE}"
)

# Quotes, and what PostgreSQL takes apart and keeps together: state-of-the-art, a.b
PHRASE = re.compile(r'"|\w[^\w\s]\w')
APART = f"regexp_replace({QUERY}::text, '<(-|[0-9]+)>', '&', 'g')::tsquery"
TOGETHER = f"""
together AS MATERIALIZED (
    SELECT id FROM (SELECT id, search_vector FROM published_articles
                    WHERE search_vector @@ {APART} AND {POSSIBLE}
                    ORDER BY first_published_at DESC LIMIT {COMPARED}) AS newest
    WHERE search_vector @@ {QUERY}
  UNION
    (SELECT id FROM published_articles WHERE {IN_TITLE} LIMIT {COUNTED})
  UNION
    SELECT id FROM (SELECT id, search_vector FROM published_courses
                    WHERE search_vector @@ {APART} AND {POSSIBLE}
                    ORDER BY first_published_at DESC LIMIT {COMPARED}) AS newest
    WHERE search_vector @@ {QUERY}),
"""  # noqa: S608  (constants)
IS_TOGETHER = "id = ANY(ARRAY(SELECT id FROM together))"

NARROWED = {
    "category": "AND category_id = (SELECT id FROM published_categories "
    "WHERE slug = %(category)s ORDER BY synced_at DESC LIMIT 1)",
    "tag": "AND tag_slugs @> ARRAY[%(tag)s]::varchar[]",
    "author": "AND author_id = (SELECT id FROM public_user_profiles "
    "WHERE slug = %(author)s ORDER BY synced_at DESC LIMIT 1)",
    "year": "AND first_published_at >= make_timestamptz(%(year)s, 1, 1, 0, 0, 0, "
    "%(zone)s) AND first_published_at < make_timestamptz(%(year)s + 1, 1, 1, 0, 0, 0, "
    "%(zone)s)",
}

COUNTS = """
counted AS MATERIALIZED ({sources}),
facets AS (
    SELECT CASE WHEN grouping(kind) = 0 THEN 'kind'
                WHEN grouping(category_slug) = 0 THEN 'category'
                WHEN grouping(author_slug) = 0 THEN 'author' ELSE 'year' END AS facet,
           coalesce(kind, category_slug, author_slug, year::text) AS value,
           CASE WHEN grouping(category_slug) = 0 THEN max(category_name)
                WHEN grouping(author_slug) = 0 THEN max(author_name) ELSE '' END
               AS name,
           count(*) AS amount
    FROM counted
    GROUP BY GROUPING SETS ((kind), (category_slug), (author_slug), (year))
  UNION ALL
    SELECT 'tag', tag, (SELECT max(name) FROM published_tags WHERE slug = tag), amount
    FROM (SELECT tag, count(*) AS amount FROM counted, unnest(tag_slugs) AS tag
          GROUP BY tag ORDER BY amount DESC, tag LIMIT {values}) AS tags),
first_ones AS (
    SELECT * FROM (
        SELECT facet, value, name, amount, row_number() OVER (
                   PARTITION BY facet ORDER BY
                   CASE facet WHEN 'year' THEN value END DESC, amount DESC, value)
                   AS place
        FROM facets WHERE value <> '') AS numbered
    WHERE place <= {values})
""".replace("{values}", str(VALUES))
COUNTED_OF = """
(SELECT '{kind}' AS kind, id, first_published_at,
        category_slug, category_name, author_slug, author_name,
        tag_slugs, extract(year FROM first_published_at AT TIME ZONE %(zone)s) AS year
 FROM {table} WHERE {fits} {where} LIMIT {counted})
""".replace("{counted}", str(COUNTED + 1))

RANKED_OF = """
(SELECT '{kind}' AS kind, id, first_published_at,
        ts_rank_cd(search_vector, {query}, 1) AS rank
 FROM ({candidates}) AS candidate)
"""
BY_NEWEST = "ORDER BY first_published_at DESC, id DESC LIMIT"
RANKED_AMONG = ("counted", "recent", "titled")
IS_COMMON = f"(SELECT count(*) > {COUNTED} FROM counted)"  # noqa: S608
CANDIDATES = {
    # What was counted is all there is, or some of it that nobody chose.
    "counted": f"""
        SELECT id, first_published_at, search_vector
        FROM {{table}} JOIN (
            SELECT id AS hit FROM counted WHERE kind = '{{kind}}' {BY_NEWEST}
                (CASE WHEN {IS_COMMON} THEN {OLDER} ELSE {RANKED} END)) AS newest
            ON id = hit""",  # noqa: S608  (constants, here and below)
    "recent": f"""
        SELECT id, first_published_at, search_vector FROM {{table}}
        WHERE {{fits}} {{where}} AND kind = 'post' AND {IS_COMMON}
          AND first_published_at >= (
              SELECT min(first_published_at) FROM (
                  SELECT first_published_at FROM {{table}} WHERE kind = 'post'
                  {BY_NEWEST} {RECENT}) AS recent)
          AND first_published_at <= (
              SELECT max(first_published_at) FROM {{table}} WHERE kind = 'post')
        {BY_NEWEST} {RANKED}""",  # noqa: S608
    # Without an order inside: PostgreSQL would walk by date and read every title.
    "titled": f"""
        SELECT * FROM (
            SELECT id, first_published_at, search_vector FROM {{table}}
            WHERE {IN_TITLE} {{where}} LIMIT {COUNTED}) AS titled
        {BY_NEWEST} {RANKED}""",  # noqa: S608
}
"""A lower and an upper bound that are not known beforehand: so PostgreSQL expects few
rows between them, and lays the two indexes over each other."""
NEWEST_OF = """
(SELECT '{kind}' AS kind, id, first_published_at, 0::float4 AS rank
 FROM {table} WHERE {fits} {where} {having}
 ORDER BY first_published_at {turn}, id {turn} LIMIT %(size)s)
"""

TABLES = {
    "article": (
        ("published_articles", "AND kind = 'post'"),
        ("published_articles", "AND kind = 'page'"),
    ),
    "course": (("published_courses", ""),),
}

# PostgreSQL thinks that reading every text from end to end costs nothing, and would for
# a common word. The setting is this statement's, not the connection's.
FIND = """
SET LOCAL enable_seqscan = off;
SET LOCAL max_parallel_workers_per_gather = 0;
WITH {together}{counts}, hits AS MATERIALIZED (
    SELECT DISTINCT ON (id) kind, id, first_published_at, rank FROM ({sources}) AS each)
SELECT (SELECT count(*) FROM counted),
       (SELECT json_agg(json_build_array(facet, value, name, amount) ORDER BY place)
        FROM first_ones),
       (SELECT json_agg(json_build_array(kind, id, first_published_at) ORDER BY {order})
        FROM (SELECT * FROM hits ORDER BY {order} LIMIT %(size)s OFFSET %(offset)s)
            AS shown),
       (SELECT count(*) FROM hits)
"""
BY_RANK = "rank DESC, first_published_at DESC, id DESC"
BY_DATE = {
    "DESC": "first_published_at DESC, id DESC",
    "ASC": "first_published_at ASC, id ASC",
}


def ask(statement, values):
    """The rows of the last of some statements, planned for exactly these values.

    Elsewhere PostgreSQL plans a question once and remembers it. Here the best plan
    depends on how common the words are; and SET LOCAL holds for statements that are
    sent together, which one that is prepared cannot be.
    """
    with connections[PUBLIC].cursor() as cursor:
        raw = connections[PUBLIC].connection
        text = ClientCursor(raw).mogrify(statement, values)
        threshold, raw.prepare_threshold = raw.prepare_threshold, None
        try:
            cursor.execute(text)
        finally:
            raw.prepare_threshold = threshold
        while cursor.nextset():
            pass
        return cursor.fetchall()


@dataclass(slots=True)
class Found:
    """A page of hits, and what is known of all of them."""

    asked: Asked
    """What was searched for; not what was typed, where that took another spelling."""
    hits: list = field(default_factory=list)
    """[(kind, id, moment as text)] of this page."""
    total: int = 0
    ranked: int = 0
    """How many of them were ranked: pages by relevance end there."""
    facets: dict = field(default_factory=dict)
    """{facet: [(value, name, amount)]}"""

    @property
    def is_bounded(self):
        return self.total > COUNTED


def find(asked, *, size, offset=0, place=None, turn="DESC"):
    """One query. `offset` is for relevance, `place` and `turn` for newest first.

    `place` is {"moment", "id"}, the key of the hit before; `turn` is ASC for what
    stands before it.
    """
    where = " ".join(NARROWED[name] for name in asked.narrowed if name in NARROWED)
    values = {
        "words": asked.words,
        "category": asked.category,
        "tag": asked.tag,
        "author": asked.author,
        "year": int(asked.year or 0),
        "zone": settings.TIME_ZONE,
        "size": size,
        "offset": offset,
    }
    is_phrase = bool(PHRASE.search(asked.words))
    fits = IS_TOGETHER if is_phrase else FITS
    kinds = [asked.kind] if asked.kind else list(TABLES)
    placed, order = where, BY_RANK
    if asked.sort == "newest":
        order = BY_DATE[turn]
        if place:
            sign = "<" if turn == "DESC" else ">"
            placed = f"{where} AND (first_published_at, id) {sign} (%(m)s, %(i)s)"
            values |= {"m": place["moment"], "i": place["id"]}
    if asked.sort == "newest":
        sources = [
            NEWEST_OF.replace("{kind}", kind)
            .replace("{table}", table)
            .replace("{having}", having)
            for kind in kinds
            for table, having in TABLES[kind]
        ]
    else:
        sources = [
            RANKED_OF.replace("{candidates}", CANDIDATES[name])
            .replace("{query}", QUERY)
            .replace("{kind}", kind)
            .replace("{table}", TABLES[kind][0][0])
            for kind in kinds
            for name in (RANKED_AMONG if kind == "article" else RANKED_AMONG[:1])
            if name == "counted" or not is_phrase
        ]
    sources = (
        " UNION ALL ".join(sources)
        .replace("{fits}", fits)
        .replace("{where}", placed)
        .replace("{turn}", turn)
    )
    counted = " UNION ALL ".join(
        COUNTED_OF.replace("{kind}", kind)
        .replace("{table}", TABLES[kind][0][0])
        .replace("{fits}", fits)
        .replace("{where}", where)
        for kind in kinds
    )
    statement = (
        FIND.replace("{together}", TOGETHER if is_phrase else "")
        .replace("{counts}", COUNTS.replace("{sources}", counted))
        .replace("{sources}", sources)
        .replace("{order}", order)
    )
    total, facets, hits, ranked = ask(statement, values)[0]
    found = Found(asked, hits=hits or [], total=total or 0, ranked=ranked)
    for name, value, label, amount in facets or []:
        found.facets.setdefault(name, []).append((value, label or value, amount))
    return found


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
       ts_headline('{words}', title, words, 'HighlightAll=true, {marks}') AS title,
       ts_headline('{words}', coalesce(near.text, left(body, 20000)), any_word,
                   'MaxFragments=2, MaxWords=28, MinWords=10,'
                   'FragmentDelimiter=" … ", {marks}')
           AS extract,
       {sections} AS sections
FROM shown
CROSS JOIN websearch_to_tsquery('{words}', %(words)s) AS words
CROSS JOIN LATERAL (
    SELECT CASE WHEN words::text LIKE '%%!%%' THEN words
                ELSE replace(words::text, '&', '|')::tsquery END) AS asked (any_word)
CROSS JOIN LATERAL left(summary || E'\\n' || search_text, 200000) AS body
CROSS JOIN LATERAL (SELECT lower(unaccent(body)) AS plain) AS read
CROSS JOIN LATERAL (
    SELECT string_agg(substring(body FROM lower(part) FOR upper(part) - lower(part)),
                      E'\\n') AS text
    FROM unnest((
        SELECT range_agg(int4range(greatest(place - 300, 1), place + 500))
        FROM (SELECT strpos(plain, rtrim(lexeme, 'i')) AS place
              FROM unnest(to_tsvector('{words}', %(words)s::text))
              ORDER BY place) AS places
        WHERE place > 0)) AS part) AS near
""".replace("{marks}", f"StartSel={MARKS[0]}, StopSel={MARKS[1]}").replace(
    "{words}", WORDS
)
"""An extract is made of what surrounds the words, where their stems stand in the text
as they are: PostgreSQL reads word by word what it makes an extract of, and a whole
article takes it longer than everything else here."""


def cards(found):
    """The hits of this page as dicts, in their order, found words between `MARKS`."""
    if not found.hits:
        return []
    ids = {"article": [], "course": []}
    for kind, item_id, _ in found.hits:
        ids[kind].append(item_id)
    shown = rows(
        CARDS, words=found.asked.words, articles=ids["article"], courses=ids["course"]
    )
    by_id = {str(each["id"]): each for each in shown}
    # An item may have been taken down between the two queries.
    return [by_id[hit[1]] for hit in found.hits if hit[1] in by_id]
