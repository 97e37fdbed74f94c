"""The buffer between readers and tables: one Redis stream, and what stands beside it.

Redis holds the day's salt, the dedupe keys and the views of the last few seconds;
it is the only copy of nothing that must last.
"""

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import uuid4

import redis
from django.conf import settings

log = logging.getLogger(__name__)

DEDUPE_SECONDS = 30 * 60
MAX_ENTRIES = 1_000_000
"""If nobody drains it for long, the oldest views are lost and not the memory."""
RETRY_AFTER = 3
"""Seconds for which a Redis that failed is not asked again."""

Unavailable = redis.RedisError

# One round trip. Marked as seen and put into the stream together or not at all.
_ADD = """
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
    redis.call('SET', KEYS[3], ARGV[2], 'NX')
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'v', ARGV[4])
    return 1
end
return 0
"""

_down_until = 0.0
_salt = (None, b"")


def key(name):
    return f"{getattr(settings, 'VIEWS_KEY', 'masthead:views')}:{name}"


@lru_cache(maxsize=4)
def _connect(url):
    client = redis.Redis.from_url(
        url, socket_connect_timeout=0.25, socket_timeout=0.5, retry_on_timeout=False
    )
    return client, client.register_script(_ADD)


def connection():
    return _connect(settings.REDIS_URL)[0]


def is_resting():
    """Redis failed a moment ago; asking again would only make readers wait."""
    return time.monotonic() < _down_until


def rest():
    global _down_until
    _down_until = time.monotonic() + RETRY_AFTER


def wake():
    global _down_until
    _down_until = 0.0


def salt(at=None):
    """The day's random key for visitor hashes. No disk ever sees it.

    Redis forgets it an hour after the day is over; a process keeps it only until
    it meets the next day.
    """
    global _salt
    at = at or datetime.now(UTC)
    today = at.date()
    if _salt[0] != today:
        midnight = datetime.combine(today, datetime.min.time(), UTC) + timedelta(1)
        seconds = int((midnight - at).total_seconds()) + 3600
        name = key(f"salt:{today}")
        client = connection()
        client.set(name, os.urandom(32), nx=True, ex=seconds)
        _salt = (today, client.get(name))
    return _salt[1]


def add(entry, *, seen):
    """Put an entry in, unless its visitor was `seen` within half an hour."""
    _, script = _connect(settings.REDIS_URL)
    return bool(
        script(
            keys=[key(f"seen:{seen}"), key("stream"), key("life")],
            args=[DEDUPE_SECONDS, uuid4().hex, MAX_ENTRIES, entry],
        )
    )


def life():
    """Which life of the stream this is; None before the first view of it."""
    name = connection().get(key("life"))
    return name.decode() if name else None


def read(*, after, count):
    """[(entry id, entry)] that follow the entry `after`, oldest first."""
    entries = connection().xrange(
        key("stream"), min=f"({after}" if after else "-", count=count
    )
    return [(entry_id.decode(), fields[b"v"]) for entry_id, fields in entries]


def forget(until):
    """Drop all entries up to and including `until`: they are in the tables."""
    milliseconds, _, number = until.partition("-")
    connection().xtrim(
        key("stream"), minid=f"{milliseconds}-{int(number) + 1}", approximate=False
    )
