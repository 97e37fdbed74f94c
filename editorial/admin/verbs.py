"""The workflow's verbs as buttons: which are there, for whom, and what they ask.

A verb is a POST to `…/do/<verb>/` that calls the action of the same name. A GET of
the same address only shows the question, for those who come without JavaScript or
after a refusal. Nothing here decides: the machine says what is possible from a state,
`accounts.permissions` says who may, the action checks both again.
"""

from dataclasses import dataclass, field
from datetime import UTC
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_fsm import can_proceed

from accounts.models import RoleAssignment, User
from accounts.permissions import ALLOWED, SUPER_ADMIN, decide, may
from editorial import actions, byline, checks
from editorial.gaps import Gap

WAITS_FOR_HOURS = "%Y-%m-%dT%H:%M"


# --- What a verb asks -------------------------------------------------------------


class Question(forms.Form):
    """Nothing more than the revision that the person looked at."""

    seen_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    site_zone = settings.TIME_ZONE

    def __init__(self, *args, item, user, **kwargs):
        self.item, self.user = item, user
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["seen_revision"].initial = item.revision

    def answers(self):
        """Keyword arguments for the action."""
        return {"comment": self.cleaned_data.get("comment", "")}


class WithComment(Question):
    comment = forms.CharField(
        required=False,
        max_length=5000,
        label="A word about it",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WhatShouldChange(Question):
    comment = forms.CharField(
        required=False,
        max_length=5000,
        label="What should change?",
        help_text="May stay empty if there are open remarks in the text.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class MomentField(forms.DateTimeField):
    """A wall-clock time, made aware by the form: the zone is a field of its own."""

    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local"}, format=WAITS_FOR_HOURS
    )

    def __init__(self, **kwargs):
        super().__init__(input_formats=[WAITS_FOR_HOURS, "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def to_python(self, value):
        moment = super().to_python(value)
        return timezone.make_naive(moment) if moment else moment


class Moment(WithComment):
    """A time as the newsroom's clock shows it: the site's time zone, or a named one."""

    zone = forms.CharField(
        required=False,
        widget=forms.HiddenInput,
    )

    def clean_zone(self):
        zone = self.cleaned_data["zone"] or settings.TIME_ZONE
        if zone not in available_timezones():
            raise forms.ValidationError(
                "This time zone is not known. Reload the page and try again."
            )
        return ZoneInfo(zone)

    def aware(self, name):
        moment = self.cleaned_data.get(name)
        if moment is None:
            return None
        return moment.replace(tzinfo=self.cleaned_data["zone"]).astimezone(UTC)


class WhoReviews(Moment):
    reviewer = forms.ModelChoiceField(User.objects.none(), label="Reviewer")
    due_at = MomentField(required=False, label="Due", help_text="May stay empty.")

    field_order = ["reviewer", "due_at", "zone", "comment"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        review = self.item.open_review()
        self.fields["reviewer"].queryset = reviewers()
        self.fields["reviewer"].initial = review.reviewer_id if review else self.user.pk

    def answers(self):
        return super().answers() | {
            "reviewer": self.cleaned_data["reviewer"],
            "due_at": self.aware("due_at"),
        }


class WhoShallReview(WhoReviews):
    """Of the author: a wish, and no more than that."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reviewer = self.fields["reviewer"]
        reviewer.required, reviewer.initial = False, None
        reviewer.empty_label = "Whoever of the editors has time"
        reviewer.queryset = reviewers().exclude(pk=self.user.pk)


class WhoTakesOver(WithComment):
    reviewer = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label="Who reviews it instead",
        empty_label="Nobody yet: hand it back",
    )

    field_order = ["reviewer", "comment"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reviewer"].queryset = reviewers().exclude(pk=self.user.pk)

    def answers(self):
        return super().answers() | {"reviewer": self.cleaned_data["reviewer"]}


class PastChecks(WithComment):
    """Asks why it may go out, where checks stop it and this person may let it pass."""

    override = forms.CharField(
        required=False,
        max_length=2000,
        label="Why it may go out all the same",
        help_text="Only for exactly this text. It is kept in the audit log.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ["override", "comment"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stops = standing_for(self.item, self.user).stops
        if not (stops and may(self.user, "override_checks", self.item)):
            del self.fields["override"]

    def answers(self):
        return super().answers() | {"override": self.cleaned_data.get("override", "")}


class WhatWasRead(PastChecks):
    """The hash of the text that was on the page: an approval is of that text alone."""

    seen_hash = forms.RegexField("^[0-9a-f]{64}$", widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen_hash"].initial = self.item.content_hash()
        self.fields["seen_hash"].error_messages = dict.fromkeys(
            ("required", "invalid"),
            "The page does not say which text you have read. Open it again, read it, "
            "then approve.",
        )

    def answers(self):
        return super().answers() | {"seen_hash": self.cleaned_data["seen_hash"]}


class WhenToPublish(PastChecks, Moment):
    publish_at = MomentField(label="Publish at")

    field_order = ["publish_at", "zone", "override", "comment"]

    def answers(self):
        return super().answers() | {"publish_at": self.aware("publish_at")}


class WhenToTakeDown(Moment):
    unpublish_at = MomentField(
        required=False, label="Take down at", help_text="Leave it empty to cancel."
    )
    comment = None

    def answers(self):
        return {"unpublish_at": self.aware("unpublish_at")}


def reviewers():
    """Whoever may read a draft by their role, one query."""
    roles = (ALLOWED["start_review"] & ALLOWED["view"]) | {SUPER_ADMIN}
    current = RoleAssignment.objects.current().filter(role_id__in=roles)
    return User.objects.filter(is_active=True).filter(
        Q(pk__in=current.values("user_id")) | Q(is_superuser=True)
    )


# --- The verbs --------------------------------------------------------------------


@dataclass(frozen=True)
class Verb:
    name: str
    label: str
    says: str
    """One sentence: what it does for readers and for the working copy."""
    done: str
    question: type = Question
    tone: str = ""
    """"main" for the next step, "grave" for what readers lose."""
    right: str = ""
    """The action asked for in the table of rights, where it has another name."""

    @property
    def action(self):
        return getattr(actions, self.name)

    @property
    def asks(self):
        """Whether there is something to fill in before it is done."""
        return self.question is not Question or self.tone == "grave"


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "submit",
            "Submit for review",
            "Hands the text to the editors, or to one of them by name. You may "
            "withdraw it again.",
            "Submitted for review.",
            WhoShallReview,
            "main",
        ),
        Verb(
            "start_review",
            "Start the review",
            "Opens a review by one named person.",
            "The review is open.",
            WhoReviews,
            "main",
        ),
        Verb(
            "approve",
            "Approve",
            "Binds exactly this text. It can be published or scheduled afterwards.",
            "Approved. It can be published now, or scheduled.",
            WhatWasRead,
            "main",
        ),
        Verb(
            "request_changes",
            "Request changes",
            "Hands it back to its author with your words.",
            "Handed back to the author.",
            WhatShouldChange,
        ),
        Verb(
            "publish",
            "Publish now",
            "Readers get the approved version within a second.",
            "Published. It is on its way to the readers.",
            PastChecks,
            "main",
        ),
        Verb(
            "schedule",
            "Schedule",
            "It goes live at that minute, if its approval still stands.",
            "Scheduled.",
            WhenToPublish,
        ),
        Verb(
            "unschedule",
            "Cancel the schedule",
            "It stays approved and waits for you.",
            "The schedule is cancelled; it stays approved.",
        ),
        Verb(
            "reassign_review",
            "Change the reviewer",
            "Somebody else reads it; remarks stay.",
            "The review was reassigned.",
            WhoReviews,
        ),
        Verb(
            "hand_over",
            "I cannot review this",
            "Give it to a colleague, or hand it back: nobody minds being told in time.",
            "Handed over.",
            WhoTakesOver,
            right="view",
        ),
        Verb(
            "withdraw",
            "Withdraw",
            "Back to your draft; an open review ends.",
            "Withdrawn. It is your draft again.",
        ),
        Verb(
            "reopen",
            "Back to draft",
            "Ends the approval, and the schedule with it.",
            "It is a draft again; the approval has ended.",
        ),
        Verb(
            "revise",
            "Start the next version",
            "A draft of the next version. Readers keep what they have.",
            "This is the draft of the next version. Readers keep the live one.",
        ),
        Verb(
            "set_unpublish_at",
            "Plan to take it down",
            "Readers lose it at that minute.",
            "The plan is kept.",
            WhenToTakeDown,
            right="unpublish",
        ),
        Verb(
            "unpublish",
            "Take it down",
            "Readers lose it at once; its address says that it is gone.",
            "Taken down. Readers no longer see it.",
            WithComment,
            "grave",
        ),
        Verb(
            "archive",
            "Archive",
            "Puts it away, and takes it down if it is live. Nothing is deleted.",
            "Archived. Nothing was deleted.",
            WithComment,
            "grave",
        ),
        Verb(
            "unarchive",
            "Take out of the archive",
            "Makes it a draft again.",
            "It is a draft again.",
        ),
    )
}


# --- Which of them are there ------------------------------------------------------


@dataclass
class Offer:
    """A verb that the state allows, for one person."""

    verb: Verb
    form: forms.Form
    why_not: list = field(default_factory=list)
    """What stands in the way, as `Gap`s; empty when it can be done."""


def is_possible(verb, item):
    """Whether the state of the item leads anywhere by this verb."""
    if verb.name in ("reassign_review", "hand_over"):
        return item.open_review() is not None
    if verb.name == "set_unpublish_at":
        return item.is_live
    if verb.name == "unpublish" and item.is_live:
        return True
    return can_proceed(getattr(item, verb.name), check_conditions=False)


def open_questions(verb, item, user):
    """Why a verb that the state and the table of rights allow would be refused."""
    if verb.name == "submit":
        return item.gaps()
    if verb.name == "approve":
        reason = byline.why_not_approve(item, user)
        found = [*item.gaps(), *([Gap(reason)] if reason else [])]
        return found or _stopped(item, user)
    if verb.name in ("publish", "schedule"):
        approved = item.approved_version
        if approved is None:
            return [
                Gap("It needs an approval first: start the next version and submit it.")
            ]
        if approved.content_hash != item.content_hash():
            return [
                Gap("It was changed after its approval. It must be approved again.")
            ]
        return _stopped(item, user)
    return []


def _stopped(item, user):
    """What checks say, to somebody who may not let it pass."""
    if may(user, "override_checks", item):
        return []
    return [Gap.of(one) for one in standing_for(item, user).stops]


def standing_for(item, user):
    """How the item stands before its checks; read once for a page."""
    key = (user.pk, item.revision, item.updated_at)
    known = item.__dict__.get("_standing_of_checks")
    if known is None or known[0] != key:
        known = (key, checks.standing_of(item, viewer=user))
        item.__dict__["_standing_of_checks"] = known
    return known[1]


def offers(item, user):
    """The verbs for this person now; what the rights forbid is absent."""
    return [
        Offer(
            verb,
            verb.question(item=item, user=user, auto_id=f"{verb.name}_%s"),
            open_questions(verb, item, user),
        )
        for verb in VERBS.values()
        if is_possible(verb, item)
        and may(user, verb.right or verb.name, item)
        and (verb.name != "hand_over" or item.named_reviewer_id() == user.pk)
    ]


def refusals(item, user):
    """(label, reason) of what the state allows and this person may not do."""
    return [
        (verb.label, decision.why)
        for verb in VERBS.values()
        if is_possible(verb, item)
        and not (decision := decide(user, verb.right or verb.name, item))
    ]
