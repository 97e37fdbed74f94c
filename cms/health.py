"""/healthz: may this process be sent requests?"""

from django.conf import settings
from django.db import Error, connections
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC, SERVICES

NEEDED = {"public": PUBLIC, "engagement": ENGAGEMENT, "all": PUBLIC}
"""Service to the one database without which it is of no use to anyone.

The others may be down: the public pages outlive the newsroom and the comments.
Services that are not listed need the newsroom's."""


@never_cache
@require_safe
def healthz(request):
    states = {alias: _state(alias) for alias in SERVICES[settings.CMS_SERVICE]}
    well = states[NEEDED.get(settings.CMS_SERVICE, EDITORIAL)] == "ok"
    return JsonResponse(
        {"service": settings.CMS_SERVICE, "well": well, "databases": states},
        status=200 if well else 503,
    )


def _state(alias):
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connections[alias].close()
        return "down"
    return "ok"
