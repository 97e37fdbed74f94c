"""POST /engagement/searches/: a page of results says what was searched. Always 204.

No session, no cookie, no account. The body is JSON with an id made in the browser:
{"id": "<uuid>", "query": "…", "outcome": "found", "results": 12, "page": 1,
"sort": "", "filters": {"category": "sea"}, "corrected": "", "milliseconds": 41}; and
when a result is opened {"event": "click", "id": "<the same>", "kind": "article",
"item": "<uuid>", "position": 3}.

The search itself never waits for this, nor fails with it.
"""

import json
import logging
import re
import unicodedata
from uuid import UUID

from django.db import Error, connections, transaction
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cms.addresses import address_of
from cms.databases import ENGAGEMENT
from engagement.searches.models import Outcome
from engagement.views import beacon as views
from engagement.views import stream, visitors

log = logging.getLogger(__name__)

MAX_BODY = 4096
LONGEST = 200
AN_HOUR = 60
"""Searches of one visitor that are kept within an hour; a program makes more."""
KINDS = {"article", "course"}
SORTS = {"", "newest"}
FILTERS = ("kind", "category", "tag", "author", "year")

EMAIL = re.compile(r"\S+@\S+")
LONG_NUMBER = re.compile(r"\+?\d[\d\s./-]{5,}\d")

# One statement each: a second one with the same id changes nothing.
KEEP_SEARCH = """
INSERT INTO search_queries
    (id, query, outcome, corrected_to, results, page, sort, filters, milliseconds,
     device, visitor)
SELECT %(id)s, %(query)s, %(outcome)s, %(corrected)s, %(results)s, %(page)s,
    %(sort)s, %(filters)s::jsonb, %(milliseconds)s, %(device)s, %(visitor)s
WHERE (SELECT count(*) FROM search_queries
       WHERE visitor = %(visitor)s AND searched_at > now() - interval '1 hour')
    < %(an_hour)s
ON CONFLICT DO NOTHING
"""
KEEP_CLICK = """
INSERT INTO search_clicks (id, search_id, content_kind, content_id, position)
SELECT uuidv7(), search.id, %(kind)s, %(item)s, %(position)s
FROM search_queries AS search
WHERE search.id = %(id)s AND search.visitor = %(visitor)s
    AND search.searched_at > now() - interval '1 day'
ON CONFLICT DO NOTHING
"""


@csrf_exempt
def beacon(request):
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    said = _said(request)
    if said is not None:
        _keep(request, *said)
    return HttpResponse(status=204)


def normalised(text):
    """As searches are counted: small letters, one space, nobody's address or number."""
    text = unicodedata.normalize("NFKC", text).replace("\x00", " ")
    text = text.encode(errors="ignore").decode().lower()
    text = LONG_NUMBER.sub("…", EMAIL.sub("…", text))
    return " ".join(text.split())[:LONGEST]


def _said(request):
    """(statement, its values), or None for what is worth nothing. Never complains."""
    agent = request.headers.get("user-agent", "")
    if visitors.is_bot(agent) or visitors.asked_not_to_count(request.headers):
        return None
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return None
        said = json.loads(request.read(MAX_BODY + 1))
        values = {"id": UUID(said["id"])}
        if said.get("event") == "click":
            if said["kind"] not in KINDS:
                return None
            return KEEP_CLICK, values | {
                "kind": said["kind"],
                "item": UUID(said["item"]),
                "position": _number(said["position"], 1, 10_000),
            }
        query = normalised(said["query"])
        if not query or said["outcome"] not in Outcome.values:
            return None
        milliseconds = said.get("milliseconds")
        return KEEP_SEARCH, values | {
            "query": query,
            "outcome": said["outcome"],
            "corrected": normalised(said.get("corrected") or ""),
            "results": _number(said["results"], 0, 1_000_000),
            "page": _number(said.get("page", 1), 1, 10_000),
            "sort": said.get("sort") if said.get("sort") in SORTS else "",
            "filters": json.dumps(_filters(said.get("filters"))),
            "milliseconds": None
            if milliseconds is None
            else _number(milliseconds, 0, 600_000),
            "device": visitors.device(agent),
            "an_hour": AN_HOUR,
        }
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError):
        return None


def _number(value, least, most):
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return int(min(max(value, least), most))


def _filters(said):
    chosen = said if isinstance(said, dict) else {}
    return {
        name: normalised(value)
        for name in FILTERS
        if isinstance(value := chosen.get(name), str) and value
    }


def _keep(request, statement, values):
    values["visitor"] = visitors.visitor_hash(
        _salt(),
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        host=request.META.get("HTTP_HOST", ""),
    )
    try:
        with (
            transaction.atomic(using=ENGAGEMENT),
            connections[ENGAGEMENT].cursor() as cursor,
        ):
            cursor.execute(statement, values)
    except Error as problem:
        log.warning("A search was not kept: %s", problem)


def _salt():
    """The day's key, as for views; while Redis is down, this process's own."""
    try:
        if not stream.is_resting():
            return stream.salt()
    except stream.Unavailable:
        stream.rest()
    return views.own_salt()
