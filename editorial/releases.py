"""How a release stands: what is ready, what is not and why, what readers will get.

Nothing here changes anything; `editorial.actions` has the verbs.
"""

from dataclasses import dataclass, field

from accounts.permissions import decide, may
from editorial import checks
from editorial.diff import extent
from editorial.models import ITEM_MODELS, LiveSlug, Release, ReleaseItem, Status

NOT_READY = {
    Status.DRAFT: "It is a draft. Submit it, and have it approved.",
    Status.PENDING_REVIEW: "It waits for a review.",
    Status.IN_REVIEW: "It is in review; the answer is not there yet.",
    Status.CHANGES_REQUESTED: "Changes were requested. It must be approved again.",
    Status.ARCHIVED: "It is in the archive.",
    Status.PUBLISHED: "It is live as it is; nothing newer is approved.",
}


@dataclass
class Standing:
    """One member of a release before it goes out, or after it went out."""

    member: ReleaseItem
    item: object = None
    problems: list = field(default_factory=list)
    """What stops the whole release."""
    notes: list = field(default_factory=list)
    """What one should know, and what stops nothing."""
    will: str = ""
    """What it does for readers."""
    is_hidden: bool = False
    """The viewer may not see this item: nothing of it is told."""

    @property
    def title(self):
        if self.is_hidden:
            return "An item of another desk"
        return str(self.item) if self.item else "A deleted item"

    @property
    def is_ready(self):
        return not self.problems

    @property
    def takes_down(self):
        return self.member.change == ReleaseItem.Change.UNPUBLISH

    @property
    def version(self):
        """What readers will get of it, or got."""
        if self.member.release.released_at:
            return self.member.version
        return None if self.takes_down or not self.item else self.item.approved_version

    @property
    def instead_of(self):
        """What readers have until then, or had."""
        if self.member.release.released_at:
            return self.member.previous_version
        return self.item.live_version if self.item else None


def standings(release, viewer, only=None):
    """[Standing] of every member, or of one, in the order of their titles."""
    members = release.items.select_related("version", "previous_version")
    if only is not None:
        members = members.filter(item_id=only)
    members = {one.item_id: one for one in members}
    for member in members.values():
        member.release = release
    items = {}
    for kind, model in ITEM_MODELS.items():
        wanted = [pk for pk, member in members.items() if member.kind == kind]
        found = model.objects.select_related(
            "category", "live_version", "approved_version", model.OWNER_FIELD
        )
        items |= {item.pk: item for item in found.filter(pk__in=wanted)}
    found = [Standing(member, items.get(pk)) for pk, member in members.items()]
    if not release.released_at:
        _judge(found, release, viewer)
    for one in found:
        one.will = _will(one)
        if one.item and not may(viewer, "view", one.item):
            one.is_hidden, one.will, one.notes = True, "", []
            one.problems = ["You may not publish it."] if one.problems else []
    return sorted(found, key=lambda one: (one.title, str(one.member.pk)))


def _judge(found, release, viewer):
    addresses = {}
    for one in found:
        if one.item is None:
            one.problems.append("It was deleted. Take it out of the list.")
            continue
        decision = decide(viewer, "publish", one.item)
        if not decision:
            one.problems.append(f"You may not publish it. {decision.why}")
        if one.takes_down:
            if not one.item.is_live:
                one.problems.append("It is not live; there is nothing to take down.")
            continue
        one.problems += _why_not_live(one.item)
        if version := one.item.approved_version:
            key = one.item.KIND, version.snapshot["slug"]
            addresses.setdefault(key, []).append(one)
    _judge_addresses(addresses, found)
    _note_plans(found, release)


def _why_not_live(item):
    approved = item.approved_version
    may_go = (Status.APPROVED, Status.SCHEDULED, Status.UNPUBLISHED)
    if item.status not in may_go or approved is None:
        return [NOT_READY.get(item.status, "Nothing of it is approved.")]
    if approved.content_hash != item.content_hash():
        return ["It was changed after its approval. It must be approved again."]
    return [
        f"{concern.sentence} {concern.todo}".strip()
        for concern in checks.standing_of(item).stops
    ]


def _judge_addresses(addresses, found):
    """No two live items at one address, except that members may swap theirs."""
    leaving = {one.item.pk for one in found if one.item}
    for (kind, slug), wanting in addresses.items():
        held = LiveSlug.objects.filter(kind=kind, slug=slug).first()
        for one in wanting:
            if len(wanting) > 1:
                one.problems.append(f"Another one of this list wants “{slug}”, too.")
            elif held and held.item_id not in leaving:
                one.problems.append(
                    f"Another live {kind} has the address “{slug}”. Change one of "
                    "them, or put both into this release."
                )


def _note_plans(found, release):
    others = ReleaseItem.objects.filter(
        item_id__in=[one.member.item_id for one in found], release__released_at=None
    ).exclude(release=release)
    also = {}
    for other in others.select_related("release"):
        also.setdefault(other.item_id, []).append(f"“{other.release}”")
    for one in found:
        if one.item is None:
            continue
        if one.item.status == Status.SCHEDULED:
            one.notes.append(
                "It has a time of its own; whichever comes first makes it live."
            )
        if names := also.get(one.item.pk):
            one.notes.append(f"It is in {' and '.join(names)}, too.")


def _will(one):
    version, before = one.version, one.instead_of
    past = bool(one.member.release.released_at)
    if version is None:
        if before is None:
            return "" if one.item else "Nothing is known of it any more."
        if not one.takes_down and not past:
            return f"Readers keep v{before.number} until something newer is approved."
        return f"Readers {'lost' if past else 'lose'} v{before.number}."
    if before is None:
        return f"{'Went' if past else 'Goes'} live as v{version.number}."
    if before.pk == version.pk:
        return f"Readers have v{version.number} already."
    changes = extent(before.snapshot, version.snapshot)
    verb = "replaced" if past else "replaces"
    what = f": {changes}" if changes else ""
    return f"v{version.number} {verb} v{before.number}{what}."


def conflicts(release, viewer):
    """Sentences about what cannot go back any more, as far as the viewer may know."""
    found = []
    for kind, model in ITEM_MODELS.items():
        members = release.items.filter(kind=kind)
        items = model.objects.select_related("live_version", "category")
        items = items.in_bulk([one.item_id for one in members])
        for member in members:
            item = items.get(member.item_id)
            if sentence := why_not_back(member, item):
                seen = item is None or may(viewer, "view", item)
                hidden = "An item of another desk was changed since."
                found.append(sentence if seen else hidden)
    return found


def why_not_back(member, item):
    """Why readers cannot get back what they had of it; "" if they can."""
    if item is None:
        return "An item of this release was deleted since."
    is_known = member.version_id or member.previous_version_id
    if not is_known:
        return f"What readers had of “{item}” before this release is not known."
    if item.live_version_id != member.version_id:
        if item.live_version_id is None:
            return f"“{item}” was taken down since."
        return (
            f"“{item}” was published since: readers have v{item.live_version.number}."
        )
    if member.previous_version_id and item.status == Status.ARCHIVED:
        return f"“{item}” was put into the archive since."
    return ""


def can_be_reverted(release):
    return (
        release.released_at is not None
        and not Release.objects.filter(reverts=release).exists()
    )
