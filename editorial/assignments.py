"""Tasks: giving, changing, ticking off. The desk and the API both come here."""

from django.db import transaction
from django.urls import reverse

from cms.databases import EDITORIAL
from editorial.actions import check
from editorial.models import AuditLog, EditorialTask, Notice


def keep(task, *, by, action="edit", origin=None):
    """Save a task; whoever has it now and had not before hears of it."""
    with transaction.atomic(using=EDITORIAL):
        before = EditorialTask.objects.filter(pk=task.pk).first()
        task.save()
        known = before.assigned_to_id if before else None
        if task.assigned_to_id not in (None, known, by.pk) and task.is_open:
            Notice.objects.tell(
                task.assigned_to,
                Notice.Kind.ASSIGNED,
                f"{by} gave you a task: “{task.title[:200]}”",
                reverse("admin:editorial_editorialtask_change", args=[task.pk]),
            )
        AuditLog.objects.record(
            action,
            by=by,
            resource_type="editorialtask",
            resource_id=task.pk,
            new={"name": str(task), "status": task.status},
            **(origin or {}),
        )
    return task


def may_tick(user, task):
    """Whoever a task was given to may say how far it is; so may editors."""
    return task.assigned_to_id == user.pk


def move(task, status, *, by, origin=None):
    """To do, in progress, done or cancelled."""
    if not may_tick(by, task):
        check(by, "edit_tasks")
    with transaction.atomic(using=EDITORIAL):
        fresh = EditorialTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
        fresh.status = status
        action = "complete" if status == EditorialTask.Status.COMPLETED else "move"
        return keep(fresh, by=by, action=action, origin=origin)


def put_off(task, due_date, *, by, origin=None):
    """Another due date, or none."""
    check(by, "edit_tasks")
    with transaction.atomic(using=EDITORIAL):
        fresh = EditorialTask.objects.select_for_update(of=("self",)).get(pk=task.pk)
        fresh.due_date = due_date
        return keep(fresh, by=by, origin=origin)
