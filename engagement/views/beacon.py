"""POST /engagement/views/: a page says that it was looked at. Always 204, at once.

No session, no ORM, no cookie. The body is JSON:
{"kind": "article", "id": "<uuid>", "referrer": "https://…", "utm_source": "…",
"utm_medium": "…", "utm_campaign": "…"}; a second one when the reader leaves says
{"event": "read", "seconds": 84, "scroll": 70} besides kind and id.
"""

import json
import logging
import os
import time
from collections import OrderedDict
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import Error
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cms.addresses import address_of
from engagement.views import drain, sources, stream, visitors

log = logging.getLogger(__name__)

MAX_BODY = 2048
KINDS = {"article", "course", "lesson"}


ADDRESS = "/engagement/views/"


def first_of_all(get_response):
    """Middleware before all others: a beacon has no session, no sign-in, no page, and
    comes with every page that is read."""

    def middleware(request):
        if request.path_info == ADDRESS:
            return beacon(request)
        return get_response(request)

    return middleware


@csrf_exempt
def beacon(request):
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    entry = _entry(request)
    if entry is not None:
        _keep(request, entry)
    return HttpResponse(status=204)


def _entry(request):
    """What is worth keeping of the request, or None. Never complains."""
    if settings.STAFF_COOKIE_NAME in request.COOKIES:
        return None
    if visitors.asked_not_to_count(request.headers):
        return None
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return None
        said = json.loads(request.read(MAX_BODY + 1))
        kind, content_id = said["kind"], UUID(said["id"])
        if kind not in KINDS:
            return None
        entry = {
            "content_kind": kind,
            "content_id": content_id.hex,
            "at": int(time.time() * 1000),
        }
        agent = request.headers.get("user-agent", "")
        if visitors.is_bot(agent):
            return entry | {"event": "b"}
        if said.get("event") == "read":
            return entry | {
                "event": "r",
                "seconds": _number(said.get("seconds"), 60 * 60),
                "scroll": _number(said.get("scroll"), 100),
            }
    except (ValueError, TypeError, KeyError, AttributeError, OSError, RecursionError):
        return None
    named = {
        name: _text(said.get(name))
        for name in ("utm_source", "utm_medium", "utm_campaign")
    }
    own = request.META.get("HTTP_HOST", "").partition(":")[0]
    host = _host(said.get("referrer"))
    return (
        entry
        | named
        | {
            "event": "v",
            "device": visitors.device(agent),
            "source": sources.source_of(host, own=own, medium=named["utm_medium"]),
            "referrer_host": "" if host == own else host,
            "country": sources.country_of(request.META),
        }
    )


def _number(value, largest):
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    return int(min(max(value, 0), largest))


def _text(value):
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode(errors="ignore").decode()[:100]


def _host(url):
    """The host a reader came from; the path could tell more than we want to know."""
    try:
        host = urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        return ""
    return _text(host or "")


def _keep(request, entry):
    try:
        if not stream.is_resting():
            seen = _visitor(request, stream.salt(), entry)
            stream.add(drain.line(entry), seen=seen)
            return
    except stream.Unavailable as problem:
        stream.rest()
        log.warning("Redis is down, views go straight to PostgreSQL: %s", problem)
    try:
        seen = _visitor(request, own_salt(), entry)
        if not _saw(seen):
            drain.write_directly(entry)
    except Error as problem:
        log.warning("A view was lost, Redis and PostgreSQL are down: %s", problem)


def _visitor(request, salt, entry):
    """Put the visitor into the entry; answer what marks this view as a repetition."""
    visitor = visitors.visitor_hash(
        salt,
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        host=request.META.get("HTTP_HOST", ""),
    )
    entry["visitor"] = visitor.hex
    return f"{entry['event']}:{entry['content_id']}:{visitor.hex}"


# --- While Redis is down: the same, within this process ------------------------------

_stand_in = (None, b"")
_seen = OrderedDict()


def own_salt():
    global _stand_in
    today = datetime.now(UTC).date()
    if _stand_in[0] != today:
        _stand_in = (today, os.urandom(32))
    return _stand_in[1]


def _saw(seen):
    now = time.monotonic()
    if now - _seen.get(seen, -stream.DEDUPE_SECONDS) < stream.DEDUPE_SECONDS:
        return True
    _seen[seen] = now
    _seen.move_to_end(seen)
    while len(_seen) > 10_000:
        _seen.popitem(last=False)
    return False
