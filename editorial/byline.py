"""Who stands behind an item: its author, co-authors and named reviewers.

Grants on one item are rows of django-guardian; `accounts.permissions` says what each of
them lets one do. `editorial.actions.grant` and `revoke` change them.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import User
from editorial.exceptions import Refused
from editorial.models import AuditLog, Version, WorkflowHistory


@dataclass(frozen=True)
class Hand:
    """A way to have a hand in somebody else's item."""

    key: str
    name: str
    says: str
    codes: tuple
    """django-guardian's codes."""
    needs: str = ""
    """The right that whoever gives it must have, besides `grant`."""


HANDS = {
    hand.key: hand
    for hand in (
        Hand("co_author", "co-author", "Writes and submits it.", ("co_author",)),
        Hand(
            "review",
            "named reviewer",
            "Reads it, remarks, requests changes.",
            ("review",),
        ),
        Hand(
            "approve_review",
            "reviewer who may approve",
            "Reads it, and may approve it.",
            ("review", "approve_review"),
            needs="approve",
        ),
    )
}


def hand(key):
    try:
        return HANDS[key]
    except KeyError:
        known = ", ".join(HANDS)
        raise Refused(f"There is no such part as “{key}”; choose {known}.") from None


def add(item, person, hand):
    """True if the person did not have all of it."""
    missing = set(hand.codes) - set(_codes(item, person))
    for code in missing:
        assign_perm(code, person, item)
    return bool(missing)


def remove(item, person, hand):
    """True if the person had it. Who may no longer approve may still review."""
    if hand.key not in _codes(item, person):
        return False
    gone = {"review", "approve_review"} if hand.key == "review" else {hand.key}
    for code in gone & set(_codes(item, person)):
        remove_perm(code, person, item)
    return True


def _rows(item):
    return UserObjectPermission.objects.filter(
        content_type=ContentType.objects.get_for_model(item), object_pk=str(item.pk)
    )


def _codes(item, person):
    rows = _rows(item).filter(user=person)
    return rows.values_list("permission__codename", flat=True)


def codes_of_all(item):
    """{id of a person: codes}, of all who were named."""
    codes: dict = {}
    for pk, code in _rows(item).values_list("user_id", "permission__codename"):
        codes.setdefault(pk, set()).add(code)
    return codes


def people(item):
    """[(person, [Hand])] of all who were named, by name; two queries."""
    codes = codes_of_all(item)
    found = User.objects.filter(pk__in=codes).order_by("display_name", "pk")
    return [
        (person, [hand for key, hand in HANDS.items() if key in codes[person.pk]])
        for person in found
    ]


# --- Nobody approves what is their own --------------------------------------------

AUTHOR_CHANGED = "change_author"


def remember_author(item, before, *, by):
    """The text has another author now; approval will want to know whose it was."""
    WorkflowHistory.objects.create(
        kind=item.KIND,
        item_id=item.pk,
        transition=AUTHOR_CHANGED,
        from_status=item.status,
        to_status=item.status,
        changed_by=by,
        metadata={"from": str(before), "to": str(item.owner_id)},
    )


def why_not_approve(item, person):
    """Why this person may not approve the text as its author; "" if they may.

    Not who is its author or co-author; nor who was one since the last approval, as
    nobody else has approved what they wrote; nor who put it on the desk in another's
    name when nobody but them has handled it. An editor who polished somebody's text
    during the review may.
    """
    if settings.AUTHOR_MAY_APPROVE_OWN:
        return ""
    if person.pk == item.owner_id or "co_author" in item.individual_grants(person):
        return "Authors do not approve their own work here. Ask another editor."
    past = list(
        WorkflowHistory.objects.of(item).only(
            "transition", "metadata", "changed_by", "changed_at"
        )
    )
    approvals = [one for one in past if one.transition in ("approve", "import")]
    since = approvals[0].changed_at if approvals else None
    round_ = [one for one in past if since is None or one.changed_at > since]
    versions = Version.objects.of(item)
    if since is not None:
        versions = versions.filter(created_at__gt=since)
    versions = list(versions.values_list("snapshot__author", "created_by_id"))
    me = str(person.pk)
    if (
        any(author == me for author, _ in versions)
        or any(
            one.transition == AUTHOR_CHANGED and one.metadata.get("from") == me
            for one in round_
        )
        or any(
            one.transition == "revoke"
            and one.metadata.get("person") == me
            and one.metadata.get("as") == "co_author"
            for one in round_
        )
    ):
        return (
            "Whoever was an author of this text since its last approval does not "
            "approve it. Ask another editor."
        )
    others = any(maker != person.pk for _, maker in versions) or any(
        one.transition != AUTHOR_CHANGED and one.changed_by_id != person.pk
        for one in round_
    )
    if since is None and not others and _put_on_the_desk_by(item, person):
        return (
            "It was written in another's name, and nobody else has handled it yet. "
            f"Let {item.owner} submit it, or ask another editor to approve it."
        )
    return ""


def _put_on_the_desk_by(item, person):
    return AuditLog.objects.filter(
        resource_type=item.KIND,
        resource_id=item.pk,
        action="create",
        user_id=person.pk,
    ).exists()
