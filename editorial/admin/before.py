"""What the desk says while somebody writes: checks, cards and the preview, of the text
that is open in the page. And what it says afterwards: how far a publish has come.
"""

import json
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST, require_safe

from editorial import actions, checks, press
from editorial.admin.next_step import next_step
from editorial.admin.places import place_of
from editorial.admin.verbs import offers, refusals
from editorial.checks import asking
from editorial.checks.filing import (
    DESCRIPTION_FITS,
    SOCIAL_DESCRIPTION_FITS,
    SOCIAL_TITLE_FITS,
    TITLE_FITS,
)
from editorial.checks.links import outside
from editorial.gaps import Gap
from editorial.models import LinkAnswer, Override
from editorial.opened import snapshot_around, snapshot_of

DECIDES = {"submit", "approve", "schedule", "publish"}
"""Verbs whose question shows what the checks say."""

FRESH = timedelta(minutes=5)

METERS = {
    # name on the card: (from, to) characters that are shown
    "title": (1, TITLE_FITS),
    "description": DESCRIPTION_FITS,
    "share_title": (1, SOCIAL_TITLE_FITS),
    "share_description": (1, SOCIAL_DESCRIPTION_FITS),
}


def panel(request, item):
    """What the panels show when the page opens, of the text as it is kept."""
    snapshot = item.snapshot()
    return {
        "checked": checks_of(item, snapshot, request.user),
        "card": press.card_of(item, snapshot),
        "meters": METERS,
        "receipt_wanted": _is_fresh(item),
    }


def _is_fresh(item):
    """Whether a publish, or a taking down, is so new that one waits for its receipt."""
    last = item.published_at if item.is_live else item.unpublished_at
    return last is not None and timezone.now() - last < FRESH


def posted_of(request):
    """(fields, blocks, want) of a page that asks; ValueError where it is nonsense."""
    posted = json.loads(request.body)
    fields, want = posted.get("fields", {}), posted.get("want", ["checks"])
    if not isinstance(fields, dict) or not isinstance(want, list):
        raise ValueError
    return fields, posted.get("blocks"), want


NONSENSE = (ValueError, AttributeError, RecursionError)


def _unread():
    return JsonResponse(
        {"sentence": "The text could not be read. Reload the page."}, status=400
    )


@require_POST
def look_at_lesson(request, pk, *, desk):
    """The same of one lesson that is open: what the checks of its course find in it."""
    lesson = desk.get_queryset(request).filter(pk=pk).first()
    if lesson is None or not desk.has_view_permission(request, lesson):
        raise Http404("There is no such lesson.")
    try:
        fields, body, _want = posted_of(request)
    except NONSENSE:
        return _unread()
    snapshot, faults = snapshot_around(lesson, fields, body)
    found = checks_in_lesson(lesson, request.user, snapshot)
    return JsonResponse({"faults": faults, "checks": found})


@require_POST
def look(request, pk, *, desk):
    """JSON in: {"fields", "blocks", "want"}; JSON out: what was wanted of it.

    `want` names "checks", "card", "page" and "step" (what can be done next, of what is
    kept). Nothing is written.
    """
    item = desk.find(request, pk)
    try:
        fields, body, want = posted_of(request)
    except NONSENSE:
        return _unread()
    snapshot, faults = snapshot_of(item, fields, body)
    answer = {"faults": faults}
    if "checks" in want:
        answer["checks"] = checks_of(item, snapshot, request.user)
    if "card" in want:
        answer["card"] = press.card_of(item, snapshot)
    if "step" in want:
        answer["step"] = _step(request, item)
    if "page" in want:
        answer["page"] = press.page_of(item, snapshot)
    return JsonResponse(answer)


def _step(request, item):
    offered = offers(item, request.user)
    return render_to_string(
        "admin/editorial/item/bar_action.html",
        {
            "original": item,
            "step": next_step(item, offered),
            "refusals": refusals(item, request.user),
            "base": f"admin:{item._meta.app_label}_{item._meta.model_name}",
        },
        request=request,
    )


def checks_of(item, snapshot, user):
    """What the panel shows, of the text as it is kept (None) or as it is open."""
    text = checks.Text(item, snapshot, viewer=user)
    found = checks.look(text)
    passed = {}
    if any(one.blocks for one in found):
        passed = _passed(item, text)
    concerns = [
        one.as_json()
        | {"passed": passed.get(one.key, "")}
        | (
            {"where": _lesson_of(text, one.lesson), "href": place_of(item, Gap.of(one))}
            if one.lesson
            else {}
        )
        for one in found
    ]
    return {
        "concerns": concerns,
        "counts": _counts(concerns),
        "links": _links(text),
    }


def checks_in_lesson(lesson, user, snapshot=None):
    """Those of the course's that are about this lesson, for its own page."""
    whole = checks_of(lesson.course, snapshot, user)
    concerns = [
        one | {"where": ""}  # this very page
        for one in whole["concerns"]
        if one["lesson"] == str(lesson.pk)
    ]
    return {"concerns": concerns, "counts": _counts(concerns), "links": None}


def _counts(concerns):
    return {
        severity: sum(
            one["severity"] == severity and not one["passed"] for one in concerns
        )
        for severity in checks.SEVERITIES
    }


def _passed(item, text):
    """{key: "Ines: why"} of what somebody let pass, for exactly this text."""
    content_hash = checks.hash_of(text.snapshot)
    return {
        key: str(one)
        for one in Override.objects.of(item, content_hash).select_related("made_by")
        for key in one.concerns
    }


def _lesson_of(text, lesson):
    return next((body.title for body in text.bodies if body.lesson == lesson), "")


def _links(text):
    """How the links to other sites stand, in one sentence."""
    urls = outside(text)
    if not urls:
        return None
    known = LinkAnswer.objects.of(urls).values()
    answered = [one for one in known if one.checked_at is not None]
    asked = [one for one in known if one.asked_at > (one.checked_at or one.asked_at)]
    waiting = len(asked) + sum(one.checked_at is None for one in known)
    count = f"{len(urls)} link{'s' if len(urls) > 1 else ''} to other sites"
    if waiting:
        sentence = f"{count}: {waiting} still being asked."
    elif not answered:
        sentence = f"{count}, not checked yet."
    else:
        oldest = min(one.checked_at for one in answered)
        ago = timesince(oldest, depth=1)
        new = len(urls) - len(answered)
        sentence = f"{count}, checked {ago} ago." + (
            f" {new} not checked yet." if new else ""
        )
    return {"sentence": sentence, "count": len(urls), "waiting": waiting}


@require_POST
def ask_links(request, pk, *, desk):
    """Have the worker ask the sites that the text links to, as it is kept."""
    item = desk.find(request, pk)
    actions.check(request.user, "comment_on_draft", item)
    asked = asking.queue(checks.Text(item, viewer=request.user))
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"asked": asked})
    messages.success(
        request,
        f"{asked} link{'s are' if asked != 1 else ' is'} being checked."
        if asked
        else "The links were checked a moment ago, or there are none.",
    )
    return HttpResponseRedirect(desk.address(item) + "#panel-checks")


@require_safe
def receipt(request, pk, *, desk):
    """How far the last publish, or taking down, has come."""
    item = desk.find(request, pk)
    version = item.live_version.number if item.is_live else None
    if version is None and item.unpublished_at is None:
        return JsonResponse({"sentence": "Readers never had it.", "done": True})
    return JsonResponse(press.receipt_of(item, version))
