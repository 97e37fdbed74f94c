"""Celery's door to publishing: tasks take ids and call one function."""

from contextlib import suppress

from celery import shared_task

from editorial import actions
from editorial.models import Verification
from publishing import former_files, receipts, sync, verification
from publishing.purging import log, sending


@shared_task
def deliver(event_id):
    if sync.deliver(event_id):
        sending.send()
        receipts.observe(event_id)


@shared_task
def deliver_pending():
    """Sweep up what the broker lost and what waits with low priority."""
    sync.deliver_waiting()
    sending.send()
    receipts.observe_missing()


@shared_task
def forget_page_changes():
    log.forget_old()


@shared_task
def fire_due():
    actions.fire_due()


@shared_task
def verify():
    """Compare the stores; drift is logged as an error, for the alarm."""
    with suppress(verification.Busy):
        verification.compare_and_report()


@shared_task
def verify_in_full():
    """The same each night, believing nothing that was found equal before."""
    with suppress(verification.Busy):
        verification.compare_and_report(is_full=True)


@shared_task
def verify_as_asked(pk):
    """What somebody asked for on the desk; they see how far it is."""
    asked = Verification.objects.filter(pk=pk, state=Verification.State.WAITING)
    if (one := asked.first()) is not None:
        with suppress(verification.Busy, verification.Stopped):
            verification.run(one)


@shared_task
def remove_former_files():
    """What was replaced weeks ago, and no page names any more."""
    former_files.remove()
