"""The queue of addresses to ask: one task for each site, one question at a time."""

import logging
import time
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial.checks.links import outside
from editorial.checks.web import ALL_SECONDS, ask
from editorial.models import LinkAnswer

logger = logging.getLogger(__name__)

BETWEEN_SECONDS = 1
"""A site is asked no faster than that."""
AT_ONCE = 20
"""Addresses of one site that one task asks for; the rest wait for the next."""
AGAIN = timedelta(minutes=1)
"""How long an answer holds, whoever asks for a new one."""
HOLD_SECONDS = AT_ONCE * (ALL_SECONDS + BETWEEN_SECONDS)


def queue(text, *, every=True):
    """Ask the sites that a text links to; returns how many addresses.

    `every`: those too that answered before, unless it was a moment ago.
    """
    urls = set(outside(text))
    known = LinkAnswer.objects.of(urls)
    recent = timezone.now() - AGAIN
    for url, answer in known.items():
        asked = answer.checked_at is not None
        if (asked and not every) or (asked and answer.checked_at > recent):
            urls.discard(url)
    if not urls:
        return 0
    with transaction.atomic(using=EDITORIAL):
        LinkAnswer.objects.ask(urls)
        hosts = {one.host for one in LinkAnswer.objects.of(urls).values()}
        transaction.on_commit(
            lambda: _tell_the_worker(hosts), using=EDITORIAL, robust=True
        )
    return len(urls)


def _tell_the_worker(hosts):
    from editorial.tasks import ask_site

    for host in sorted(hosts):
        try:
            ask_site.apply_async([host], retry=False, priority=9)
        except Exception as problem:
            logger.warning("The broker did not take the links of %s: %s", host, problem)
            return  # the sweeper asks later


def ask_site(host, *, pause=BETWEEN_SECONDS, **how):
    """Ask one site for all that waits; nobody else does so meanwhile.

    Returns how many were asked, None where another worker is at it.
    """
    if not cache.add(f"link-check:{host}", 1, timeout=HOLD_SECONDS):
        return None
    asked = 0
    try:
        waiting = LinkAnswer.objects.waiting().filter(host=host).order_by("asked_at")
        for row in waiting[:AT_ONCE]:
            if asked:
                time.sleep(pause)
            answer = ask(row.url, **how)
            row.state, row.status, row.said = answer.state, answer.status, answer.said
            row.checked_at = timezone.now()
            row.save(update_fields=["state", "status", "said", "checked_at"])
            asked += 1
    finally:
        cache.delete(f"link-check:{host}")
    return asked


def ask_forgotten(limit=20):
    """Sites whose task the broker lost."""
    late = timezone.now() - AGAIN
    waiting = LinkAnswer.objects.waiting().filter(asked_at__lt=late)
    for host in waiting.order_by().values_list("host", flat=True).distinct()[:limit]:
        ask_site(host)
