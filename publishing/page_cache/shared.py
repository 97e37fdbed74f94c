"""Pages that the processes of a site share, in Redis: the second shelf.

Never needed: where Redis is away or hangs, each process has its own pages. A request
that finds out waits 40 ms for it; after that nobody asks but the thread of the news,
once in a while, until Redis answers again.

What is here is as good as what is not: a page carries the position of the log at which
it was made, and whoever takes it judges it by the log (`publishing.page_cache.news`).
So a Redis that comes back with what it had before shows nobody what was taken down.
"""

import logging
import secrets
from threading import local
from time import monotonic

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PATIENCE = 0.04
"""Seconds to wait for Redis, in all a reader's request."""
REST = 2.0
MAKING = 5000
"""Milliseconds after which somebody else may make a page that was never brought."""
KEPT = 24 * 60 * 60 * 1000
"""Milliseconds: as long as a page may be served while the database is away."""

BRING = """
local there = redis.call('HGET', KEYS[1], 'at')
if there and tonumber(there) > tonumber(ARGV[1]) then return 0 end
if not there and redis.call('DBSIZE') >= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'page', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
"""A page of an earlier position never takes the place of a later one. The broker may
share this Redis, which then must not throw anything away by itself: so we count."""

LET_GO = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Shared:
    def __init__(self, url, *, most_pages, prefix):
        self.url, self.most_pages = url, most_pages
        self.prefix = f"masthead:page:{prefix}:"
        self.token = secrets.token_hex(8)
        self._mine = local()
        self._is_away = not url
        self._next_try = 0.0

    @property
    def is_there(self):
        return not self._is_away

    def get(self, name):
        """The page as bytes, or None."""
        return self._ask(lambda redis: redis.hget(self._key(name), "page"))

    def bring(self, name, data, made_at):
        self._ask(
            lambda _: self._mine.bring(
                keys=[self._key(name)],
                args=[made_at, data, KEPT, self.most_pages],
            )
        )

    def may_make(self, name):
        """Whether it is us who make this page now. Alone we always may."""
        taken = self._ask(
            lambda redis: redis.set(
                self._key(name) + ":making", self.token, nx=True, px=MAKING
            ),
            otherwise=True,
        )
        return bool(taken)

    def made(self, name):
        key = self._key(name) + ":making"
        self._ask(lambda _: self._mine.let_go(keys=[key], args=[self.token]))

    def look_whether_it_is_back(self):
        """For the thread of the news: the only one who asks a Redis that is away."""
        if not self._is_away or not self.url or monotonic() < self._next_try:
            return
        self._next_try = monotonic() + REST
        try:
            self._client().ping()
        except (redis.RedisError, OSError):
            return
        logger.warning("The page cache has its Redis again.")
        self._is_away = False

    # --- Asking ---------------------------------------------------------------

    def _key(self, name):
        return f"{self.prefix}{name}"

    def _ask(self, question, otherwise=None):
        if self._is_away:
            return otherwise
        try:
            return question(self._client())
        except (redis.RedisError, OSError) as problem:
            self._next_try = monotonic() + REST
            if not self._is_away:
                self._is_away = True
                logger.warning("The page cache goes on without Redis: %s", problem)
            return otherwise

    def _client(self):
        """One connection for each thread: a pool costs more than the question."""
        client = getattr(self._mine, "client", None)
        if client is None:
            client = redis.Redis.from_url(
                self.url,
                socket_connect_timeout=PATIENCE,
                socket_timeout=PATIENCE,
                # A connection from before a restart is made anew, once.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
                max_connections=1,
            )
            self._mine.bring = client.register_script(BRING)
            self._mine.let_go = client.register_script(LET_GO)
            self._mine.client = client
        return client
