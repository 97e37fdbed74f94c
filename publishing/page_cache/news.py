"""What deliveries made out of date, as this process has heard: the truth of the cache.

Each delivery writes the keys it touched into a log, in the transaction that changes
what readers see (`publishing.purging.log`). A thread of each web process reads that log
twice a second, and at once when PostgreSQL notifies it. A page is kept with the
position of the log from before it was made; it is good as long as none of its keys
stands in the log at a later one. So nothing has to reach this process, or Redis, for a
page to be forgotten: a purge cannot be lost, come too late or meet a page that was made
before it and kept after it.

Where the log cannot be read, the public database is away, and nothing can be published
or taken down either: pages that were good when we last heard are served meanwhile.
"""

import logging
import threading
from time import monotonic

import psycopg
from django.db import connections

from cms.databases import PUBLIC
from publishing.page_cache.keys import EVERYTHING

logger = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks at the log where nothing is notified."""
GOOD_FOR = 1.2
"""Seconds for which what was heard counts as what is known."""
PATIENCE = 1.0
"""Seconds to wait for the log's answer."""
ASKING = 0.3
"""Seconds for which a reader waits for news that are late."""
REST = 1.0
REMEMBERED = 5000
"""Entries of the log that a process reads when it starts. Older pages are made anew."""
MOST_KEYS = 200_000

CHANNEL = "page_changes"

NOW = "SELECT era::text, position FROM page_clock"
SINCE = """
SELECT clock.era::text, clock.position, change.position, change.keys
FROM page_clock AS clock
LEFT JOIN page_changes AS change ON change.position > %s
ORDER BY change.position
"""


class Line(psycopg.Connection):
    """A connection on which no answer is waited for longer than `PATIENCE`."""

    def wait(self, gen, interval=0.1, timeout=None):
        return super().wait(gen, interval, PATIENCE if timeout is None else timeout)


class News:
    """One for each process; made by the first request, after gunicorn has forked."""

    def __init__(self, listeners=()):
        self.era = None
        self.position = -1
        self.floor = -1
        """Pages that were made at an earlier position are not known to be good."""
        self.heard_at = 0.0
        self._last = {}
        """Key to the position at which it was last out of date."""
        self._listeners = tuple(listeners)
        """Called with the keys that are out of date, before anybody relies on it."""
        self._condition = threading.Condition()
        self._was_well = True
        self._is_silent = False
        """Somebody waited in vain: nobody does until there are news again."""
        self._over = threading.Event()
        self.each_time = []
        """Called after each look, in the thread: for who has to look around, too."""

    # --- For who serves pages -------------------------------------------------

    def are_new(self):
        """Whether what is known here is at most `GOOD_FOR` seconds old."""
        return monotonic() - self.heard_at < GOOD_FOR

    def wait(self):
        """Wait a moment for news that are late; whether they came."""
        if self.are_new():
            return True
        if self._is_silent:
            return False
        until = monotonic() + ASKING
        with self._condition:
            while not self.are_new() and (left := until - monotonic()) > 0:
                self._condition.wait(left)
        if not self.are_new():
            self._is_silent = True
            return False
        return True

    def condemn(self, keys, made_at):
        """Whether a page with these keys, made at that position, is out of date."""
        if made_at < self.floor:
            return True
        last = self._last
        return any(last.get(key, -1) > made_at for key in keys)

    # --- The thread -----------------------------------------------------------

    def start(self):
        self._thread = threading.Thread(
            target=self._follow, name="page cache news", daemon=True
        )
        self._thread.start()
        return self

    def stop(self):
        self._over.set()
        self._thread.join()

    def _follow(self):
        while not self._over.is_set():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except (psycopg.Error, psycopg.errors._WaitTimeout) as problem:
                said = str(problem).strip() or f"no answer within {PATIENCE:g} s"
                if self._was_well:
                    logger.warning("The page cache hears no news: %s", said)
                self._was_well, self._is_silent = False, True
            except Exception:
                logger.exception("The page cache did not understand its news")
            self._look_around()
            self._over.wait(REST if self._is_old_news() else 0.05)

    def _is_old_news(self):
        return monotonic() - self.heard_at > GOOD_FOR

    def _connect(self):
        """A connection of its own, to the primary: replicas hear later."""
        params = {
            name: value
            for name, value in connections[PUBLIC].get_connection_params().items()
            if name not in {"context", "cursor_factory", "prepare_threshold"}
        }
        return Line.connect(
            **params | {"connect_timeout": 2},
            autocommit=True,
            application_name="masthead: page cache",
        )

    def _listen(self, connection):
        try:
            connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as problem:  # a pooler, or a standby: looking will do
            logger.info("Nothing will be notified: %s", problem)
        while not self._over.is_set():
            self.look(connection)
            self._was_well = True
            self._look_around()
            for _ in connection.notifies(timeout=EVERY, stop_after=1):
                pass

    def _look_around(self):
        for call in self.each_time:
            call()

    def look(self, connection):
        """Read what is new in the log."""
        asked_at = monotonic()
        if self.era is None:
            era, clock = connection.execute(NOW).fetchone() or (None, 0)
            since = max(clock - REMEMBERED, 0)
        else:
            era, since = self.era, self.position
        rows = connection.execute(SINCE, [since]).fetchall()
        self.learn(era, since, rows, asked_at)

    def learn(self, era, since, rows, asked_at):
        """Rows are (era, the clock's position, position, keys)."""
        if rows:
            newest_era, clock = rows[0][0], rows[0][1]
            entries = [(row[2], row[3]) for row in rows if row[2] is not None]
        else:
            newest_era, clock, entries = era, 0, []
        begins_anew = self.era is None or newest_era != self.era
        touched = {key for _, keys in entries for key in keys}
        if begins_anew or clock < self.position:
            self.era = None  # meanwhile no page is good
            self._last = {}
            self.floor = entries[0][0] - 1 if entries else clock
            if newest_era != era:  # what was read belongs to two eras
                self.floor, entries = clock, []
            touched.add(EVERYTHING)
        elif entries and entries[0][0] != since + 1:
            # Something is missing: we were away for longer than the log is kept.
            self.floor = clock
            touched.add(EVERYTHING)
        for listener in self._listeners:
            listener(touched)
        for position, keys in entries:
            self._last.update(dict.fromkeys(keys, position))
            if EVERYTHING in keys:
                self.floor = position
        if len(self._last) > MOST_KEYS:
            self.floor = clock
            self._last = {}
        self.era = newest_era
        self.position = max(clock, entries[-1][0] if entries else 0)
        with self._condition:
            self.heard_at = asked_at
            self._is_silent = False
            self._condition.notify_all()
