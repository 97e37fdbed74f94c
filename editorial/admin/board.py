"""The board: what stands where, and moving it on.

A card that is dropped on a column asks for the verb that leads there; the verb is
done by its action, with its rights, as from the page of the item. Without JavaScript,
and by keyboard, each card has a menu of the same moves.
"""

from dataclasses import dataclass
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Min, Q
from django.http import Http404, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may
from cms.admin import page
from cms.databases import EDITORIAL
from editorial.actions import check
from editorial.admin.filters import first_filter, kept_for
from editorial.admin.house import origin_of
from editorial.admin.items import SEES_THE_TEXT, CategoryChoice, uuid_or_none
from editorial.admin.places import place_of
from editorial.admin.verbs import VERBS
from editorial.api.rights import know_relations, leads_somewhere, may_do
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    Category,
    EditorialTask,
    Review,
    Status,
)

COLUMNS = (
    Status.DRAFT,
    Status.CHANGES_REQUESTED,
    Status.PENDING_REVIEW,
    Status.IN_REVIEW,
    Status.APPROVED,
    Status.SCHEDULED,
    Status.PUBLISHED,
)
SHOWN, MORE = 12, 100
SOON = timedelta(days=7)
LEADS_TO = {
    # verb: the column where the card lies afterwards
    "submit": Status.PENDING_REVIEW,
    "withdraw": Status.DRAFT,
    "start_review": Status.IN_REVIEW,
    "request_changes": Status.CHANGES_REQUESTED,
    "approve": Status.APPROVED,
    "unschedule": Status.APPROVED,
    "reopen": Status.DRAFT,
    "schedule": Status.SCHEDULED,
    "publish": Status.PUBLISHED,
    "revise": Status.DRAFT,
    "unpublish": Status.UNPUBLISHED,
    "archive": Status.ARCHIVED,
    "unarchive": Status.DRAFT,
}
ASKED_FIRST = {"start_review", "request_changes", "schedule", "publish", "unpublish"}
ASKED_FIRST |= {"archive"}
"""Nobody does these by letting go of the mouse at the wrong place."""


# --- The question -----------------------------------------------------------------


