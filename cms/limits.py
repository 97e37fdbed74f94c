"""How often somebody may do something: exact, atomic, whatever runs beside it.

    wait = limits.take("sign-in", email, limit=5, seconds=300, durable=True)
    if wait:
        ...  # refuse, and say "try again in {wait} seconds"

In any `seconds` in a row, `take` says yes at most `limit` times for one `key` of one
`scope`: the moments themselves are kept, not a counter that starts anew. It counts in
Redis, in one round trip. Where Redis is away it counts in PostgreSQL, if this process
may write there; the public service may not, and lets readers in.

`durable=True` is for sign-in and everything else that somebody tries to guess: it
counts in PostgreSQL besides, so that neither an empty Redis nor a dead one gives
anybody new tries, and a dead PostgreSQL refuses (it raises). Call it outside a
transaction: one that is rolled back would take the count with it.

Keys are kept as hashes. For addresses use `network_of(address_of(request))`: a home
has 2**64 addresses of IPv6.
"""

import ipaddress
import logging
import math
import threading
from dataclasses import dataclass
from hashlib import blake2b

import redis
from django.conf import settings
from django.db import Error, connections
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from cms.breaker import Breaker
from cms.databases import EDITORIAL, SERVICES

log = logging.getLogger(__name__)

TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], 0)
end
local taken = redis.call('LLEN', KEYS[1])
if taken >= limit then
    local frees = tonumber(redis.call('LINDEX', KEYS[1], taken - limit)) + window
    return {math.max(frees - now, 1), 0, frees - now}
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return {0, limit - taken - 1, (oldest and tonumber(oldest) or now) + window - now}
"""
"""A list of the moments in the window, oldest first. Each is pushed and popped once,
so a take costs the same whatever the limit. Redis's own clock decides."""

TAKE_IN_POSTGRESQL = """
INSERT INTO rate_limits AS kept (key, taken, was_granted, expires_at)
VALUES (%(key)s, ARRAY[clock_timestamp()], true,
        clock_timestamp() + %(window)s::interval)
ON CONFLICT (key) DO UPDATE SET (taken, was_granted, expires_at) = (
    SELECT CASE WHEN cardinality(fresh) < %(limit)s THEN fresh || at ELSE fresh END,
           cardinality(fresh) < %(limit)s,
           at + %(window)s::interval
    FROM (SELECT at, ARRAY(SELECT moment FROM unnest(kept.taken) AS moment
                           WHERE moment > at - %(window)s::interval
                           ORDER BY moment) AS fresh
          FROM (SELECT clock_timestamp() AS at) AS clock) AS state)
RETURNING was_granted, cardinality(taken),
          extract(epoch FROM %(window)s::interval - (clock_timestamp()
              - taken[greatest(cardinality(taken) - %(limit)s + 1, 1)]))::float8
"""
"""The same in one statement: the row's lock puts parallel takes in a queue."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer: `wait` is 0 where it was granted, else seconds to wait (≥ 1)."""

    wait: int
    remaining: int
    reset: int
    """Seconds until the first of those that count now is forgotten."""


UNCOUNTED = Taken(0, 0, 0)


def take(scope, key, limit, seconds, *, durable=False):
    """0 if `key` may go on, else how many seconds it has to wait. See the module."""
    return ask(scope, key, limit, seconds, durable=durable).wait


def ask(scope, key, limit, seconds, *, durable=False) -> Taken:
    """The same, with what remains. A limit of 0 is no limit."""
    if not limit:
        return UNCOUNTED
    name = _name_of(scope, key)
    answer = _ask_redis(name, limit, seconds)
    if durable and not (answer and answer.wait):
        return _ask_postgresql(name, limit, seconds)
    if answer is None and _may_write():
        try:
            return _ask_postgresql(name, limit, seconds)
        except Error:
            log.warning("Neither Redis nor PostgreSQL counts.", exc_info=True)
    return answer or UNCOUNTED


def forget(scope, key):
    """Start anew, e.g. after somebody has proved who they are."""
    name = _name_of(scope, key)
    if _breaker.may_ask():
        try:
            _redis().delete(name)
        except redis.RedisError:
            _breaker.failed()
        else:
            _breaker.succeeded()
    if _may_write():
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute("DELETE FROM rate_limits WHERE key = %s", [name])


def forget_expired():
    """For the clock: drop what no longer counts."""
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("DELETE FROM rate_limits WHERE expires_at < clock_timestamp()")
        return cursor.rowcount


def network_of(address):
    """An address as limits count it: IPv4 whole, IPv6 by its /64."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))


def _name_of(scope, key):
    digest = blake2b(str(key).encode(errors="surrogatepass"), digest_size=16)
    return f"masthead:limit:{scope}:{digest.hexdigest()}"


# --- Redis --------------------------------------------------------------------


class _OfThisThread(threading.local):
    """One connection for each thread: a pool costs more than the command itself."""

    url = ""
    client: redis.Redis
    script: Script


_kept = _OfThisThread()
_breaker = Breaker("Redis, asked for limits,")


def _redis():
    if _kept.url != settings.REDIS_URL:
        _kept.client = redis.Redis.from_url(  # connects, so it may fail here
            settings.REDIS_URL,
            single_connection_client=True,
            socket_connect_timeout=0.25,
            socket_timeout=0.5,
            # A connection may have gone stale; who hangs is not asked twice.
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
        _kept.script = _kept.client.register_script(TAKE)
        _kept.url = settings.REDIS_URL
    return _kept.client


def _ask_redis(name, limit, seconds):
    """None if Redis is away."""
    if not _breaker.may_ask():
        return None
    try:
        _redis()
        wait, remaining, reset = _kept.script(
            keys=[name], args=[limit, int(seconds * 1_000_000)]
        )
    except redis.RedisError:
        _breaker.failed()
        return None
    _breaker.succeeded()
    return Taken(
        math.ceil(wait / 1_000_000), remaining, max(math.ceil(reset / 1_000_000), 0)
    )


# --- PostgreSQL ---------------------------------------------------------------


def _may_write():
    return EDITORIAL in SERVICES[settings.CMS_SERVICE]


def _ask_postgresql(name, limit, seconds):
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute(
            TAKE_IN_POSTGRESQL,
            {"key": name, "limit": limit, "window": f"{seconds} seconds"},
        )
        granted, taken, frees = cursor.fetchone()
    reset = max(math.ceil(frees), 1)
    return Taken(0 if granted else reset, max(limit - taken, 0), reset)
