"""Is this process alive, is it of use, and what does it hear from the others?

/livez answers as long as the process does: restart it when it does not.
/readyz says whether to send it requests: no, while that is away which it cannot do
without. /healthz says the same, and how each of the others is; each is asked for a
second at most, so this answers while they hang.
"""

from typing import Any

import redis
from django.conf import settings
from django.db import Error, connections
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from cms import replicas
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC, SERVICES

NEEDED = {"public": PUBLIC, "engagement": ENGAGEMENT, "all": PUBLIC}
"""Service to the one database without which it is of no use to anyone.

The others may be down: the public pages outlive the newsroom and the comments.
Services that are not listed need the newsroom's."""

SECONDS = 1.0


@never_cache
@require_safe
def livez(request):
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request):
    needed = NEEDED.get(settings.CMS_SERVICE, EDITORIAL)
    state = _state(needed)
    return JsonResponse(
        {"service": settings.CMS_SERVICE, "well": state == "ok", needed: state},
        status=200 if state == "ok" else 503,
    )


@never_cache
@require_safe
def healthz(request):
    states = {alias: _state(alias) for alias in SERVICES[settings.CMS_SERVICE]}
    well = states[NEEDED.get(settings.CMS_SERVICE, EDITORIAL)] == "ok"
    body = {
        "service": settings.CMS_SERVICE,
        "well": well,
        "databases": states,
        "redis": _redis(),
    }
    if roster := replicas.known(PUBLIC):
        body["replicas"] = roster.states()
    return JsonResponse(body, status=200 if well else 503)


def _state(alias):
    connection: Any = connections[alias]
    try:
        with connection.answering_within(SECONDS), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return "down"
    return "ok"


def _redis():
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=SECONDS / 2,
        socket_timeout=SECONDS / 2,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except redis.RedisError:
        return "down"
    finally:
        client.close()
    return "ok"