class BoardFilter(forms.Form):
    kind = forms.ChoiceField(
        choices=[("", "Everything"), ("article", "Articles"), ("course", "Courses")],
        required=False,
    )
    section = CategoryChoice(
        Category.objects.all(), required=False, empty_label="All", label="Category"
    )
    person = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Everybody", label="Person"
    )
    due = forms.ChoiceField(
        choices=[
            ("", "Any time"),
            ("late", "Late"),
            ("week", "Within a week"),
        ],
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["person"].queryset = User.objects.staff().order_by("display_name")

    def asked(self):
        """What was asked that makes sense; the rest is as if it were not there."""
        self.full_clean()
        return self.cleaned_data

    def narrow(self, rows):
        asked = self.asked()
        if person := asked.get("person"):
            rows = rows.filter(
                Q(**{rows.model.OWNER_FIELD: person}) | Q(assigned_editor=person)
            )
        if section := asked.get("section"):
            rows = rows.filter(category__path__descendant_of=section.path)
        if due := asked.get("due"):
            until = timezone.now() + (SOON if due == "week" else timedelta(0))
            tasks = EditorialTask.objects.open().filter(due_date__lt=until)
            reviews = Review.objects.open().filter(due_at__lt=until)
            rows = rows.filter(
                Q(pk__in=tasks.exclude(content_id=None).values("content_id"))
                | Q(pk__in=reviews.values("content_id"))
                | Q(status=Status.SCHEDULED, publish_at__lt=until)
            )
        return rows

    def models(self):
        kind = self.asked().get("kind")
        return [model for key, model in ITEM_MODELS.items() if kind in ("", None, key)]


# --- Cards and columns ------------------------------------------------------------


@dataclass
class Column:
    status: str
    label: str
    cards: list
    count: int
    more: bool

    @property
    def hidden_cards(self):
        return self.count - len(self.cards)


def columns(user, question, *, more=""):
    """The columns with their first cards: the same few queries for any number."""
    counts = dict.fromkeys(COLUMNS, 0)
    cards = {status: [] for status in COLUMNS}
    for model in question.models():
        rows = question.narrow(model.objects.visible_to(user))
        counted = rows.in_status(*COLUMNS).order_by().values("status")
        for found in counted.annotate(number=Count("pk")):
            counts[found["status"]] += found["number"]
        ids = [
            rows.in_status(status)
            .order_by("-updated_at", "-pk")
            .values_list("pk", flat=True)[: MORE if status == more else SHOWN]
            for status in COLUMNS
        ]
        wanted = list(ids[0].union(*ids[1:], all=True))
        for item in made_ready(model, wanted, user):
            cards[item.status].append(item)
    found = []
    for status in COLUMNS:
        limit = MORE if status == more else SHOWN
        newest = sorted(cards[status], key=lambda one: one.updated_at, reverse=True)
        found.append(
            Column(
                status=status.value,
                label=status.label,
                cards=newest[:limit],
                count=counts[status],
                more=counts[status] > limit and limit < MORE,
            )
        )
    return found


def made_ready(model, ids, user):
    """Items as cards: who, where, when it is due, and where they may be moved."""
    if not ids:
        return []
    items = list(
        model.objects.filter(pk__in=ids)
        .select_related(model.OWNER_FIELD, "category", "live_version")
        .defer(
            "structured_data",
            *(f"live_version__{name}" for name in ("snapshot", "rendered")),
            "live_version__diff_from_previous",
        )
    )
    know_relations(items, user)
    due = dict(
        EditorialTask.objects.open()
        .filter(content_id__in=ids)
        .values_list("content_id")
        .annotate(first=Min("due_date"))
    )
    reviews = {
        one.content_id: one
        for one in Review.objects.open()
        .filter(content_id__in=ids)
        .select_related("reviewer")
    }
    now = timezone.now()
    for item in items:
        item.review = reviews.get(item.pk)
        moments = [due.get(item.pk), item.review.due_at if item.review else None]
        item.due = min((one for one in moments if one), default=None)
        item.is_due_late = item.due is not None and item.due < now
        item.is_late = bool(item.publish_at and item.publish_at < now)
        item.address = reverse(f"admin:editorial_{item.KIND}_change", args=[item.pk])
        item.moves = moves(item, user)
    return items


@dataclass
class Move:
    verb: object
    to: str
    url: str
    """Where the question is asked, for those that need an answer first."""

    @property
    def asks(self):
        return self.verb.name in ASKED_FIRST


def moves(item, user):
    return [
        Move(
            VERBS[name],
            to,
            reverse(f"admin:editorial_{item.KIND}_do", args=[item.pk, name]),
        )
        for name, to in LEADS_TO.items()
        if leads_somewhere(item, name) and may_do(user, name, item, on_its_own=False)
    ]


# --- The page ---------------------------------------------------------------------


@page("board/", name="editorial_board")
@require_safe
def board(request, *, desk):
    if not may(request.user, "view"):
        raise PermissionDenied("The board is for those who work on articles.")
    if away := first_filter(request, "board"):
        return away
    question = BoardFilter(request.GET)
    more = request.GET.get("more", "")
    return desk.show(
        request,
        "admin/desk/board.html",
        title="Board",
        columns=columns(request.user, question, more=more),
        filter=question,
        filtered=any(question.asked().values()),
        kept=kept_for(request, "board"),
        here=request.get_full_path(),
    )


def item_named(text, user):
    """The item of "article:<id>", if this person may view it."""
    kind, _, pk = str(text or "").partition(":")
    model = ITEM_MODELS.get(kind)
    item = None
    if model is not None and (pk := uuid_or_none(pk)):
        item = model.objects.visible_to(user).filter(pk=pk).first()
    if item is None or not may(user, "view", item):
        raise Http404("This is not on the board any more. Reload the page.")
    return item


def as_json(request):
    return "application/json" in request.headers.get("Accept", "")


@page("board/move/", name="editorial_board_move")
@require_POST
def move(request, *, desk):
    """`item` to the column `to`, or by `verb`; answers with the card as it is then."""
    item = item_named(request.POST.get("item"), request.user)
    verb = wanted_verb(item, request.POST)
    if verb is None:
        to = dict(Status.choices).get(request.POST.get("to"), "there")
        return said(
            request,
            item,
            f"“{item}” is {item.get_status_display().lower()}; no step leads from "
            f"there to “{to}”.",
            status=409,
        )
    question = verb.question
    answered = "answered" in request.POST
    if verb.name in ASKED_FIRST and not answered:
        try:
            check(request.user, verb.right or verb.name, item)
        except PermissionDenied as problem:
            return denied(request, item, problem)
        return ask(request, item, verb, question(item=item, user=request.user))
    form = question(request.POST, item=item, user=request.user)
    if not form.is_valid():
        return ask(request, item, verb, form, status=422)
    answers = form.answers()
    if verb.name in SEES_THE_TEXT:
        answers["seen_revision"] = form.cleaned_data.get("seen_revision")
    try:
        with transaction.atomic(using=EDITORIAL):
            verb.action(item, by=request.user, origin=origin_of(request), **answers)
    except PermissionDenied as problem:
        return denied(request, item, problem)
    except Refused as problem:
        return said(request, item, str(problem), status=409, gaps=problem.gaps)
    return said(request, item, f"“{item}”: {verb.done}")


def denied(request, item, problem):
    if not as_json(request):
        raise problem
    return said(request, item, str(problem), status=403)


def wanted_verb(item, posted):
    """The verb that was asked for, or the one that leads to the column."""
    if name := posted.get("verb"):
        return VERBS.get(name) if name in LEADS_TO else None
    return next(
        (
            VERBS[name]
            for name, to in LEADS_TO.items()
            if to == posted.get("to") and leads_somewhere(item, name)
        ),
        None,
    )


def ask(request, item, verb, form, status=200):
    address = reverse(f"admin:editorial_{item.KIND}_do", args=[item.pk, verb.name])
    if not as_json(request):
        return HttpResponseRedirect(address)
    asked = render_to_string(
        "admin/desk/board_ask.html",
        {"item": item, "verb": verb, "form": form},
        request=request,
    )
    return JsonResponse({"ask": asked, "title": verb.label}, status=status)


def said(request, item, sentence, status=200, gaps=()):
    if not as_json(request):
        tell = messages.success if status == 200 else messages.error
        tell(request, sentence)
        return HttpResponseRedirect(reverse("admin:editorial_board") + "?all=1")
    answer = {"said": sentence, "item": f"{item.KIND}:{item.pk}"}
    ways = [(gap.sentence, place_of(item, gap)) for gap in gaps if gap.anchor]
    if ways:
        answer["ways"] = ways
    cards = made_ready(type(item), [item.pk], request.user)
    if cards:
        card = cards[0]
        answer["state"] = card.status
        answer["card"] = render_to_string(
            "admin/desk/card.html", {"card": card}, request=request
        )
    return JsonResponse(answer, status=status)
