"""The start page: where I was, what waits for me, what goes live, what needs care."""

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import EDITORS, REVIEWER, SUPER_ADMIN, may
from cms.admin import arranges, panel
from editorial.letters import visible
from editorial.models import (
    ITEM_MODELS,
    EditorialTask,
    Media,
    Notice,
    OutboxEvent,
    Release,
    Review,
    Status,
)
from editorial.models.desk import DeskPreference

SHOWN = 8
ITEMS = "admin/desk/items.html"
TASKS = "admin/desk/tasks.html"
SOON = timedelta(days=7)
LATE = timedelta(minutes=1)
"""How long after its time something scheduled is late: the clock looks each second."""


@arranges
def in_their_order(request, panels):
    """Everybody's own choice of panels, in their own order; new ones come last."""
    chosen = DeskPreference.objects.filter(person=request.user).first()
    if chosen is None:
        return panels
    place = {name: at for at, name in enumerate(chosen.panels)}
    shown = [one for one in panels if one.__name__ not in chosen.hidden]
    return sorted(shown, key=lambda one: place.get(one.__name__, len(place)))


def items(query, *, order, count=SHOWN):
    """Rows of articles and courses alike: one bounded query for each."""
    found = []
    for model in ITEM_MODELS.values():
        rows = (
            query(model.objects)
            .select_related(model.OWNER_FIELD, "category", "live_version")
            .only(
                "title",
                "status",
                "revision",
                "current_version",
                "updated_at",
                "submitted_at",
                "publish_at",
                "published_at",
                "held_reason",
                "review_by",
                f"{model.OWNER_FIELD}__display_name",
                f"{model.OWNER_FIELD}__email",
                "category__name",
                "live_version__number",
            )
            .order_by(order, "pk")[:count]
        )
        for row in rows:
            row.address = reverse(
                f"admin:editorial_{model._meta.model_name}_change", args=[row.pk]
            )
            row.by = str(row.owner)
            found.append(row)
    name = order.lstrip("-")
    # An import may have brought items without some of these moments.
    found.sort(
        key=lambda row: getattr(row, name) or row.updated_at,
        reverse=order.startswith("-"),
    )
    return found[:count]


def listed(state, whose=""):
    address = f"{reverse('admin:editorial_article_changelist')}?state={state}"
    return f"{address}&whose={whose}" if whose else address


def is_editor(user):
    codes = {one.role_id for one in user.current_roles}
    return user.is_superuser or bool(codes & (EDITORS | {SUPER_ADMIN}))


def reviews(user):
    codes = {one.role_id for one in user.current_roles}
    return is_editor(user) or REVIEWER in codes


# --- What needs care --------------------------------------------------------------


@panel(order=5, title="Needs a person")
def what_went_wrong(request):
    """Held back, late, or failing on its way to the readers."""
    if not may(request.user, "view_sync"):
        return None
    late = Q(status=Status.SCHEDULED, publish_at__lt=Now() - LATE)
    late |= Q(unpublish_at__lt=Now() - LATE, live_version__isnull=False)
    wrong = items(
        lambda rows: rows.visible_to(request.user).filter(~Q(held_reason="") | late),
        order="updated_at",
    )
    events = OutboxEvent.objects.waiting()
    failing = list(events.exclude(error="").order_by("id")[:SHOWN])
    waiting = events.filter(error="", created_at__lt=timezone.now() - LATE)
    waiting = len(waiting.values_list("pk", flat=True)[:100])
    releases = []
    if may(request.user, "release"):
        stuck = ~Q(held_reason="") | Q(release_at__lt=Now() - LATE)
        releases = list(Release.objects.open().filter(stuck)[:SHOWN])
    if not (wrong or failing or waiting or releases):
        return None
    return {
        "template": "admin/desk/trouble.html",
        "held": [row for row in wrong if row.held_reason],
        "late": [row for row in wrong if not row.held_reason],
        "releases": releases,
        "failing": failing,
        "waiting": waiting,
        "outbox": reverse("admin:editorial_outboxevent_changelist"),
        "tone": "urgent",
        "rows": True,
    }


