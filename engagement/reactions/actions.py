"""React, switch, withdraw: the row, its count and its line of activity at once."""

from django.db import transaction

from cms.databases import ENGAGEMENT
from engagement.activity.models import Activity
from engagement.counters.models import CounterDelta, Metric
from engagement.reactions.models import Reaction


@transaction.atomic(using=ENGAGEMENT)
def react(*, by, kind, target_id, reaction):
    """Give `reaction` and none other; `None` withdraws. Repeating changes nothing.

    Answers the (old, new) reaction. `by` is the member's id.
    """
    if reaction is None:
        old, new = Reaction.objects.remove(by, kind, target_id)
    else:
        reaction = Reaction.Kind(reaction)
        old, new = Reaction.objects.put(by, kind, target_id, reaction)
    if old == new:
        return old, new

    deltas = []
    if old:
        deltas.append((kind, target_id, old, -1))
    if new:
        deltas.append((kind, target_id, new, +1))
    if bool(old) != bool(new):
        deltas.append((kind, target_id, Metric.REACTION, 1 if new else -1))
    CounterDelta.objects.write(deltas)
    if new and not old:
        # Once for a member and a target: taking it back and forth tells nobody.
        Activity.objects.record(
            Activity.Verb.REACTED,
            actor_id=by,
            kind=kind,
            target_id=target_id,
            key=f"reaction:{by}:{target_id}",
        )
    return old, new
