"""The change feed: from one cursor to the next, until what is public is known.

See `publishing.models.changes` for why a follower misses nothing: one row for each
item, the newest change last, in the order of commits.
"""

import json

from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers

from cms.api.pagination import Place, cursor_of, limit_of, place_at
from cms.api.problems import Problem, error
from publishing.api import sql
from publishing.api.shapes import Shape, Text
from publishing.api.views import ContentView, parameter

PAGE = 100
MOST = 1000
TYPES = ("article", "course", "category", "tag", "author", "media")
ORDER = "changes"
ASK_AGAIN = "public, no-cache"
"""Kept by nobody unasked: a follower who polls wants what is new, or hears 304."""

_PATH = """CASE c.kind WHEN 'category' THEN 'categories' WHEN 'profile' THEN 'authors'
    ELSE c.kind || 's' END"""
_PAGE = f"""CASE WHEN c.kind = 'media' THEN
        (SELECT {sql._address("m.url")} FROM published_media AS m
         WHERE m.id = c.item_id)
    WHEN c.slug <> '' THEN '{sql.ORIGIN}/' || {_PATH} || '/' || c.slug || '/' END"""
_API = f"""CASE WHEN c.change <> 'removed' AND c.kind <> 'media' THEN
    '{sql.ORIGIN}/api/v1/content/' || {_PATH} || '/' || c.slug || '/' END"""
CHANGES = f"""
SELECT head.feed, head.position, c.position, c.told::text
FROM content_change_head AS head LEFT JOIN LATERAL (
    SELECT c.position, json_build_object('id', c.item_id,
        'type', CASE c.kind WHEN 'profile' THEN 'author' ELSE c.kind END,
        'change', c.change, 'url', {_PAGE}, 'api_url', {_API},
        'slug', nullif(c.slug, ''), 'version', c.version,
        'changed_at', c.changed_at) AS told
    FROM content_changes AS c
    WHERE c.position > %(since)s AND (%(all)s OR c.kind = ANY(%(kinds)s))
    ORDER BY c.position LIMIT %(size)s
) AS c ON true
ORDER BY c.position
"""
"""One statement, one snapshot: who sees a position sees all that are lower."""


class Change(Shape):
    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=TYPES)
    change = serializers.ChoiceField(
        choices=["published", "updated", "removed"],
        help_text="`removed` is a tombstone. The other two both mean: it is there now, "
        "in this state; take it over whether you knew it or not.",
    )
    url = serializers.URLField(
        allow_null=True, help_text="Its page; of what was removed, where it was."
    )
    api_url = serializers.URLField(
        allow_null=True, help_text="Where its content is; null if there is none."
    )
    slug = Text(allow_null=True)
    version = serializers.IntegerField(
        allow_null=True, help_text="Of articles and courses."
    )
    changed_at = serializers.DateTimeField()


PAGE_OF_CHANGES = inline_serializer(
    "PageOfPublishedChanges",
    {
        "results": Change(many=True),
        "cursor": serializers.CharField(
            help_text="Send it as `since` next time, also when there was nothing new."
        ),
        "next": serializers.URLField(
            allow_null=True, help_text="Ask at once: there is more. Null at the end."
        ),
    },
)
EXAMPLE = OpenApiExample(
    "An update and a tombstone",
    response_only=True,
    status_codes=["200"],
    value={
        "results": [
            {
                "id": "01990d3c-7a5e-7c1b-9f65-0d6f6a1c2b10",
                "type": "article",
                "change": "updated",
                "url": "https://news.example/articles/harbour-lights-on/",
                "api_url": "https://news.example/api/v1/content/articles/"
                "harbour-lights-on/",
                "slug": "harbour-lights-on",
                "version": 4,
                "changed_at": "2026-03-14T09:30:00.123456+00:00",
            },
            {
                "id": "01990d3c-7a5e-7c1b-9f65-0d6f6a1c2b11",
                "type": "article",
                "change": "removed",
                "url": "https://news.example/articles/fog-over-the-pier/",
                "api_url": None,
                "slug": "fog-over-the-pier",
                "version": None,
                "changed_at": "2026-03-14T09:31:00.654321+00:00",
            },
        ],
        "cursor": "nDfX0b0mQ3kYB1p5WzAsIiwxMDNd",
        "next": None,
    },
)


