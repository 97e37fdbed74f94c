"""The Celery app and the beat schedule as one table.

Tasks take ids, load, and call one function. The outbox is the truth and the broker
only the fast path: whatever the broker loses, `deliver_pending` finds again.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")

app = Celery("masthead")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # what                         task                                      seconds
    "deliver what waits": {"task": "publishing.tasks.deliver_pending", "schedule": 3},
    "forget old page changes": {
        "task": "publishing.tasks.forget_page_changes",
        "schedule": 60 * 60,
    },
    "fire what is due": {"task": "publishing.tasks.fire_due", "schedule": 5},
    "make what images lack": {
        "task": "editorial.tasks.make_missing_variants",
        "schedule": 60,
    },
    "ask what links lead to": {
        "task": "editorial.tasks.ask_forgotten",
        "schedule": 5 * 60,
    },
    "mail what was told": {"task": "editorial.tasks.mail_notices", "schedule": 60},
    "remind of what is late or ends": {
        "task": "editorial.tasks.remind",
        "schedule": 60 * 60,
    },
    "fold the ledger": {"task": "engagement.tasks.fold", "schedule": 5},
    "publish the counters": {
        "task": "engagement.tasks.publish_counters",
        "schedule": 5,
    },
    "drain the views": {"task": "engagement.tasks.drain_views", "schedule": 5},
    "tally the days of the views": {
        "task": "engagement.tasks.tally_views",
        "schedule": 10 * 60,
    },
    "reconcile the counters": {
        "task": "engagement.tasks.reconcile",
        "schedule": 24 * 60 * 60,
    },
    "keep partitions ahead": {
        "task": "engagement.tasks.keep_partitions",
        "schedule": 60 * 60,
    },
    "forget old searches": {
        "task": "engagement.tasks.forget_old_searches",
        "schedule": 24 * 60 * 60,
    },
    "forget answers and turns that expired": {
        "task": "accounts.tasks.forget_expired",
        "schedule": 60 * 60,
    },
    "remove files that were replaced": {
        "task": "publishing.tasks.remove_former_files",
        "schedule": 24 * 60 * 60,
    },
    "compare the stores": {
        "task": "publishing.tasks.verify",
        "schedule": 15 * 60,
    },
    "compare the stores in full": {
        "task": "publishing.tasks.verify_in_full",
        "schedule": crontab(hour=3, minute=40),
    },
}
