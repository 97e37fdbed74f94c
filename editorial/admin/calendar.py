"""The calendar: what goes live when, by the clock of the site; and its feed."""

import calendar as weeks
import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may
from cms.admin import page
from editorial import planning
from editorial.admin.board import BoardFilter, as_json
from editorial.admin.filters import first_filter, kept_for, preference_of
from editorial.admin.house import origin_of
from editorial.exceptions import Refused
from editorial.models import DeskPreference

SHOWN = 4
"""Entries of a day in the month; the others open with one click."""
FEED_PAST, FEED_AHEAD = timedelta(days=30), timedelta(days=180)


def day_named(text):
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return timezone.localdate(timezone=planning.site_zone())
    return day if 1990 <= day.year <= 2199 else timezone.localdate()


def span(day, view):
    """(first day shown, day after the last, day of the page before, of the next)."""
    if view == "week":
        first = day - timedelta(days=day.weekday())
        week = timedelta(days=7)
        return first, first + week, first - week, first + week
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    start = first - timedelta(days=first.weekday())
    end = after + timedelta(days=-after.weekday() % 7)
    return start, end, first - timedelta(days=1), after


@page("calendar/", name="editorial_calendar")
@require_safe
def show(request, *, desk):
    if not may(request.user, "view"):
        raise PermissionDenied("The calendar is for those who work on articles.")
    if away := first_filter(request, "calendar"):
        return away
    view = "week" if request.GET.get("view") == "week" else "month"
    day = day_named(request.GET.get("day"))
    first, end, before, after = span(day, view)
    question = BoardFilter(request.GET)
    del question.fields["due"]
    asked = question.asked()
    narrow = question.narrow if asked.get("person") or asked.get("section") else None
    kinds = [model.KIND for model in question.models()]
    found = planning.entries(request.user, first, end, narrow=narrow, kinds=kinds)
    by_day = {}
    for entry in found:
        by_day.setdefault(entry.day, []).append(entry)
    today = timezone.localdate(timezone=planning.site_zone())
    days = [
        {
            "date": one,
            "entries": by_day.get(one, []),
            "is_today": one == today,
            "is_past": one < today,
            "is_outside": view == "month" and one.month != day.month,
        }
        for one in (first + timedelta(days=n) for n in range((end - first).days))
    ]
    kept = {
        key: request.GET[key]
        for key in ("kind", "section", "person", "view")
        if request.GET.get(key)
    }
    return desk.show(
        request,
        "admin/desk/calendar.html",
        title="Calendar",
        heading=_heading(day, first, end, view),
        view=view,
        day=day,
        weeks=[days[at : at + 7] for at in range(0, len(days), 7)],
        weekdays=list(weeks.day_name),
        shown=f":{SHOWN}" if view == "month" else ":",
        shown_after=f"{SHOWN}:" if view == "month" else f"{planning.AT_MOST * 9}:",
        before=before,
        after=after,
        today=today,
        filter=question,
        filtered=any(asked.values()),
        hidden=kept,
        ready=planning.ready(request.user, narrow=narrow, kinds=kinds),
        zone=settings.TIME_ZONE,
        kept=kept_for(request, "calendar"),
        has_feed=bool(preference_of(request.user).calendar_digest),
        new_feed=request.session.pop("calendar_feed", ""),
    )


def _heading(day, first, end, view):
    if view == "month":
        return f"{day:%B %Y}"
    last = end - timedelta(days=1)
    return f"{first:%-d %B} to {last:%-d %B %Y}"


@page("calendar/move/", name="editorial_calendar_move")
@require_POST
def move(request, *, desk):
    """`entry` to the `day`, at its own hour; or to the moment `at`, by the site's.

    `never` is for a day on which to look again, and takes it away.
    """
    day, at = request.POST.get("day"), request.POST.get("at")
    try:
        if "never" in request.POST:
            when = {}
        elif at:
            when = {
                "at": datetime.fromisoformat(at).replace(tzinfo=planning.site_zone())
            }
        else:
            when = {"day": date.fromisoformat(day or "")}
    except ValueError:
        return _answer(request, "Choose a day, and an hour if you like.", 422)
    try:
        sentence = planning.move(
            request.POST.get("entry"),
            by=request.user,
            origin=origin_of(request),
            **when,
        )
    except LookupError:
        raise Http404("This is not planned any more. Reload the page.") from None
    except PermissionDenied as problem:
        if not as_json(request):
            raise
        return _answer(request, str(problem), 403)
    except Refused as problem:
        return _answer(request, str(problem), 409)
    return _answer(request, sentence, 200)


def _answer(request, sentence, status):
    """JSON for the calendar; otherwise back to where the form stood."""
    if as_json(request):
        return JsonResponse({"said": sentence}, status=status)
    tell = messages.success if status == 200 else messages.error
    tell(request, sentence)
    if request.POST.get("back") == "item":
        _, kind, pk = request.POST["entry"].split(":")
        return HttpResponseRedirect(planning.item_url(kind, pk))
    back = reverse("admin:editorial_calendar")
    shown = request.POST.get("shown", "")
    return HttpResponseRedirect(f"{back}?all=1&day={day_named(shown)}")


# --- The feed ---------------------------------------------------------------------


def digest_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


@page("calendar/feed/", name="editorial_calendar_feed")
@require_POST
def make_feed(request, *, desk):
    """A secret address for calendar programs; a new one ends the one before."""
    wish = preference_of(request.user)
    if "end" in request.POST:
        wish.calendar_digest = None
        messages.success(request, "The address of your calendar is not valid any more.")
    else:
        secret = secrets.token_urlsafe(32)
        wish.calendar_digest = digest_of(secret)
        path = reverse("calendar_feed", args=[secret])
        request.session["calendar_feed"] = request.build_absolute_uri(path)
    wish.save()
    return HttpResponseRedirect(reverse("admin:editorial_calendar") + "?all=1")


@require_safe
def feed(request, secret):
    """The calendar of whoever made this address, for their calendar program."""
    wish = (
        DeskPreference.objects.filter(calendar_digest=digest_of(secret))
        .select_related("person")
        .first()
    )
    person = wish.person if wish else None
    if person is None or not person.is_active or not may(person, "view"):
        raise Http404("There is no such calendar.")
    today = timezone.localdate()
    found = planning.entries(person, today - FEED_PAST, today + FEED_AHEAD)
    origin = request.build_absolute_uri("/").rstrip("/")
    answer = HttpResponse(
        as_ical(found, origin=origin), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def as_ical(entries, *, origin):
    """RFC 5545, as little of it as calendar programs need."""
    stamp = f"{timezone.now():%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Masthead//Desk//EN"]
    lines += ["X-WR-CALNAME:Masthead"]
    for one in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.key}",
            f"DTSTAMP:{stamp}",
            *_when(one),
            f"SUMMARY:{_text(f'{one.says}: {one.title}')}",
            f"URL:{origin}{one.url}",
        ]
        if one.facts:
            lines.append(f"DESCRIPTION:{_text(', '.join(one.facts))}")
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _when(entry):
    if entry.at is None:
        return [f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"]
    start = entry.at.astimezone(timezone.get_fixed_timezone(0))
    return [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT15M"]


def _text(value):
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value.replace("\r", "")


def _folded(line):
    """Lines of at most 75 bytes; the next ones begin with a blank."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > 73:
            yield part
            part = " "
        part += letter
    yield part
