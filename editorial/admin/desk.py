"""The start page: what waits for me, what goes live next, what went wrong."""

from datetime import timedelta

from django.db.models import Case, IntegerField, Value, When
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import EDITORS, REVIEWER, SUPER_ADMIN, may
from cms.admin import panel
from editorial.models import (
    ITEM_MODELS,
    EditorialTask,
    OutboxEvent,
    Review,
    Status,
)

SHOWN = 8
ITEMS = "admin/desk/items.html"


def _items(query, *, order, count=SHOWN):
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


def _listed(state, whose=""):
    address = f"{reverse('admin:editorial_article_changelist')}?state={state}"
    return f"{address}&whose={whose}" if whose else address


def _is_editor(user):
    codes = {one.role_id for one in user.current_roles}
    return user.is_superuser or bool(codes & (EDITORS | {SUPER_ADMIN}))


def _reviews(user):
    codes = {one.role_id for one in user.current_roles}
    return _is_editor(user) or REVIEWER in codes


@panel(order=10)
def my_changes_requested(request):
    rows = _items(
        lambda items: items.in_status(Status.CHANGES_REQUESTED).filter(
            **{items.model.OWNER_FIELD: request.user}
        ),
        order="updated_at",
    )
    if not rows:
        return None
    return {
        "title": "Changes were requested",
        "template": ITEMS,
        "rows": rows,
        "more": _listed("changes_requested", "mine"),
        "tone": "urgent",
    }


@panel(order=20)
def in_review(request):
    """Mine first; then what the others are reading."""
    if not _reviews(request.user):
        return None
    mine_first = Case(
        When(reviewer=request.user, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    reviews = list(
        Review.objects.open()
        .select_related("reviewer")
        .order_by(mine_first, "created_at")[: 2 * SHOWN]
    )
    by_item = {review.content_id: review for review in reviews}
    rows = _items(
        lambda items: (
            items.visible_to(request.user)
            .in_status(Status.IN_REVIEW)
            .filter(pk__in=by_item)
        ),
        order="updated_at",
        count=2 * SHOWN,
    )
    for row in rows:
        row.review = by_item[row.pk]
        row.is_mine = row.review.reviewer_id == request.user.pk
    rows.sort(key=lambda row: (not row.is_mine, row.review.created_at))
    return {
        "title": "In review",
        "template": ITEMS,
        "rows": rows[:SHOWN],
        "empty": "Nothing is in review.",
        "more": _listed("in_review"),
    }


@panel(order=30)
def waiting_for_review(request):
    if not _reviews(request.user):
        return None
    return {
        "title": "Waiting for review",
        "template": ITEMS,
        "rows": _items(
            lambda items: items.visible_to(request.user).awaiting_review(),
            order="submitted_at",
        ),
        "empty": "Nobody waits for a review.",
        "more": _listed("pending_review"),
        "when": "submitted_at",
    }


@panel(order=40)
def my_drafts(request):
    if not may(request.user, "create"):
        return None
    return {
        "title": "My drafts",
        "template": ITEMS,
        "rows": _items(
            lambda items: items.in_status(Status.DRAFT).filter(
                **{items.model.OWNER_FIELD: request.user}
            ),
            order="-updated_at",
        ),
        "empty": "You have no drafts. Begin one with “New article”.",
        "more": _listed("draft", "mine"),
        "when": "updated_at",
    }


@panel(order=50)
def submitted_by_me(request):
    rows = _items(
        lambda items: items.in_status(Status.PENDING_REVIEW, Status.IN_REVIEW).filter(
            **{items.model.OWNER_FIELD: request.user}
        ),
        order="-updated_at",
    )
    if not rows:
        return None
    return {
        "title": "My work with the editors",
        "template": ITEMS,
        "rows": rows,
        "when": "updated_at",
    }


@panel(order=60)
def next_to_publish(request):
    if not _is_editor(request.user):
        return None
    scheduled = _items(
        lambda items: items.visible_to(request.user).in_status(Status.SCHEDULED),
        order="publish_at",
    )
    approved = _items(
        lambda items: items.visible_to(request.user).in_status(Status.APPROVED),
        order="updated_at",
    )
    return {
        "title": "Approved and scheduled",
        "template": ITEMS,
        "rows": (scheduled + approved)[: SHOWN + 2],
        "empty": "Nothing is approved and waiting.",
        "more": _listed("approved"),
    }


@panel(order=70)
def my_tasks(request):
    rows = list(
        EditorialTask.objects.filter(
            assigned_to=request.user,
            status__in=[EditorialTask.Status.PENDING, EditorialTask.Status.IN_PROGRESS],
        ).order_by("due_date", "-created_at")[:SHOWN]
    )
    for task in rows:
        task.is_late = task.due_date is not None and task.due_date < timezone.now()
    return {
        "title": "My tasks",
        "template": "admin/desk/tasks.html",
        "rows": rows,
        "empty": "Nothing on your list.",
        "more": reverse("admin:editorial_editorialtask_changelist") + "?whose=mine",
    }


@panel(order=5)
def what_went_wrong(request):
    """Held back by the scheduler, or failing on its way to the readers."""
    if not may(request.user, "view_sync"):
        return None
    held = _items(
        lambda items: items.visible_to(request.user).exclude(held_reason=""),
        order="updated_at",
    )
    failing = list(
        OutboxEvent.objects.waiting().exclude(error="").order_by("id")[:SHOWN]
    )
    late = timezone.now() - timedelta(minutes=1)
    waiting = OutboxEvent.objects.waiting().filter(error="", created_at__lt=late)
    waiting = len(waiting.values_list("pk", flat=True)[:100])
    if not (held or failing or waiting):
        return None
    return {
        "title": "Needs a person",
        "template": "admin/desk/trouble.html",
        "held": held,
        "failing": failing,
        "waiting": waiting,
        "outbox": reverse("admin:editorial_outboxevent_changelist"),
        "tone": "urgent",
        "rows": True,
    }
