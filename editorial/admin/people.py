"""Who has a hand in an item, who may do what here, and why."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponseRedirect

from accounts.admin.standing import answers
from accounts.models import RoleAssignment, User
from accounts.permissions import IN_WORDS, may
from accounts.reasons import Decision
from editorial import actions, byline
from editorial.admin.house import origin_of
from editorial.exceptions import Refused

LISTED = 200
"""People whose rights are worked out for the table."""
IN_THE_TABLE = (
    "view",
    "edit",
    "edit_in_review",
    "approve",
    "publish",
    "unpublish",
    "change_author",
    "grant",
    "delete",
)


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, person):
        return f"{person} ({person.email})"


class HandForm(forms.Form):
    person = PersonChoice(User.objects.none(), label="Who", empty_label="Choose")
    hand = forms.ChoiceField(label="As")

    def __init__(self, *args, item, user, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["person"].queryset = (
            User.objects.staff().exclude(pk=item.owner_id).order_by("display_name")
        )
        self.fields["hand"].choices = [
            (hand.key, f"{hand.name.capitalize()}: {hand.says}")
            for hand in byline.HANDS.values()
            if not hand.needs or may(user, hand.needs, item)
        ]


def page(request, pk, *, desk):
    """A POST names somebody, or with `remove` takes it back."""
    item = desk.find(request, pk)
    may_grant = may(request.user, "grant", item)
    form = HandForm(
        request.POST if request.method == "POST" and may_grant else None,
        item=item,
        user=request.user,
    )
    if request.method == "POST":
        if not may_grant:
            raise PermissionDenied("You may not say who has a hand in this.")
        done = _remove(request, item) if "remove" in request.POST else None
        if done is None and form.is_valid():
            done = _add(request, item, **form.cleaned_data)
        if done:
            return HttpResponseRedirect(desk.address(item, "people"))
    may_ask = may_grant or may(request.user, "view_people")
    staff = _staff_at(item) if may_ask else []
    asked = _asked(request, staff)
    return desk.page(
        request,
        "admin/editorial/item/people.html",
        item,
        title="People",
        status=422 if form.errors else 200,
        hands=[
            (person, [(hand, not hand.needs or may_grant) for hand in hands])
            for person, hands in byline.people(item)
        ],
        form=form if may_grant else None,
        staff=staff,
        table=_table(staff, item),
        asked=asked,
        answers=_answers(asked, item),
    )


def _add(request, item, person, hand):
    try:
        actions.grant(item, person, hand, by=request.user, origin=origin_of(request))
    except Refused as problem:
        messages.error(request, str(problem))
        return False
    name = byline.HANDS[hand].name
    messages.success(request, f"{person} is {name} of “{item}” now.")
    return True


def _remove(request, item):
    key, _, pk = request.POST["remove"].partition(":")
    try:
        person = User.objects.filter(pk=UUID(pk)).first()
    except ValueError:
        person = None
    try:
        if person is None:
            raise Refused("This person is not there any more. Reload the page.")
        actions.revoke(item, person, key, by=request.user, origin=origin_of(request))
    except Refused as problem:
        messages.error(request, str(problem))
        return False
    messages.success(request, f"{person} is {byline.HANDS[key].name} no more.")
    return True


# --- Who may do what here ---------------------------------------------------------


def _staff_at(item):
    """Staff by name, with their roles and grants here read at once."""
    current = RoleAssignment.objects.current()
    people = list(
        User.objects.staff()
        .prefetch_related(Prefetch("role_assignments", current, to_attr="in_force"))
        .order_by("display_name", "pk")[:LISTED]
    )
    codes, reviewer = byline.codes_of_all(item), item.named_reviewer_id()
    for person in people:
        person.current_roles = tuple(person.in_force)
        item.know(person, grants=codes.get(person.pk, set()), reviewer_id=reviewer)
    return people


def _table(staff, item):
    """[(words, [people])] for the actions that people ask about most."""
    return [
        (
            IN_WORDS[action][1],
            [person for person in staff if may(person, action, item)],
        )
        for action in IN_THE_TABLE
    ]


def _asked(request, staff):
    """The person the page was asked about; whoever asks, if nobody else."""
    wanted = request.GET.get("person", "")
    found = (person for person in staff if str(person.pk) == wanted)
    return next(found, request.user)


def _answers(person, item):
    """What the table of rights says, and what only the item's own past knows."""
    found = answers(person, item)
    if may(person, "approve", item) and (why := byline.why_not_approve(item, person)):
        approve = IN_WORDS["approve"][1]
        found = [
            (
                subject,
                [
                    (words, Decision(False, why) if words == approve else decision)
                    for words, decision in lines
                ],
            )
            for subject, lines in found
        ]
    return found
