"""Who is asking, for how long they have been here, and how often they tried."""

import logging
from time import time

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from requests import RequestException

from accounts import limits
from cms.addresses import address_of

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
BEGAN, SEEN = "signed_in_at", "seen_at"
NOTED_EACH = 5 * 60
"""Seconds between two notes of somebody being there: each is a write."""


class Visitors(AuthenticationMiddleware):
    """`request.user`, found when somebody asks for it: reader pages never do.

    A session of staff ends after STAFF_IDLE_SECONDS without a request, and after
    STAFF_SESSION_SECONDS in any case.
    """

    def process_request(self, request):
        request.user = SimpleLazyObject(lambda: visitor(request))

        async def auser():
            raise NotImplementedError("Masthead is served by threads.")

        request.auser = auser


def visitor(request):
    if not hasattr(request, "_cached_user"):
        user = get_user(request)
        if user.is_authenticated and not _may_stay(request, user):
            request.session.flush()
            user = AnonymousUser()
        request._cached_user = user
    return request._cached_user


def _may_stay(request, user):
    session, now = request.session, time()
    began, seen = session.get(BEGAN), session.get(SEEN, 0)
    if began is None:
        began = session[BEGAN] = now
        seen = session[SEEN] = now
    too_long = now - began > settings.STAFF_SESSION_SECONDS
    too_idle = now - seen > settings.STAFF_IDLE_SECONDS
    if (too_long or too_idle) and user.is_staff:
        return False
    if now - seen > NOTED_EACH:
        session[SEEN] = now
        UserSession.objects.filter(session_key=session.session_key).update(
            last_seen_at=timezone.now(),
            ip=address_of(request) or "0.0.0.0",  # noqa: S104
        )
    return True


class AccountPages:
    """Kept by no cache; those that send mail or check secrets answer 429 in time."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        is_ours = request.path_info.startswith("/accounts/")
        if is_ours and request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)  # forms are sent, nothing else is
        answer = self.get_response(request)
        if is_ours:
            add_never_cache_headers(answer)
        return answer

    def process_view(self, request, view, args, kwargs):
        seconds = limits.wait_for_page(request, request.resolver_match.url_name)
        if not seconds:
            return None
        answer = render(
            request,
            "accounts/too_often.html",
            {"sentence": limits.wait_sentence(seconds)},
            status=429,
        )
        answer.headers["Retry-After"] = str(int(seconds))
        return answer

    def process_exception(self, request, exception):
        """The sign-in provider of the house is away, or answers nonsense."""
        if not isinstance(exception, RequestException):
            return None
        logger.error("The sign-in provider does not answer: %s", exception)
        return render(request, "socialaccount/authentication_error.html", status=502)
