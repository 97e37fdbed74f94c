"""Receipts: was it seen, by somebody who is nobody in particular?"""

import logging
import time
import urllib.error
import urllib.request
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from publishing.models import Receipt

logger = logging.getLogger(__name__)

TIMEOUT = 3
"""Seconds to wait for the site's answer."""
GIVE_UP = timedelta(minutes=10)
SOON = 1.2
"""Seconds for which a page may still be the old one: the web processes hear of a
delivery at once, or when they look the next time."""
BREATH = 0.025


def observe(event_id):
    """Fetch the pages of one event as an anonymous reader and note the moment."""
    for receipt in Receipt.objects.filter(event_id=event_id, seen_at=None):
        _observe(receipt, is_new=settings.PAGE_CACHE)


def observe_missing():
    """Look again for what was not seen yet, newest first, for ten minutes."""
    recent = Receipt.objects.filter(
        seen_at=None, committed_at__gt=timezone.now() - GIVE_UP
    )
    for receipt in recent.exclude(url="").order_by("-committed_at")[:20]:
        _observe(receipt)


def _observe(receipt, *, is_new=False):
    if not receipt.url:
        return
    try:
        status, version = _get(settings.PROBE_ORIGIN + receipt.url)
        until = time.monotonic() + (SOON if is_new else 0)
        while not _shows(receipt, status, version) and time.monotonic() < until:
            time.sleep(BREATH)
            status, version = _get(settings.PROBE_ORIGIN + receipt.url)
    except OSError as problem:
        receipt.error = f"The site did not answer: {problem}"[:500]
    else:
        if _shows(receipt, status, version):
            receipt.seen_at, receipt.error = timezone.now(), ""
            if receipt.seconds_to_live > settings.PUBLISH_OBJECTIVE_SECONDS:
                logger.warning(
                    "%s of %s was seen after %.1f s; the objective is %s s.",
                    receipt.cause,
                    receipt.url,
                    receipt.seconds_to_live,
                    settings.PUBLISH_OBJECTIVE_SECONDS,
                )
        else:
            receipt.error = f"The page answered {status}, version {version or 'none'}."
    receipt.save(update_fields=["seen_at", "error"])


def _get(url):
    """(status, version shown) of a page, as nobody in particular sees it."""
    # Our own origin, from the settings: http or https, never a file.
    request = urllib.request.Request(  # noqa: S310
        url, headers={"User-Agent": "Masthead-Receipt"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.status, answer.headers.get("X-Masthead-Version", "")
    except urllib.error.HTTPError as answer:
        return answer.code, ""


def _shows(receipt, status, version):
    """A later version than the receipt's is seen, too: it came after this one."""
    if receipt.is_live:
        return (
            status == 200
            and version.isdigit()
            and int(version) >= receipt.content_version
        )
    return status in (404, 410)
