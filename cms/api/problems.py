"""Errors as problem details (RFC 9457): one shape for whatever goes wrong.

    raise Problem("refused", "The article is in review; withdraw it first.")

An exception of another app answers as a kind of ours when it has the attribute
`problem = "refused"`. `KINDS` is the whole list, and docs/api.md explains each.
"""

import logging

from django.core import exceptions as django_exceptions
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpResponsePermanentRedirect, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string
from django.views import csrf
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
URN = "urn:masthead:problem:"

KINDS = {
    # kind: (status, title)
    "bad-request": (400, "The request cannot be read"),
    "validation": (400, "Some values are not accepted"),
    "bad-query": (400, "A query parameter is not accepted"),
    "bad-cursor": (404, "The cursor is not one of ours"),
    "not-signed-in": (401, "Nobody is signed in"),
    "not-allowed": (403, "This is not allowed to you"),
    "scope": (403, "The token does not reach this far"),
    "second-factor": (403, "A second factor is needed"),
    "not-found": (404, "Nothing is here"),
    "method": (405, "This cannot be done here"),
    "not-acceptable": (406, "This form is not available"),
    "refused": (409, "Not possible now"),
    "checks": (409, "Checks stop it"),
    "conflict": (409, "Somebody else was faster"),
    "in-flight": (409, "The same request is being answered"),
    "moved": (301, "This has moved"),
    "gone": (410, "This is no longer here"),
    "stale": (412, "Somebody changed it meanwhile"),
    "too-large": (413, "The request is too large"),
    "media-type": (415, "This kind of body is not read here"),
    "key-reused": (422, "The idempotency key belongs to another request"),
    "precondition": (428, "If-Match is missing"),
    "throttled": (429, "Too many requests"),
    "broken": (500, "Something broke on our side"),
    "unavailable": (503, "Not available at the moment"),
}
TYPES = [URN + kind for kind in KINDS]
"""`type` of each kind."""


class Problem(Exception):
    """`errors` is a list of {"field", "pointer", "message"}; `headers` go along."""

    def __init__(self, kind, detail, *, errors=None, headers=None, **more):
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.more = more
        self.status = KINDS[kind][0]


