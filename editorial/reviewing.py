"""Who reads a text, until when, and what they are told. Called by `editorial.actions`.

An open review is a person's promise: it gives them the right to read, a task, and a
place on the list of what is due. It is asked for when the text is submitted or when
the review begins, and ends with an answer.
"""

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from editorial.exceptions import Refused
from editorial.models import EditorialTask, Notice, Review

OPEN_TASKS = (EditorialTask.Status.PENDING, EditorialTask.Status.IN_PROGRESS)


def ask(item, reviewer, *, by, version, due_at=None):
    """Open the item's review by one named person; at most one is open."""
    _check_due(due_at)
    review = Review.objects.create(
        content_type=item.KIND,
        content_id=item.pk,
        version=version,
        reviewer=reviewer,
        asked_by=by,
        due_at=due_at,
    )
    _give_task(review, item, by=by)
    return review


def hand_to(review, item, reviewer, *, by, due_at=None):
    """Somebody else reads it; what was due stays due unless a new day is given."""
    if due_at and due_at != review.due_at:
        _check_due(due_at)
    is_new = reviewer.pk != review.reviewer_id
    if is_new:
        _end_tasks(review, EditorialTask.Status.CANCELLED)
        _tell(
            review.reviewer,
            item,
            f"{by} gave the review of “{item}” to {reviewer}.",
            by=by,
        )
    review.reviewer = reviewer
    review.due_at = due_at or review.due_at
    review.asked_by = by
    review.save(update_fields=["reviewer", "due_at", "asked_by"])
    if is_new:
        _give_task(review, item, by=by)
    else:
        _tasks(review).update(due_date=review.due_at)


def end(review, status, comment="", *, item, by):
    """The answer. Its task is done, and whoever waits for it hears of it."""
    was = review.reviewer
    review.close(status, comment)
    done = status in (Review.Status.APPROVED, Review.Status.CHANGES_REQUESTED)
    _end_tasks(
        review,
        EditorialTask.Status.COMPLETED if done else EditorialTask.Status.CANCELLED,
    )
    said = {
        Review.Status.APPROVED: f"{by} approved “{item}”.",
        Review.Status.CHANGES_REQUESTED: f"{by} asks you to change “{item}”.",
        Review.Status.DECLINED: f"{by} cannot review “{item}”. Ask somebody else.",
    }
    if sentence := said.get(status):
        whom = {item.owner_id: item.owner}
        if status == Review.Status.DECLINED and review.asked_by:
            whom = {review.asked_by_id: review.asked_by, **whom}
        for person in whom.values():
            _tell(person, item, sentence, by=by)
    elif status == Review.Status.WITHDRAWN:
        _tell(was, item, f"{by} withdrew “{item}”; it needs no review now.", by=by)


def forget(item):
    """The item is deleted: its reviews go along, and nobody need do anything for it."""
    EditorialTask.objects.filter(content_id=item.pk, status__in=OPEN_TASKS).update(
        status=EditorialTask.Status.CANCELLED
    )
    Review.objects.on(item).delete()


def check_reviewer(item, reviewer, *, by):
    """Whoever submits may ask whom they like to read it, if that person may anyway.

    To open it to somebody else, one needs the right to give others a hand in it.
    """
    if reviewer.pk == by.pk and not may(by, "start_review", item):
        raise Refused("You cannot review your own text. Choose somebody else.")
    if may(reviewer, "view", item) or may(by, "grant", item):
        return
    raise PermissionDenied(
        f"{reviewer} may not read this, and you may not open it to them. Choose "
        "somebody else, or leave the choice to the editors."
    )


def check_successor(item, reviewer, *, by):
    """Who takes over must be able to read it already: a review opens nothing."""
    if reviewer.pk == by.pk:
        raise Refused("You are the reviewer already. Choose a colleague.")
    if not may(reviewer, "view", item) or not may(reviewer, "start_review", item):
        raise Refused(
            f"{reviewer} may not review this. Choose somebody who may, or hand it back."
        )


def _check_due(due_at):
    if due_at and due_at <= timezone.now():
        raise Refused("The review would be due in the past. Choose a later day.")


# --- Tasks and notices ------------------------------------------------------------


def _tasks(review):
    return EditorialTask.objects.filter(
        content_id=review.content_id,
        task_type=EditorialTask.Type.REVIEW,
        assigned_to=review.reviewer,
        status__in=OPEN_TASKS,
    )


def _give_task(review, item, *, by):
    # All of the house see tasks; not all of it may read the item's title.
    EditorialTask.objects.create(
        title=f"Review {'an' if item.KIND == 'article' else 'a'} {item.KIND} "
        f"by {item.owner}",
        task_type=EditorialTask.Type.REVIEW,
        content_type=item.KIND,
        content_id=item.pk,
        assigned_to=review.reviewer,
        assigned_by=by,
        due_date=review.due_at,
    )
    due = ""
    if review.due_at:
        day = timezone.localtime(review.due_at)
        due = f", by {day:%A}, {day.day} {day:%B} at {day:%H:%M %Z}"
    _tell(
        review.reviewer,
        item,
        f"{by} asks you to review “{item}”{due}.",
        by=by,
        kind=Notice.Kind.ASSIGNED,
    )


def _end_tasks(review, status):
    for task in _tasks(review):
        task.status = status
        task.save()


def _tell(person, item, sentence, *, by, kind=Notice.Kind.REVIEWED):
    if person is None or person.pk == by.pk:
        return
    address = reverse(f"admin:editorial_{item._meta.model_name}_change", args=[item.pk])
    Notice.objects.tell(person, kind, sentence[:500], address, item=item)
