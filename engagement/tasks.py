"""The table of contents for Celery: each task loads nothing and calls one function.

Every one of them is single-flight by a PostgreSQL lock, so that two workers, or a
task that is late and meets the next one, do no harm.
"""

from celery import shared_task

from engagement.counters import ledger, public, reconciling
from engagement.searches import keeping
from engagement.views import days, drain, partitions


@shared_task(name="engagement.tasks.fold")
def fold():
    return ledger.fold()


@shared_task(name="engagement.tasks.publish_counters")
def publish_counters():
    return public.publish_counters()


@shared_task(name="engagement.tasks.drain_views")
def drain_views():
    return drain.drain_views()


@shared_task(name="engagement.tasks.tally_views")
def tally_views():
    return len(days.tally())


@shared_task(name="engagement.tasks.reconcile")
def reconcile():
    return len(reconciling.reconcile())


@shared_task(name="engagement.tasks.keep_partitions")
def keep_partitions():
    return partitions.keep_partitions()


@shared_task(name="engagement.tasks.forget_old_searches")
def forget_old_searches():
    return keeping.forget_old_searches()
