"""A database is away: 503 and a clear page, never a stack of errors.

A view that can do without it does so itself; whatever else meets an outage ends here.
"""

import logging
import sys
from functools import wraps

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import get_template

from cms.api import problems

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_AFTER = 30
"""Seconds after which a reader, a crawler or a cache may ask again."""
DESK = "/admin/"
SENTENCE = "A database does not answer. Try again in a few seconds."


def otherwise(answer):
    """Of a function that reads a store which its page can do without: `answer`, while
    that store is away."""

    def decorate(function):
        @wraps(function)
        def survivor(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except DATABASE_AWAY as problem:
                logger.warning("%s: %s", function.__name__, problem)
                return answer

        return survivor

    return decorate


class Outages:
    """Middleware: an error of a view that means "away" is answered as that."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info.startswith(DESK):
            # Who asks decides everything there, even in the middleware after this.
            try:
                request.user.is_authenticated  # noqa: B018  (asks the database)
            except DATABASE_AWAY as problem:
                return self.process_exception(request, problem)
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, DATABASE_AWAY):
            return None
        logger.error("%s %s: %s", request.method, request.path, exception)
        return answer(request)


def is_one():
    """Whether the error that is being handled is an outage; for handler500, which
    answers what broke outside of views."""
    return isinstance(sys.exc_info()[1], DATABASE_AWAY)


def answer(request):
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    if problems.is_for_programs(request):
        return problems.answer(request, "unavailable", SENTENCE, headers=headers)
    is_get = request.method in {"GET", "HEAD"}
    html = get_template("503.html").render(
        {
            "site_name": settings.SITE_NAME,
            "is_desk": request.path_info.startswith(DESK),
            "was_sent": not is_get,
            "address": request.get_full_path() if is_get else request.path,
        }
    )
    return HttpResponse(html, status=503, headers=headers)
