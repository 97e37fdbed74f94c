"""The buffer between readers and tables: one Redis stream, and what stands beside it.

Redis holds the day's salt, the dedupe keys and the views of the last few seconds;
it is the only copy of nothing that must last.
"""

import logging
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import redis
from django.conf import settings

log = logging.getLogger(__name__)

DEDUPE_SECONDS = 30 * 60
MAX_ENTRIES = 1_000_000
"""If nobody drains it for long, the oldest views are lost and not the memory."""
READ_AT_ONCE = 5_000
"""Redis does nothing else while it puts a batch together: some ten milliseconds."""
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

# A batch as one string: it goes on to PostgreSQL without being looked into.
_READ = """
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local bodies = {}
for number, entry in ipairs(entries) do bodies[number] = entry[2][2] end
local last = #entries > 0 and entries[#entries][1] or ''
return {#entries, last, table.concat(bodies, '\\n')}
"""

_down_until = 0.0
_salt = (None, b"")
_of_this_thread = threading.local()


def key(name):
    return f"{getattr(settings, 'VIEWS_KEY', 'masthead:views')}:{name}"


class Connection:
    """One connection for each thread: a pool costs more than the command itself."""

    def __init__(self, url):
        self.url = url
        self.redis = redis.Redis.from_url(
            url,
            single_connection_client=True,
            socket_connect_timeout=0.25,
            socket_timeout=0.5,
        )
        self.add = self.redis.register_script(_ADD)
        self.read = self.redis.register_script(_READ)


def _connected():
    known = getattr(_of_this_thread, "connection", None)
    if known is None or known.url != settings.REDIS_URL:
        known = _of_this_thread.connection = Connection(settings.REDIS_URL)
    return known


def connection():
    return _connected().redis


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


def add(line, *, seen):
    """Put an entry in, unless its visitor was `seen` within half an hour."""
    return bool(
        _connected().add(
            keys=[key(f"seen:{seen}"), key("stream"), key("life")],
            args=[DEDUPE_SECONDS, uuid4().hex, MAX_ENTRIES, line],
        )
    )


def life():
    """Which life of the stream this is; None before the first view of it."""
    name = connection().get(key("life"))
    return name.decode() if name else None


def read(*, after, count):
    """What follows the entry `after`: (how many, id of the last, their lines)."""
    found, last, parts = 0, after or "", []
    while found < count:
        asked = min(count - found, READ_AT_ONCE)
        number, newest, lines = _connected().read(
            keys=[key("stream")], args=[f"({last}" if last else "-", asked]
        )
        if number:
            found, last = found + number, newest.decode()
            parts.append(lines)
        if number < asked:
            break
    return found, last if found else "", b"\n".join(parts)


def forget(until):
    """Drop all entries up to and including `until`: they are in the tables."""
    milliseconds, _, number = until.partition("-")
    connection().xtrim(
        key("stream"), minid=f"{milliseconds}-{int(number) + 1}", approximate=False
    )
