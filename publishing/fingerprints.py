"""Hashes of both stores, made by PostgreSQL: a tree for each kind of item.

A leaf is one item. On the editorial side it covers the epoch, the sequence and all that
the projection reads; on the public side the fence and, instead of the rows themselves,
the truth of which `verify_public` has found them to be the projection
(`VerifiedCopy`). While nothing has changed on either side the two are the same text.
A bucket covers the items whose ids end alike, the root covers the buckets: of stores
that agree, only the digests of buckets are ever sent.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import connections

from cms.databases import EDITORIAL, PUBLIC
from editorial.models.versions import hash_of
from publishing.models import PublicRedirect
from publishing.projection import OWNED

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BUCKET = 3
"""Items are put together by so many last digits of their ids."""
NOT_COMPARED = {"synced_at", "search_vector", "counters"}
"""When and how a row was written is no part of what it says."""

TABLES = {
    model._meta.db_table: (model, column, str(kind))
    for kind, tables in OWNED.items()
    for model, column in tables
} | {PublicRedirect._meta.db_table: (PublicRedirect, "item_id", "")}
"""Every table of public copies: its model, the column of the item, the kind."""


def compared_columns(model):
    """The columns of a public table that must agree."""
    return [
        column
        for column in model._meta.concrete_fields
        if column.name not in NOT_COMPARED
        and not column.generated
        and not (column.primary_key and model is PublicRedirect)
    ]


@lru_cache(maxsize=1)
def maker():
    """Hash of the code and the settings that make public rows of the truth."""
    here = Path(__file__).resolve().parent
    newsroom = here.parent / "editorial"
    files = [here / "projection.py", here / "truth.py", Path(__file__)]
    for folder in ("blocks", "models"):
        files += sorted((newsroom / folder).glob("*.py"))
    code = "\n".join(file.read_text() for file in files)
    names = {*re.findall(r"settings\.([A-Z_]+)", code), "MEDIA_URL"}
    return hash_of([code, {name: getattr(settings, name, None) for name in names}])


def _sha(text):
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def _end(column, digits):
    return f"right({column}::text, {digits})"


# --- The editorial side ---------------------------------------------------------------


def _live(kind, table, chosen, more="", join=""):
    """What the projection reads of live articles or courses; a version never changes,
    so that the transaction which wrote it stands for its text."""
    facts = (
        "ROW(a.id, v.id, v.xmin, v.version_number, v.content_hash, v.created_at, "
        "s.slug, a.first_published_at, a.published_at, a.created_at, "
        f"uses.h{more})::text"
    )
    return f"""
    SELECT a.id, '{kind}' AS kind, {_sha(facts)} AS h
    FROM {table} AS a JOIN versions AS v ON v.id = a.live_version_id
        LEFT JOIN live_slugs AS s ON s.item_id = a.id
        LEFT JOIN uses ON uses.item_id = a.id {join}
    WHERE {chosen("a.id")}"""


def _thing(kind, table, facts, chosen, join=""):
    """What others show: of the chosen ones, and of those that chosen items use."""
    return f"""
    SELECT t.id, '{kind}' AS kind, {_sha(facts)} AS h FROM {table} AS t {join}
    WHERE {chosen("t.id")}
        OR t.id IN (SELECT used_id FROM live_uses WHERE {chosen("item_id")})"""


def _editorial_leaves(chosen):
    """`told`: (id, kind, hash, leaf) of every item that the newsroom ever marked."""
    person = "ROW(slug, display_name, avatar_url, bio, website, badge_verified_at)"
    above = "string_agg(a::text, ',' ORDER BY a.path)"
    things = " UNION ALL ".join(
        [
            _thing("profile", "users", f"{person}::text", chosen),
            _thing("tag", "tags", "t::text", chosen),
            _thing("media", "media", "t::text", chosen),
            _thing(
                "category",
                "categories",
                above,
                chosen,
                join="JOIN categories AS a ON a.path @> t.path",
            )
            + " GROUP BY t.id",
        ]
    )
    part = "LEFT JOIN series_parts AS part ON part.article_id = a.id"
    articles = _live("article", "articles", chosen, ", part.series_id", part)
    return f"""
