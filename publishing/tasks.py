"""Celery's door to publishing: tasks take ids and call one function."""

from celery import shared_task

from editorial import actions
from publishing import former_files, receipts, sync, verification


@shared_task
def deliver(event_id):
    if sync.deliver(event_id):
        receipts.observe(event_id)


@shared_task
def deliver_pending():
    """Sweep up what the broker lost and what waits with low priority."""
    sync.deliver_waiting()
    receipts.observe_missing()


@shared_task
def fire_due():
    actions.fire_due()


@shared_task
def verify():
    """Compare the stores; drift is logged as an error, for the alarm."""
    verification.compare_and_report()


@shared_task
def remove_former_files():
    """What was replaced weeks ago, and no page names any more."""
    former_files.remove()
