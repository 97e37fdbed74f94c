"""The publication ledger on the desk: what did this address say, and when?"""

import json

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may
from cms.admin import page
from cms.databases import EDITORIAL
from editorial import ledger
from editorial.admin.house import origin_of
from editorial.admin.versions import as_html
from editorial.models import AuditLog

NOT_OURS = (
    "This is no address of an article or a course. Only they have versions: "
    "/articles/… or /courses/…"
)


class QuestionForm(forms.Form):
    address = forms.CharField(
        max_length=1000,
        widget=forms.TextInput(
            attrs={"placeholder": "/articles/first-light/", "autocomplete": "off"}
        ),
    )
    at = forms.DateTimeField(
        required=False,
        label="At",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
        ),
        error_messages={"invalid": "The moment is written 2026-03-14T12:00."},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    def clean_at(self):
        return self.cleaned_data["at"] or timezone.now()

    def clean_address(self):
        address = self.cleaned_data["address"]
        if ledger.parsed(address) is None:
            raise forms.ValidationError(NOT_OURS)
        return address

    def answer(self, user):
        """What it said, of items that this person may see."""
        asked = self.cleaned_data
        return visible(ledger.said(asked["address"], asked["at"]), user)


def visible(answer, user):
    """Without what the viewer may not see: nothing of it is told."""
    seen = {}
    for fact in answer.facts:
        if fact.item_id not in seen:
            item = ledger.item_of(fact)
            right = ("view", item) if item else ("view_audit", None)
            seen[fact.item_id] = may(user, *right)
    answer.facts = [fact for fact in answer.facts if seen[fact.item_id]]
    if answer.fact is not None and not seen[answer.fact.item_id]:
        answer.fact, answer.outcome = None, "hidden"
    return answer


def check(user):
    if not may(user, "view_sync"):
        raise PermissionDenied("The ledger is for editors.")


@page("ledger/", name="editorial_ledger", menu="Ledger", right="view_sync")
@require_safe
def asked(request, *, desk):
    check(request.user)
    form = QuestionForm(request.GET or None)
    answer = form.answer(request.user) if form.is_bound and form.is_valid() else None
    if answer:
        form = QuestionForm(initial={"address": answer.address, "at": answer.at})
    version = answer and answer.version
    item = ledger.item_of(answer.fact) if answer and answer.fact else None
    return desk.show(
        request,
        "admin/desk/ledger.html",
        title="What did it say?",
        form=form,
        answer=answer,
        version=version,
        parts=as_html(version) if version else [],
        item=item,
        version_url=version
        and item
        and reverse(
            f"admin:editorial_{item.KIND}_version", args=[item.pk, version.number]
        ),
        zone=timezone.get_current_timezone_name(),
    )


@page("ledger/evidence/", name="editorial_ledger_evidence")
@require_POST
def evidence(request, *, desk):
    """The answer as a file that can be checked elsewhere; who took it is logged."""
    check(request.user)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        for problem in form.errors.values():
            messages.error(request, " ".join(problem))
        return HttpResponseRedirect(reverse("admin:editorial_ledger"))
    answer = form.answer(request.user)
    if answer.fact is None:
        messages.error(request, "There is nothing to export: nothing is known of it.")
        return HttpResponseRedirect(reverse("admin:editorial_ledger"))
    with transaction.atomic(using=EDITORIAL):
        found = ledger.evidence(answer)
        text = json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True)
        AuditLog.objects.record(
            "export_evidence",
            by=request.user,
            resource_type=answer.fact.kind,
            resource_id=answer.fact.item_id,
            new={"name": answer.address, "at": answer.at.isoformat()},
            **origin_of(request),
        )
    name = f"evidence-{ledger.parsed(answer.address)[1]}-{answer.at:%Y-%m-%d}.json"
    response = HttpResponse(text, content_type="application/json")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name.encode("ascii", "ignore").decode()}"'
    )
    response.headers["Cache-Control"] = "no-store"
    return response