# --- What waits for me ------------------------------------------------------------


@panel(order=10, title="Waiting for me")
def waiting_for_me(request):
    """What came back to me, what I review, what I was given, who named me."""
    user = request.user
    mine = {
        one.content_id: one
        for one in Review.objects.open().filter(reviewer=user).order_by("created_at")
    }
    rows = items(
        lambda rows: rows.filter(
            Q(status=Status.CHANGES_REQUESTED, **{rows.model.OWNER_FIELD: user})
            | Q(status=Status.IN_REVIEW, pk__in=mine)
        ),
        order="updated_at",
        count=2 * SHOWN,
    )
    for row in rows:
        row.review, row.is_mine = mine.get(row.pk), row.pk in mine
    tasks = my_tasks(user, beside=mine)
    notices = visible(Notice.objects.of(user).unread()[: 2 * SHOWN], user)[:SHOWN]
    parts = [
        {
            "title": "To be changed by me",
            "template": ITEMS,
            "rows": [row for row in rows if not row.is_mine],
        },
        {
            "title": "My reviews",
            "template": ITEMS,
            "rows": [row for row in rows if row.is_mine],
        },
        {"title": "My tasks", "template": TASKS, "rows": tasks},
        {
            "title": "Not read yet",
            "template": "admin/desk/notices.html",
            "rows": notices,
        },
    ]
    return {
        "template": "admin/desk/parts.html",
        "rows": [part for part in parts if part["rows"]],
        "empty": "Nothing waits for you.",
    }


def my_tasks(user, *, beside):
    """Without the tasks to read what stands under “My reviews” anyway."""
    reading = Q(task_type=EditorialTask.Type.REVIEW, content_id__in=beside)
    return list(
        EditorialTask.objects.filter(assigned_to=user)
        .open()
        .exclude(reading)
        .order_by(F("due_date").asc(nulls_last=True), "-created_at")[:SHOWN]
    )


@panel(order=20, title="Go on writing")
def my_drafts(request):
    if not may(request.user, "create"):
        return None
    rows = items(
        lambda rows: rows.in_status(Status.DRAFT).filter(
            **{rows.model.OWNER_FIELD: request.user}
        ),
        order="-updated_at",
    )
    return {
        "title": "My drafts",
        "template": "admin/desk/drafts.html",
        "rows": rows,
        "others": rows[1:],
        "empty": "You have no drafts. Begin one with “New article”.",
        "more": listed("draft", "mine"),
        "when": "updated_at",
    }


@panel(order=25, title="Due and overdue")
def due(request):
    """Tasks and reviews of the next days that I may see, mine first."""
    user, until = request.user, timezone.now() + SOON
    tasks = (
        EditorialTask.objects.visible_to(user)
        .open()
        .filter(due_date__lt=until)
        .exclude(assigned_to=user)
        .select_related("assigned_to")
        .order_by("due_date")[:SHOWN]
    )
    waiting = Review.objects.open().filter(due_at__lt=until).exclude(reviewer=user)
    late = list(waiting.select_related("reviewer").order_by("due_at")[:SHOWN])
    by_item = {one.content_id: one for one in late}
    rows = []
    if by_item:
        rows = items(
            lambda rows: rows.visible_to(user).filter(pk__in=by_item),
            order="updated_at",
        )
        for row in rows:
            row.review = by_item[row.pk]
        rows.sort(key=lambda row: row.review.due_at)
    parts = [
        {
            "title": "Tasks of others",
            "template": TASKS,
            "rows": list(tasks),
            "others": True,
        },
        {"title": "Reviews by others", "template": ITEMS, "rows": rows},
    ]
    parts = [part for part in parts if part["rows"]]
    if not parts:
        return None
    return {
        "title": "Due this week, and late",
        "template": "admin/desk/parts.html",
        "rows": parts,
        "more": reverse("admin:editorial_calendar"),
    }


