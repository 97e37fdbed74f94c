"""What one person may do to an item now, without a query for each of a list."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django_fsm import can_proceed
from guardian.models import UserObjectPermission

from accounts.permissions import may
from editorial import byline
from editorial.models import Review, Status

VERBS = (
    "submit",
    "withdraw",
    "start_review",
    "reassign_review",
    "hand_over",
    "request_changes",
    "approve",
    "reopen",
    "schedule",
    "unschedule",
    "publish",
    "revise",
    "unpublish",
    "set_unpublish_at",
    "archive",
    "unarchive",
)
"""Every transition, each with an address of its own."""

RIGHT = {"set_unpublish_at": "unpublish", "hand_over": "view"}
"""The line in the table of rights, where it has another name than the verb."""

OPENED_BY = {
    Status.APPROVED: "reopen",
    Status.SCHEDULED: "reopen",
    Status.PUBLISHED: "revise",
    Status.UNPUBLISHED: "revise",
}
"""What the first edit does to an item in this state."""


def know_relations(items, user):
    """Tell each item how it stands to `user`: two queries for all of them."""
    items = list(items)
    if not items:
        return items
    by_id = {item.pk: item for item in items}
    named = dict(
        Review.objects.open()
        .filter(content_id__in=by_id)
        .values_list("content_id", "reviewer_id")
    )
    granted = UserObjectPermission.objects.filter(
        user=user,
        content_type=ContentType.objects.get_for_model(items[0]),
        object_pk__in=[str(pk) for pk in by_id],
    ).values_list("object_pk", "permission__codename")
    codes = {}
    for pk, code in granted:
        codes.setdefault(pk, set()).add(code)
    for pk, item in by_id.items():
        item.know(user, grants=codes.get(str(pk), set()), reviewer_id=named.get(pk))
    return items


def leads_somewhere(item, verb):
    """Whether the state of the item allows the verb, whoever asks."""
    if verb in ("reassign_review", "hand_over"):
        return item.named_reviewer_id() is not None
    if verb == "set_unpublish_at":
        return item.is_live
    if verb == "unpublish" and item.is_live:
        return True
    return can_proceed(getattr(item, verb), check_conditions=False)


def may_do(user, verb, item, *, on_its_own):
    if not may(user, RIGHT.get(verb, verb), item):
        return False
    if verb == "hand_over":
        return item.named_reviewer_id() == user.pk
    if verb != "approve" or settings.AUTHOR_MAY_APPROVE_OWN:
        return True
    if item.owner_id == user.pk or "co_author" in item.individual_grants(user):
        return False
    # Who else wrote it stands in its history: not read for each row of a list.
    return not (on_its_own and byline.why_not_approve(item, user))


def may_edit(user, item):
    """Whether an edit would be accepted in the item's present state."""
    if item.status == Status.ARCHIVED:
        return False
    if item.status in (Status.PENDING_REVIEW, Status.IN_REVIEW):
        return may(user, "edit_in_review", item)
    opened_by = OPENED_BY.get(item.status)
    return (opened_by is None or may(user, opened_by, item)) and may(user, "edit", item)


def available_actions(item, user, *, on_its_own):
    """Names of what the state allows and this person may do."""
    found = ["edit"] if may_edit(user, item) else []
    found += [
        verb
        for verb in VERBS
        if leads_somewhere(item, verb)
        and may_do(user, verb, item, on_its_own=on_its_own)
    ]
    if item.was_never_live and may(user, "delete", item):
        found.append("delete")
    return found
