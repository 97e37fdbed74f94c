"""What stops a text, and how somebody may let it pass all the same.

An override is bound to the hash of the text, as the approval is: it holds for every
later step with the same words and for nothing else. What only time brings (a licence
that ends, a link that dies) stops nobody who is not there to look: a text that was
approved goes out on schedule, and the desk shows what was found.
"""

from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied

from accounts.permissions import decide
from editorial.checks.registry import look
from editorial.checks.texts import Text
from editorial.exceptions import Refused
from editorial.gaps import Gap
from editorial.models import Override

SHORTEST_REASON = 10
LONGEST_REASON = 2000


class Stopped(Refused):
    """Checks stop it. `concerns` are those that nobody let pass."""

    problem = "checks"

    def __init__(self, item, concerns):
        self.concerns = concerns
        few = " ".join(f"{one.sentence} {one.todo}" for one in concerns[:3])
        more = f" And {len(concerns) - 3} more." if len(concerns) > 3 else ""
        super().__init__(
            f"Checks stop “{item}”. {few}{more}", gaps=map(Gap.of, concerns)
        )

    @property
    def errors(self):
        """For the API: one entry for each concern."""
        return [
            {
                "field": one.field or "blocks",
                "pointer": "",
                "message": f"{one.sentence} {one.todo}",
                "code": one.check,
                "block": one.block or None,
            }
            for one in self.concerns
        ]


@dataclass
class Standing:
    """How one text stands before its checks."""

    concerns: list
    overrides: list

    @cached_property
    def let_pass(self):
        """Keys of what somebody let pass."""
        return {key for one in self.overrides for key in one.concerns}

    @cached_property
    def stops(self):
        return [
            one for one in self.concerns if one.blocks and one.key not in self.let_pass
        ]

    @cached_property
    def others(self):
        """What stops nothing."""
        return [one for one in self.concerns if not one.blocks]


def standing_of(item, *, viewer=None):
    """Of the text as it is kept."""
    text = Text(item, viewer=viewer)
    concerns = look(text)
    overrides = []
    if any(one.blocks for one in concerns):
        overrides = list(
            Override.objects.of(item, item.content_hash()).select_related("made_by")
        )
    return Standing(concerns, overrides)


def let_pass(item, *, by, reason="", nobody_is_there=False):
    """What the history keeps of it; raises Stopped, or PermissionDenied.

    Called inside the action's transaction, the item locked. A reason that is not
    needed makes no override.
    """
    standing = standing_of(item, viewer=by)  # as the desk showed it to them
    if not standing.stops:
        return {}
    found = [one.sentence for one in standing.stops]
    if nobody_is_there:
        return {"checks": found}
    reason = reason.strip()
    if not reason:
        raise Stopped(item, standing.stops)
    decision = decide(by, "override_checks", item)
    if not decision:
        raise PermissionDenied(decision.why)
    if len(reason) < SHORTEST_REASON:
        raise Refused(
            "Say in a few words why it may go out all the same: it is kept in the "
            "audit log."
        )
    Override.objects.create(
        kind=item.KIND,
        item_id=item.pk,
        content_hash=item.content_hash(),
        concerns=[one.key for one in standing.stops],
        reason=reason[:LONGEST_REASON],
        made_by=by,
    )
    return {"override": reason[:LONGEST_REASON], "checks": found}