# --- What the editors have --------------------------------------------------------


@panel(order=30, title="Waiting for review")
def waiting_for_review(request):
    if not reviews(request.user):
        return None
    return {
        "template": ITEMS,
        "rows": items(
            lambda rows: rows.visible_to(request.user).awaiting_review(),
            order="submitted_at",
        ),
        "empty": "Nobody waits for a review.",
        "more": listed("pending_review"),
        "when": "submitted_at",
    }


@panel(order=35, title="Read by others")
def in_review(request):
    """What others are reading; what I read waits for me above."""
    if not reviews(request.user):
        return None
    found = list(
        Review.objects.open()
        .exclude(reviewer=request.user)
        .select_related("reviewer")
        .order_by(F("due_at").asc(nulls_last=True), "created_at")[: 2 * SHOWN]
    )
    by_item = {review.content_id: review for review in found}
    rows = []
    if by_item:
        rows = items(
            lambda rows: (
                rows.visible_to(request.user)
                .in_status(Status.IN_REVIEW)
                .filter(pk__in=by_item)
            ),
            order="updated_at",
            count=2 * SHOWN,
        )
    for row in rows:
        row.review = by_item[row.pk]
    place = {pk: at for at, pk in enumerate(by_item)}
    rows.sort(key=lambda row: place[row.pk])
    return {
        "template": ITEMS,
        "rows": rows[:SHOWN],
        "empty": "Nobody else is reading anything.",
        "more": listed("in_review"),
    }


@panel(order=50, title="My work with the editors")
def submitted_by_me(request):
    rows = items(
        lambda rows: rows.in_status(Status.PENDING_REVIEW, Status.IN_REVIEW).filter(
            **{rows.model.OWNER_FIELD: request.user}
        ),
        order="-updated_at",
    )
    if not rows:
        return None
    return {"template": ITEMS, "rows": rows, "when": "updated_at"}


@panel(order=60, title="Approved and scheduled")
def next_to_publish(request):
    if not is_editor(request.user):
        return None
    found = items(
        lambda rows: rows.visible_to(request.user).in_status(
            Status.SCHEDULED, Status.APPROVED
        ),
        order="publish_at",
        count=2 * SHOWN,
    )
    scheduled = [row for row in found if row.publish_at]
    approved = [row for row in found if not row.publish_at]
    now = timezone.now()
    for row in scheduled:
        row.is_late = row.publish_at < now - LATE
    releases = []
    if may(request.user, "release"):
        releases = list(
            Release.objects.open()
            .exclude(release_at=None)
            .order_by("release_at")[:SHOWN]
        )
    return {
        "template": "admin/desk/coming.html",
        "rows": scheduled + approved + releases,
        "items": (scheduled + approved)[: SHOWN + 2],
        "releases": releases,
        "empty": "Nothing is approved and waiting.",
        "more": reverse("admin:editorial_calendar"),
    }


# --- What grows old ---------------------------------------------------------------


@panel(order=80, title="Time to look again")
def to_look_again(request):
    """Live items whose date of review has come, and files whose licence ends."""
    user = request.user
    if not may(user, "create"):
        return None
    rows = (
        items(
            lambda rows: (
                rows.visible_to(user).live().filter(review_by__lte=timezone.localdate())
            ),
            order="review_by",
        )
        if may(user, "view")
        else []
    )
    licences = []
    if may(user, "edit_media"):
        licences = list(Media.objects.licence_ending()[:SHOWN])
    parts = [
        {"title": "Still true?", "template": ITEMS, "rows": rows, "when": "review_by"},
        {
            "title": "Licences",
            "template": "admin/desk/licences.html",
            "rows": licences,
        },
    ]
    parts = [part for part in parts if part["rows"]]
    if not parts:
        return None
    return {"template": "admin/desk/parts.html", "rows": parts}
