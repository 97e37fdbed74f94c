"""Publishing listens to the newsroom."""

import logging

from django.dispatch import receiver

from editorial import press
from editorial.models import OutboxEvent
from editorial.signals import outbox_written
from publishing import appearance, foresight

logger = logging.getLogger(__name__)


@receiver(outbox_written, sender=OutboxEvent)
def tell_the_worker(sender, event, **kwargs):
    """The fast path. If the broker is down, the sweeper delivers a little later.

    Work of low priority waits for the sweeper: a rename must not flood the broker.
    """
    from publishing.tasks import deliver

    if event.priority < 0 and event.kind == OutboxEvent.Kind.ITEMS:
        return
    try:
        deliver.apply_async([str(event.pk)], retry=False)
    except Exception as problem:
        logger.warning(
            "The broker did not take event %s; the sweeper will: %s", event.pk, problem
        )


# The desk asks these of us; see `editorial.press`.
press.page_of = appearance.page_of
press.card_of = appearance.card_of
press.changes_of = foresight.changes_of
press.receipt_of = foresight.receipt_of