def body_of(request, kind, detail, *, errors=None, **more):
    status, title = KINDS[kind]
    body = {
        "type": URN + kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    if errors:
        body["errors"] = errors
    return body | more


def handle(exc, context):
    """DRF's exception handler. What it does not know is raised on: that is a 500."""
    problem = _problem_of(exc)
    if problem is None:
        return None
    request = context["request"]
    body = body_of(
        request, problem.kind, problem.detail, errors=problem.errors, **problem.more
    )
    return Response(
        body, status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )


def _problem_of(exc):
    if isinstance(exc, Problem):
        return exc
    if kind := getattr(exc, "problem", None):
        return Problem(kind, str(exc), errors=getattr(exc, "errors", None))
    if isinstance(exc, exceptions.APIException):
        return _of_rest_framework(exc)
    if isinstance(exc, Http404 | django_exceptions.ObjectDoesNotExist):
        return Problem("not-found", NOT_FOUND)
    if isinstance(exc, django_exceptions.PermissionDenied):
        return Problem("not-allowed", str(exc) or "Your roles do not allow this.")
    if isinstance(exc, django_exceptions.ValidationError):
        return Problem("validation", VALIDATION, errors=_of_django(exc))
    if isinstance(exc, django_exceptions.RequestDataTooBig):
        return Problem("too-large", "Send less at once.")
    if isinstance(exc, django_exceptions.SuspiciousOperation):
        return Problem("bad-request", "The request cannot be read.")
    if isinstance(exc, ProtectedError):
        return Problem("refused", "Something else still uses it.")
    if isinstance(exc, IntegrityError):
        log.warning("A constraint refused a request.", exc_info=exc)
        return Problem(
            "conflict", "It does not fit what is there now. Read it again, then retry."
        )
    if isinstance(exc, DataError):
        log.warning("The database cannot hold what was sent.", exc_info=exc)
        return Problem("validation", "A value is of a kind that cannot be kept.")
    if isinstance(exc, OperationalError | InterfaceError):
        log.error("A database is not there.", exc_info=exc)
        return Problem(
            "unavailable",
            "Something that this needs is not there. Try again in a few seconds.",
            headers={"Retry-After": "5"},
        )
    return None


NOT_FOUND = "There is nothing at this address, or it is not for you to see."
VALIDATION = "See errors: each names a field and says what to change."


def _of_rest_framework(exc):
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    match exc:
        case exceptions.ValidationError():
            found = list(_flat(exc.detail))
            return Problem("validation", VALIDATION, errors=found)
        case exceptions.NotAuthenticated():
            kind, detail = "not-signed-in", "Sign in, or send a token."
        case exceptions.AuthenticationFailed():
            kind, detail = "not-signed-in", str(exc.detail)
        case exceptions.PermissionDenied():
            kind, detail = "not-allowed", str(exc.detail)
        case exceptions.NotFound():
            kind, detail = "not-found", NOT_FOUND
        case exceptions.MethodNotAllowed():
            kind, detail = "method", str(exc.detail)
        case exceptions.NotAcceptable():
            kind, detail = "not-acceptable", "JSON is what is spoken here."
        case exceptions.UnsupportedMediaType():
            kind, detail = "media-type", str(exc.detail)
        case exceptions.Throttled():
            wait = int(exc.wait or 1)
            headers["Retry-After"] = str(wait)
            kind, detail = "throttled", f"Try again in {wait} seconds."
        case exceptions.ParseError():
            kind, detail = "bad-request", str(exc.detail)
        case _:
            log.error("An API error without a kind: %r", exc)
            kind, detail = "bad-request", "The request cannot be answered."
    # DRF answers 403 where nobody is signed in and it knows no way to sign in.
    return Problem(kind, detail, headers=headers)


def _flat(detail, path=()):
    """DRF's nested errors as a list; a pointer is RFC 6901's."""
    if isinstance(detail, dict):
        for name, below in detail.items():
            inside = (
                path if name == api_settings.NON_FIELD_ERRORS_KEY else (*path, name)
            )
            yield from _flat(below, inside)
    elif isinstance(detail, list):
        for position, below in enumerate(detail):
            nested = isinstance(below, dict | list)
            yield from _flat(below, (*path, position) if nested else path)
    else:
        yield error(path, str(detail), code=getattr(detail, "code", "invalid"))


def error(path, message, *, code="invalid"):
    """One entry of `errors`; `path` is the way to the value, e.g. ("blocks", 0)."""
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return {
        "field": ".".join(map(str, path)),
        "pointer": "".join(f"/{step}" for step in steps),
        "message": message,
        "code": code,
    }


def _of_django(exc):
    if hasattr(exc, "error_dict"):
        return [
            error([] if name == "__all__" else [name], message)
            for name, messages in exc.message_dict.items()
            for message in messages
        ]
    return [error([], message) for message in exc.messages]


# --- Outside of DRF -----------------------------------------------------------


def answer(request, kind, detail, *, headers=None, **more):
    """A problem as a plain response, for what happens before or beside DRF."""
    return JsonResponse(
        body_of(request, kind, detail, **more),
        status=KINDS[kind][0],
        content_type=CONTENT_TYPE,
        headers=headers,
    )


def is_for_programs(request):
    return request.path_info.startswith("/api/")


@csrf_exempt
def unknown_address(request, *args, **kwargs):
    """What is under /api/ and nowhere on the map."""
    if not request.path_info.endswith("/") and request.method in {"GET", "HEAD"}:
        try:
            found = resolve(request.path_info + "/")
        except Resolver404:
            found = None
        if found and found.func is not unknown_address:
            query = request.META.get("QUERY_STRING", "")
            target = f"{request.path}/"
            return HttpResponsePermanentRedirect(
                f"{target}?{query}" if query else target
            )
    return answer(request, "not-found", NOT_FOUND)


def or_page(kind, page=None):
    """An error handler for the URLconf: a problem for programs, a page for people."""

    def handler(request, exception=None):
        if is_for_programs(request):
            return answer(request, kind, SENTENCES[kind])
        view = import_string(page)
        return view(request) if kind == "broken" else view(request, exception)

    return handler


SENTENCES = {
    "bad-request": "The request cannot be read.",
    "not-allowed": "Your roles do not allow this.",
    "not-found": NOT_FOUND,
    "broken": "It has been noted. Try again later; what you sent was not kept.",
}


def broken(request):
    """handler500. A database that is away is no fault of the code: 503."""
    from cms import outages

    if outages.is_one():
        return outages.answer(request)
    return or_page("broken", "publishing.views.missing.broken")(request)


not_understood = or_page("bad-request", "django.views.defaults.bad_request")
denied = or_page("not-allowed", "django.views.defaults.permission_denied")


def forged(request, reason=""):
    """Settings.CSRF_FAILURE_VIEW: for pages Django's own, which says what to do."""
    if is_for_programs(request):
        return answer(request, "not-allowed", "The CSRF token is missing or wrong.")
    return csrf.csrf_failure(request, reason)
