"""Tell the caches in front of us what is out of date: few calls, again if they fail.

The log of changes is the queue: each cache has a row that says up to where it was told.
Whoever dies on the way leaves the row where it was, so nothing is lost; what is told
twice does no harm. All that waits is told in one go.

Each cache is told a second time a few seconds later: it may have asked a web process of
ours that had not heard of the change yet, and have kept what it got.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from cms.databases import PUBLIC
from publishing.models import PageChange, PageClock, PurgeTarget
from publishing.page_cache.keys import EVERYTHING
from publishing.purging import caches

logger = logging.getLogger(__name__)

AGAIN = " again"
"""Marks the row of the second telling."""
LATER = timedelta(seconds=3)
"""Longer than a web process of ours may take to hear of a change."""
LEASE = timedelta(seconds=60)
RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=5)
MOST = 5000
"""Entries of the log in one go."""
MOST_CALLS = 5
"""From so many calls on it is cheaper for everyone to forget all."""


def send():
    """Tell every cache what it does not know. Returns how many calls were made."""
    known = caches.configured()
    if not known:
        return 0
    calls = 0
    for cache in known:
        for name in (cache.name, cache.name + AGAIN):
            calls += _tell(cache, name)
    _write_receipts([cache.name for cache in known])
    return calls


def _tell(cache, name):
    target = _claim(name)
    if target is None:
        return 0
    calls = 0
    try:
        while waiting := _waiting(target):
            calls += _purge(cache, target, waiting)
            target.position = waiting[-1].position
            target.attempts, target.error = 0, ""
            target.purged_at = timezone.now()
            target.save()
    except caches.Refused as problem:
        wait = min(RETRY * 2 ** min(target.attempts, 10), LONGEST_RETRY)
        if problem.retry_after:
            wait = max(wait, timedelta(seconds=min(problem.retry_after, 3600)))
        target.attempts += 1
        target.error = f"{problem} {cache.advice}"
        target.due_at = timezone.now() + wait
        logger.error("%s was not purged: %s", cache.title, target.error)
        target.save()
        return calls
    PurgeTarget.objects.filter(pk=name).update(due_at=None)
    return calls


def _claim(name):
    """The row of this cache if it is due and nobody is at it; None otherwise."""
    if not PurgeTarget.objects.filter(pk=name).exists():
        # What happened before it was named in the settings is none of its business.
        position = PageClock.objects.values_list("position", flat=True).first() or 0
        PurgeTarget.objects.bulk_create(
            [PurgeTarget(name=name, position=position)], ignore_conflicts=True
        )
    due = PurgeTarget.objects.filter(Q(due_at=None) | Q(due_at__lte=Now()), pk=name)
    behind = due.filter(position__lt=PageClock.objects.filter(pk=1).values("position"))
    if not behind.update(due_at=Now() + LEASE):
        return None
    return PurgeTarget.objects.get(pk=name)


def _waiting(target):
    found = PageChange.objects.filter(position__gt=target.position).order_by("position")
    if target.name.endswith(AGAIN):
        found = found.filter(happened_at__lt=Now() - LATER)
    return list(found[:MOST])


def _purge(cache, target, waiting):
    """One purge for all that waits; returns how many calls it took."""
    keys = sorted({key for change in waiting for key in change.keys})
    is_whole = waiting[0].position == target.position + 1
    calls = -(-len(keys) // cache.at_once)
    if EVERYTHING in keys or not is_whole or calls > MOST_CALLS:
        cache.purge_all()
        return 1
    for start in range(0, len(keys), cache.at_once):
        cache.purge(keys[start : start + cache.at_once])
    return calls


RECEIPTS = """
UPDATE publish_receipts AS receipt SET purged_at = clock_timestamp()
WHERE receipt.purged_at IS NULL
  AND receipt.committed_at > clock_timestamp() - interval '1 day'
  AND CASE WHEN EXISTS (SELECT 1 FROM page_changes AS change
                        WHERE change.event_id = receipt.event_id)
           THEN NOT EXISTS (SELECT 1 FROM page_changes AS change
                            WHERE change.event_id = receipt.event_id
                              AND change.position > %(told)s)
           ELSE %(told)s >= (SELECT position FROM page_clock) END
"""
"""An event that found its items applied has no entry of its own: another's told it."""


def _write_receipts(names):
    told = PurgeTarget.objects.filter(name__in=names).order_by("position")
    positions = list(told.values_list("position", flat=True))
    if len(positions) < len(names):
        return
    with transaction.atomic(using=PUBLIC), connections[PUBLIC].cursor() as cursor:
        cursor.execute(RECEIPTS, {"told": positions[0]})


def troubles():
    """[(title, sentence, since when nothing was told)] of caches that are behind."""
    found = []
    for cache in caches.configured():
        row = PurgeTarget.objects.filter(pk=cache.name).first()
        if row is not None and row.attempts:
            found.append((cache.title, row.error, row.purged_at))
    return found


def waiting_for(receipt):
    """Why a receipt has no purge yet, or an empty sentence."""
    if receipt.purged_at or not settings.PURGED_CACHES:
        return ""
    return " ".join(
        f"{title} may show the old page for up to {settings.SHARED_CACHE_SECONDS} s: "
        f"{sentence}"
        for title, sentence, _ in troubles()
    )
