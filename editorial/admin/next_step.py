"""The one primary button: what it will do, and when, for this person now."""

from dataclasses import dataclass, field

from django.utils import timezone

from editorial.models import Status

ORDER = {
    # state: verbs that lead on, the first that is offered is the button
    Status.DRAFT: ("submit",),
    Status.CHANGES_REQUESTED: ("submit",),
    Status.PENDING_REVIEW: ("start_review", "withdraw"),
    Status.IN_REVIEW: ("approve", "request_changes", "withdraw"),
    Status.APPROVED: ("publish", "reopen"),
    Status.SCHEDULED: ("publish", "unschedule", "reopen"),
    Status.PUBLISHED: ("revise",),
    Status.UNPUBLISHED: ("publish", "revise"),
    Status.ARCHIVED: ("unarchive",),
}
LATE_SECONDS = 60


@dataclass
class Step:
    """A verb with the words for it here and now."""

    offer: object
    label: str

    @property
    def verb(self):
        return self.offer.verb

    @property
    def waits(self):
        """Whether something stands in its way."""
        return bool(self.offer.why_not)


@dataclass
class NextStep:
    main: Step | None
    others: list = field(default_factory=list)
    says: str = ""
    """What is planned or wrong: shown beside the button."""
    is_urgent: bool = False


def in_site_time(moment, *, now=None):
    """ "3 Mar 09:00 CET", with the year where it is another one."""
    local = timezone.localtime(moment)
    year = f" {local.year}" if local.year != timezone.localtime(now).year else ""
    return f"{local.day} {local:%b}{year} {local:%H:%M %Z}"


def next_step(item, offers):
    """What to do next of what is offered to this person."""
    by_name = {offer.verb.name: offer for offer in offers}
    wanted = ORDER.get(item.status, ())
    # What can be done now goes before what waits for something.
    able = [name for name in wanted if name in by_name and not by_name[name].why_not]
    first = next(iter([*able, *(name for name in wanted if name in by_name)]), None)
    steps = {
        name: Step(offer, label_of(item, offer)) for name, offer in by_name.items()
    }
    says, is_urgent = _planned(item)
    return NextStep(
        main=steps.get(first),
        others=[step for name, step in steps.items() if name != first],
        says=says,
        is_urgent=is_urgent,
    )


def label_of(item, offer):
    """The verb in the words of its effect."""
    name = offer.verb.name
    if name == "submit" and item.assigned_editor_id:
        if item.assigned_editor_id != item.owner_id:
            return f"Submit for review to {item.assigned_editor}"
    elif name == "publish":
        if item.status == Status.SCHEDULED and not item.held_reason:
            return f"Publish now, ahead of {in_site_time(item.publish_at)}"
        if item.is_live:
            return (
                "Update the live article"
                if item.KIND == "article"
                else ("Update the live course")
            )
        if item.status == Status.UNPUBLISHED:
            return "Publish it again"
        return "Publish now"
    elif name == "schedule":
        return "Schedule an update…" if item.is_live else "Schedule…"
    elif name == "unschedule":
        return f"Cancel the schedule of {in_site_time(item.publish_at)}"
    elif name == "set_unpublish_at" and item.unpublish_at:
        return f"Change when it comes down ({in_site_time(item.unpublish_at)})"
    return offer.verb.label


def _planned(item):
    """(sentence, whether somebody must look)."""
    if item.held_reason:
        return f"Held back: {item.held_reason}", True
    if item.status == Status.SCHEDULED:
        late = (timezone.now() - item.publish_at).total_seconds()
        if late > LATE_SECONDS:
            return (
                f"It was to go live on {in_site_time(item.publish_at)} and has not: "
                "the scheduler is late.",
                True,
            )
        what = "This update goes" if item.is_live else "It goes"
        return f"{what} live on {in_site_time(item.publish_at)}", False
    if item.is_live and item.unpublish_at:
        return f"It comes down on {in_site_time(item.unpublish_at)}", False
    return "", False
