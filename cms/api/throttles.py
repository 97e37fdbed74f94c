"""Limits for DRF views, on `cms.limits`: by person, else by network.

A view names its limits: `limits = {"read": "api-read", "write": "api-write"}`, which
settings.API_LIMITS translates to (how often, in how many seconds).
"""

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from cms import limits
from cms.addresses import address_of

NAMED = {"read": "api-read", "write": "api-write"}
SAFE = {"GET", "HEAD", "OPTIONS"}


class Throttle(BaseThrottle):
    def allow_request(self, request, view):
        named = getattr(view, "limits", NAMED)
        scope = named["read" if request.method in SAFE else "write"]
        often, seconds = settings.API_LIMITS[scope]
        self.taken = limits.ask(scope, _key_of(request), often, seconds)
        if often:
            # The answer says how much is left; see cms.api.views.
            view.rate = (scope, often, seconds, self.taken)
        return not self.taken.wait

    def wait(self):
        return self.taken.wait


def _key_of(request):
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{limits.network_of(address_of(request))}"


def headers_of(rate):
    """RateLimit fields as the IETF's draft names them."""
    scope, often, seconds, taken = rate
    return {
        "RateLimit-Policy": f'"{scope}";q={often};w={seconds}',
        "RateLimit": f'"{scope}";r={taken.remaining};t={taken.reset}',
    }