WITH things AS ({things}), uses AS (
    SELECT item_id, string_agg(
        concat(used_id, used_kind, things.h), ',' ORDER BY used_id) AS h
    FROM live_uses LEFT JOIN things ON things.id = used_id
    WHERE {chosen("item_id")} GROUP BY item_id
), truths AS ({articles} UNION ALL {_live("course", "courses", chosen)}
    UNION ALL SELECT id, kind, concat(h, EXISTS (
        SELECT FROM live_uses WHERE used_id = things.id AND used_kind <> 'gated_media'))
    FROM things WHERE {chosen("id")}
), old AS (
    SELECT item_id, string_agg(concat(kind, ' ', old_slug), ',' ORDER BY id) AS h
    FROM redirects WHERE {chosen("item_id")} GROUP BY item_id
), state AS (
    SELECT * FROM sync_state WHERE {chosen("item_id")}
), leaves AS (
    SELECT coalesce(state.item_id, truths.id) AS id,
        coalesce(state.kind, truths.kind) AS kind, state.sequence,
        {_sha("concat_ws(';', truths.kind, truths.h, old.h)")} AS hash
    FROM state
        FULL JOIN truths ON truths.id = state.item_id AND truths.kind = state.kind
        LEFT JOIN old ON old.item_id = coalesce(state.item_id, truths.id)
    WHERE state.item_id IS NOT NULL OR truths.kind IN ('article', 'course')
), told AS (
    SELECT id, kind, hash,
        concat_ws('|', (SELECT epoch FROM write_epoch), sequence, hash) AS leaf
    FROM leaves
)
"""


# --- The public side ------------------------------------------------------------------


def _rows(table, chosen):
    model, owner, kind = TABLES[table]
    columns = ", ".join(f'"{one.column}"' for one in compared_columns(model))
    return f"""
    SELECT {owner} AS item, '{kind}' AS kind,
        '{table} ' || {_sha(f"ROW({columns})::text")} AS h
    FROM {table} WHERE {chosen(owner)}"""


def _public_leaves(chosen):
    """`told`: (id, kind, hash, leaf) of every item that has a row or a fence."""
    rows = " UNION ALL ".join(_rows(table, chosen) for table in TABLES)
    return f"""
WITH stored AS ({rows}), items AS (
    SELECT item, max(kind) AS kind, string_agg(h, ',' ORDER BY h) AS h
    FROM stored GROUP BY item
), fences AS (
    SELECT * FROM sync_fences WHERE kind <> '' AND {chosen("item_id")}
), changes AS (
    SELECT item_id, concat_ws(' ', kind, slug, version) AS h FROM content_changes
    WHERE change <> 'removed' AND {chosen("item_id")}
), leaves AS (
    SELECT coalesce(items.item, fences.item_id, changes.item_id) AS id,
        coalesce(fences.kind, items.kind, '') AS kind, fences.epoch, fences.sequence,
        {_sha("concat_ws(';', fences.kind, fences.is_live, changes.h, items.h)")}
            AS hash
    FROM items FULL JOIN fences ON fences.item_id = items.item
        FULL JOIN changes ON changes.item_id = coalesce(items.item, fences.item_id)
), told AS (
    SELECT leaves.id, leaves.kind, leaves.hash,
        concat_ws('|', epoch, sequence, coalesce(known.truth, '?')) AS leaf
    FROM leaves LEFT JOIN verified_copies AS known ON known.item_id = leaves.id
        AND known.rows = leaves.hash AND known.made_by = %(maker)s
        AND known.verified_at >= %(since)s
)
"""


# --- Asking ---------------------------------------------------------------------------


class Side:
    """One of the two stores."""

    def __init__(self, alias, leaves):
        self.alias, self._leaves = alias, leaves

    def _ask(self, columns, values, chosen, since=LONG_AGO, grouped=""):
        query = f"{self._leaves(chosen)} SELECT {columns} FROM told {grouped}"
        values = {"maker": maker(), "since": since, **values}
        with connections[self.alias].cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def buckets(self, ends, since):
        """{(kind, bucket): [how many, digest of leaves, digest of hashes]}.

        `ends`: the last digits that ids may have.
        """
        digests = ", ".join(
            _sha(f"string_agg(concat(id, {one}), ',' ORDER BY id)")
            for one in ("leaf", "hash")
        )
        found = self._ask(
            f"kind, {_end('id', BUCKET)}, count(*), {digests}",
            {"ends": list(ends)},
            lambda column: f"{_end(column, 1)} = ANY(%(ends)s)",
            since,
            "GROUP BY 1, 2",
        )
        return {(kind, end): facts for kind, end, *facts in found}

    def leaves(self, ends, since):
        """{id: (kind, leaf)} of the items in these buckets."""
        found = self._ask(
            "id, kind, leaf",
            {"ends": sorted(ends)},
            lambda column: f"{_end(column, BUCKET)} = ANY(%(ends)s)",
            since,
        )
        return {pk: (kind, leaf) for pk, kind, leaf in found}

    def hashes(self, ids):
        """{id: hash of what the projection reads, or of the rows} of these items."""
        found = self._ask(
            "id, hash",
            {"ids": list(ids)},
            lambda column: f"{column} = ANY(%(ids)s)",
        )
        return dict(found)


newsroom = Side(EDITORIAL, _editorial_leaves)
public = Side(PUBLIC, _public_leaves)