class Changes(ContentView):
    """What came, changed and went, in its order; tombstones included.

    Begin without `since`, take over each page, follow `next` until it is null, and
    keep `cursor` for the next time. An item stands in the feed once, at its newest
    change, so whoever reads to the end has exactly what is public. Send
    `If-None-Match` to hear 304 while nothing is new. A 410 means that the feed began
    anew (the database was restored or made anew): forget what you have and begin
    without `since`. A course stands for its lessons, too. Bodies are not here: fetch
    `api_url`.
    """

    problem_statuses = (410,)
    query_parameters = ("since", "limit", "types")

    @extend_schema(
        operation_id="content_changes_list",
        parameters=[
            parameter("since", "`cursor` of an earlier answer, unchanged."),
            parameter(
                "limit",
                "How many at most.",
                type={
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST,
                    "default": PAGE,
                },
            ),
            parameter(
                "types",
                f"Only these, with commas between them: {', '.join(TYPES)}. Keep to "
                "the same types for as long as you use a cursor.",
                type={"type": "string", "pattern": "^[a-z]+(,[a-z]+)*$"},
            ),
        ],
        responses=PAGE_OF_CHANGES,
        examples=[EXAMPLE],
    )
    def get(self, request):
        limit = limit_of(request, default=PAGE, most=MOST)
        kinds = self.kinds_asked_for(request)
        since = request.GET.get("since", "")
        feed, position = place_at(since, ORDER).key if since else (None, 0)
        rows = sql.answers(
            CHANGES,
            {
                "since": position,
                "all": kinds is None,
                "kinds": kinds or [],
                "size": limit + 1,
            },
        )
        if not rows:
            raise Problem("unavailable", "The feed has not begun yet.")
        if since and feed != str(rows[0][0]):
            return self.begin_anew(request)
        here, head = rows[0][:2]
        rows = [row for row in rows if row[2] is not None]
        has_more = len(rows) > limit
        rows = rows[:limit]
        # A replica may be behind what another one told already: nothing new, then.
        reached = rows[-1][2] if has_more else max(head, position)
        cursor = cursor_of(Place((here, reached)), ORDER)
        after = self.address(request, cursor) if has_more else None
        text = (
            f'{{"results":[{",".join(row[3] for row in rows)}],'
            f'"cursor":"{cursor}","next":{json.dumps(after)}}}'
        )
        return self.sent(text, ["changes"], ASK_AGAIN)

    def kinds_asked_for(self, request):
        text = request.GET.get("types")
        if text is None:
            return None
        asked = set(text.split(","))
        if unknown := sorted(asked - set(TYPES)):
            message = f"types knows: {', '.join(TYPES)}."
            raise Problem(
                "bad-query",
                message,
                errors=[error(["types"], f"“{unknown[0][:50]}” is none of them.")],
            )
        return sorted("profile" if one == "author" else one for one in asked)

    def address(self, request, cursor):
        without = request.GET.copy()
        without["since"] = cursor
        return request.build_absolute_uri(f"{request.path}?{without.urlencode()}")

    def begin_anew(self, request):
        without = request.GET.copy()
        del without["since"]
        query = f"?{without.urlencode()}" if without else ""
        raise Problem(
            "gone",
            "This feed began anew since that cursor was given out. Forget what you "
            "have and read it from the beginning, without since.",
            headers={"Cache-Control": "no-store"},
            start_over=request.build_absolute_uri(f"{request.path}{query}"),
        )
