"""What is planned for when: one list of everything that has a moment.

The calendar, its feed and the start page read it; each person gets what they may see.
Moving an entry is one of the newsroom's verbs, with its right and its reasons.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial import actions, assignments
from editorial.actions import check
from editorial.exceptions import Refused
from editorial.models import (
    ITEM_MODELS,
    AuditLog,
    EditorialTask,
    Release,
    Review,
    Status,
)

AT_MOST = 500
"""Entries of one sort: a calendar with more is not read by anybody."""
MORNING = time(9)
"""When something goes live that was only given a day."""


def site_zone():
    return ZoneInfo(settings.TIME_ZONE)


def at_site(moment):
    return moment.astimezone(site_zone())


def from_site(day, clock=MORNING):
    """A moment by the clock of the site."""
    return datetime.combine(day, clock, site_zone())


@dataclass
class Entry:
    what: str
    """publish, update, takedown, published, release, released, task, review, look"""
    kind: str
    id: str
    title: str
    url: str
    at: datetime | None = None
    day: date | None = None
    facts: list = field(default_factory=list)
    movable: bool = False
    late: bool = False
    held: str = ""

    SAYS: ClassVar = {
        "publish": "Goes live",
        "update": "Update goes live",
        "takedown": "Taken down",
        "published": "Published",
        "updated": "Updated",
        "release": "Release goes out",
        "released": "Release went out",
        "task": "Task due",
        "review": "Review due",
        "look": "To be looked at again",
        "ready": "Approved",
    }

    def __post_init__(self):
        if self.at is not None:
            self.at = at_site(self.at)
            self.day = self.at.date()

    @property
    def says(self):
        return self.SAYS[self.what]

    @property
    def key(self):
        return f"{self.what}:{self.kind}:{self.id}"

    @property
    def order(self):
        return (self.day, self.at is None, self.at.time() if self.at else MORNING)


# --- Reading ----------------------------------------------------------------------


def entries(user, since, until, *, narrow=None, kinds=("article", "course")):
    """Everything from the day `since` to before the day `until`, in order."""
    start, end = from_site(since, time.min), from_site(until, time.min)
    found = []
    for kind in kinds:
        rows = ITEM_MODELS[kind].objects.visible_to(user)
        rows = narrow(rows) if narrow else rows
        found += _of_items(rows, user, since, until, start, end)
    if narrow is None:
        found += _of_releases(user, start, end)
        found += _of_tasks(user, start, end)
    found += _of_reviews(user, start, end, narrow, kinds)
    return sorted(found, key=lambda one: one.order)


def item_url(kind, pk):
    return reverse(f"admin:editorial_{kind}_change", args=[pk])


def _of_items(rows, user, since, until, start, end):
    goes_live = Q(status=Status.SCHEDULED, publish_at__gte=start, publish_at__lt=end)
    goes_down = Q(
        live_version__isnull=False, unpublish_at__gte=start, unpublish_at__lt=end
    )
    went_live = Q(
        live_version__isnull=False, published_at__gte=start, published_at__lt=end
    )
    looked_at = Q(review_by__gte=since, review_by__lt=until)
    owner = rows.model.OWNER_FIELD
    found = (
        rows.filter(goes_live | goes_down | went_live | looked_at)
        .select_related(owner, "category")
        .only(
            *("title", "status", "publish_at", "unpublish_at", "published_at"),
            *("first_published_at", "review_by", "live_version", "held_reason"),
            *(f"{owner}__display_name", f"{owner}__email", "category"),
        )
        .order_by("pk")[:AT_MOST]
    )
    now = timezone.now()
    for item in found:
        base = {
            "kind": item.KIND,
            "id": str(item.pk),
            "title": str(item),
            "url": item_url(item.KIND, item.pk),
            "facts": [str(item.owner)],
        }
        if item.status == Status.SCHEDULED and start <= item.publish_at < end:
            yield Entry(
                "update" if item.is_live else "publish",
                at=item.publish_at,
                movable=may(user, "schedule", item),
                late=item.publish_at < now,
                held=item.held_reason,
                **base,
            )
        if item.is_live and item.unpublish_at and start <= item.unpublish_at < end:
            yield Entry(
                "takedown",
                at=item.unpublish_at,
                movable=may(user, "unpublish", item),
                late=item.unpublish_at < now,
                **base,
            )
        if item.is_live and item.published_at and start <= item.published_at < end:
            is_first = item.published_at == item.first_published_at
            yield Entry(
                "published" if is_first else "updated", at=item.published_at, **base
            )
        if item.review_by and since <= item.review_by < until:
            yield Entry(
                "look",
                day=item.review_by,
                movable=may(user, "edit", item),
                late=item.review_by <= timezone.localdate(),
                **base,
            )


def _of_releases(user, start, end):
    if not may(user, "release"):
        return
    found = Release.objects.filter(
        Q(released_at__gte=start, released_at__lt=end)
        | Q(released_at=None, release_at__gte=start, release_at__lt=end)
    )
    for one in found.order_by("pk")[:AT_MOST]:
        yield Entry(
            "released" if one.released_at else "release",
            kind="release",
            id=str(one.pk),
            title=str(one),
            url=reverse("admin:editorial_release_change", args=[one.pk]),
            at=one.released_at or one.release_at,
            movable=not one.released_at,
            late=not one.released_at and one.release_at < timezone.now(),
            held=one.held_reason,
        )


def _of_tasks(user, start, end):
    found = (
        EditorialTask.objects.visible_to(user)
        .open()
        .filter(due_date__gte=start, due_date__lt=end)
        .select_related("assigned_to")
        .order_by("due_date", "pk")[:AT_MOST]
    )
    for task in found:
        yield Entry(
            "task",
            kind="task",
            id=str(task.pk),
            title=str(task),
            url=reverse("admin:editorial_editorialtask_change", args=[task.pk]),
            at=task.due_date,
            facts=[str(task.assigned_to)] if task.assigned_to else ["nobody has it"],
            movable=may(user, "edit_tasks"),
            late=task.is_late,
        )


def _of_reviews(user, start, end, narrow, kinds):
    due = list(
        Review.objects.open()
        .filter(due_at__gte=start, due_at__lt=end, content_type__in=kinds)
        .select_related("reviewer")
        .order_by("due_at")[:AT_MOST]
    )
    for kind in {one.content_type for one in due}:
        rows = ITEM_MODELS[kind].objects.visible_to(user)
        rows = narrow(rows) if narrow else rows
        ids = [one.content_id for one in due if one.content_type == kind]
        titles = dict(rows.filter(pk__in=ids).values_list("pk", "title"))
        for one in due:
            if one.content_id in titles:
                yield Entry(
                    "review",
                    kind=kind,
                    id=str(one.content_id),
                    title=titles[one.content_id] or "Untitled",
                    url=item_url(kind, one.content_id),
                    at=one.due_at,
                    facts=[f"by {one.reviewer}"],
                    movable=may(user, "reassign_review"),
                    late=one.is_late,
                )


def ready(user, *, narrow=None, kinds=("article", "course"), count=20):
    """Approved, and without a time: what one drops on a day."""
    found = []
    for kind in kinds:
        rows = ITEM_MODELS[kind].objects.visible_to(user).in_status(Status.APPROVED)
        rows = narrow(rows) if narrow else rows
        owner = rows.model.OWNER_FIELD
        rows = rows.select_related(owner, "category").order_by("updated_at")
        found += [
            Entry(
                "ready",
                kind=kind,
                id=str(item.pk),
                title=str(item),
                url=item_url(kind, item.pk),
                facts=[str(item.owner)],
                movable=may(user, "schedule", item),
            )
            for item in rows.defer("structured_data")[:count]
        ]
    return found


# --- Moving -----------------------------------------------------------------------


def move(key, *, by, day=None, at=None, origin=None):
    """Another moment for an entry: `at`, or the same clock time on `day`.

    Raises LookupError for what is not there (or not for them), `Refused` and
    `PermissionDenied` with a sentence.
    """
    what, _, rest = str(key).partition(":")
    kind, _, pk = rest.partition(":")
    mover = MOVERS.get(what)
    if mover is None:
        raise Refused("What has happened already cannot be moved to another day.")
    if day is None and at is None and mover is not _move_look:
        raise Refused("Choose a day, and an hour if you like.")
    return mover(_found(what, kind, pk, by), by=by, day=day, at=at, origin=origin)


def _found(what, kind, pk, user):
    if what == "task":
        rows = EditorialTask.objects.visible_to(user)
    elif what == "release":
        rows = Release.objects.all() if may(user, "release") else Release.objects.none()
    elif kind in ITEM_MODELS:
        rows = ITEM_MODELS[kind].objects.visible_to(user)
    else:
        raise LookupError(kind)
    try:
        found = rows.filter(pk=pk).first()
    except ValidationError as problem:  # no UUID
        raise LookupError(pk) from problem
    if found is None:
        raise LookupError(pk)
    return found


def _moment(before, day, at):
    if at is not None:
        return at
    clock = at_site(before).time() if before else MORNING
    return from_site(day, clock)


def _move_publication(item, *, by, day, at, origin):
    """A new time for what is scheduled, or the first one for what is approved."""
    moment = _moment(item.publish_at, day, at)
    with transaction.atomic(using=EDITORIAL):
        if item.status == Status.SCHEDULED:
            if moment <= timezone.now():
                raise Refused("Choose a time in the future, or publish it now.")
            actions.unschedule(item, by=by, comment="To another time.", origin=origin)
        actions.schedule(item, by=by, publish_at=moment, origin=origin)
    return f"“{item}” goes live {_says(moment)}."


def _move_takedown(item, *, by, day, at, origin):
    moment = _moment(item.unpublish_at, day, at)
    actions.set_unpublish_at(item, by=by, unpublish_at=moment, origin=origin)
    return f"Readers lose “{item}” {_says(moment)}."


def _move_release(release, *, by, day, at, origin):
    moment = _moment(release.release_at, day, at)
    actions.schedule_release(release, by=by, release_at=moment, origin=origin)
    return f"“{release}” goes out {_says(moment)}."


def _move_task(task, *, by, day, at, origin):
    moment = _moment(task.due_date, day, at)
    assignments.put_off(task, moment, by=by, origin=origin)
    return f"“{task}” is due {_says(moment)}."


def _move_look(item, *, by, day, at, origin):
    day = day or (at and at_site(at).date())
    look_again(item, day, by=by, origin=origin)
    if day is None:
        return f"Nobody is asked to look at “{item}” again."
    return f"“{item}” is to be looked at again on {day:%-d %B %Y}."


def _move_review(item, *, by, day, at, origin):
    review = item.open_review()
    if review is None:
        raise Refused(f"“{item}” is not in review any more. Reload the page.")
    moment = _moment(review.due_at, day, at)
    actions.reassign_review(
        item, by=by, reviewer=review.reviewer, due_at=moment, origin=origin
    )
    return f"The review of “{item}” is due {_says(moment)}."


MOVERS = {
    "ready": _move_publication,
    "publish": _move_publication,
    "update": _move_publication,
    "takedown": _move_takedown,
    "release": _move_release,
    "task": _move_task,
    "look": _move_look,
    "review": _move_review,
}


def _says(moment):
    return at_site(moment).strftime("on %-d %B %Y at %H:%M %Z")


def look_again(item, day, *, by, origin=None):
    """When somebody is to look whether a live text is still true; None: never."""
    with transaction.atomic(using=EDITORIAL):
        fresh = actions.locked(item)
        check(by, "edit", fresh)
        type(fresh).objects.filter(pk=fresh.pk).update(review_by=day)
        AuditLog.objects.record(
            "look_again",
            by=by,
            resource_type=fresh.KIND,
            resource_id=fresh.pk,
            old={"review_by": fresh.review_by and fresh.review_by.isoformat()},
            new={"review_by": day and day.isoformat(), "title": fresh.title},
            **(origin or {}),
        )
    item.review_by = day
