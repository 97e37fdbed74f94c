"""Seeing the desk as somebody else sees it: read only, half an hour, on the record.

The session stays the admin's own. On the pages of the desk, and nowhere else, whoever
asks is exchanged for the other one; nothing can be sent, the editorial database runs
the request read-only, and what belongs to accounts (people, tokens, second factors) is
shut.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from time import time

from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.dispatch import receiver
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import audit
from accounts.models import User
from accounts.permissions import may
from accounts.ranks import reaches
from cms.databases import EDITORIAL

KEY = "simulation"
LASTS = timedelta(minutes=30)
SAFE = {"GET", "HEAD"}
SHOWN = ("editorial_", "publishing_", "engagement_", "index", "jsi18n", "autocomplete")
"""Names of the pages that can be seen with another's eyes; all others are shut."""


class Simulation:
    """Who is seen as, since when: what the bar on every page says."""

    def __init__(self, person, since):
        self.person = person
        self.ends_at = datetime.fromtimestamp(since, UTC) + LASTS


def why_not(by, person):
    """Why `by` may not see the desk as `person`; "" if they may."""
    if not may(by, "simulate"):
        return "Only an admin may see the desk as somebody else."
    if person.pk == by.pk:
        return "This is you: you see the desk as it is for you."
    if not person.is_active:
        return f"{person} is deactivated and sees nothing."
    if not person.is_staff:
        return f"{person} has no role on the desk, and so no desk to be seen."
    if not reaches(by, person):
        return f"{person} stands above you. Nobody looks through eyes above their own."
    return ""


def start(request, person):
    """From now on the desk is seen as `person` sees it."""
    if reason := why_not(request.user, person):
        raise PermissionDenied(reason)
    audit.record("simulate", by=request.user, about=person, request=request)
    request.session[KEY] = {"person": str(person.pk), "since": time()}


def end(request, by, reason):
    """Over; the audit log says when and why. Harmless when there is nothing to end."""
    seen = request.session.pop(KEY, None)
    if seen is None:
        return
    person = User.objects.filter(pk=seen["person"]).first()
    if person is not None:
        audit.record(
            "simulate_end", by=by, about=person, request=request, reason=reason
        )


class AsSomebodyElse:
    """Middleware: while a simulation lasts, the desk is answered to the other one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(_address("index")):
            return self.get_response(request)
        if KEY not in request.session or request.path_info == _address("leave"):
            return self.get_response(request)
        person, problem = _find(request)
        if person is None:
            end(request, request.user, problem)
            messages.info(request, problem)
            if request.method in SAFE:
                return redirect("admin:index")
            return _refuse(request, f"{problem} Nothing was changed.")
        request.real_user = request.user
        request.simulation = Simulation(person, request.session[KEY]["since"])
        # The second factor was the admin's; nobody is asked for another one's.
        person._has_second_factor = True
        request.user = request._cached_user = person
        if request.method not in SAFE:
            return _refuse(
                request,
                f"You are looking as {person} does, and nothing can be changed like "
                "this. Leave first.",
            )
        with transaction.atomic(using=EDITORIAL):
            # Whatever a page would do by mistake: PostgreSQL refuses.
            with connections[EDITORIAL].cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not hasattr(request, "simulation"):
            return None
        match = request.resolver_match
        if match.namespaces == ["admin"] and (match.url_name or "").startswith(SHOWN):
            return None
        return _refuse(
            request,
            "People, tokens and second factors are not shown through another's eyes. "
            "Leave first.",
        )


@cache
def _address(name):
    return reverse("admin:index" if name == "index" else "admin:leave_simulation")


def _find(request):
    """(person, "") or (None, why it is over)."""
    seen, by = request.session[KEY], request.user
    if time() - seen["since"] > LASTS.total_seconds():
        return None, "Half an hour is over: you see the desk as yourself again."
    person = User.objects.filter(pk=seen["person"]).first()
    if person is None or not by.is_authenticated or why_not(by, person):
        return None, "You see the desk as yourself again."
    return person, ""


def _refuse(request, sentence):
    return render(
        request,
        "admin/accounts/not_like_this.html",
        {"title": "Not like this", "sentence": sentence},
        status=403,
    )


@receiver(user_logged_out)
def signing_out_ends_it(request, user, **kwargs):
    if request is not None and user is not None and hasattr(request, "session"):
        end(request, user, "Signed out.")
