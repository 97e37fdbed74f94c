"""Which copies of the public database are fit to be read from, asked each second.

PostgreSQL's own streaming replication makes the copies (`PUBLIC_REPLICA_URLS`). In
each process of the public service a thread asks the primary how far it has written
and each replica how far it has replayed. A replica's lag is the time since the primary
stood where the replica stands now: no clock is compared and nothing is written for it.
Who lags by more than `PUBLIC_REPLICA_LAG_SECONDS`, or does not answer, is left out,
and taken back when well.

While the primary is away nobody can know how far it would be: whoever was well when it
was last heard of stays.
"""

import logging
import os
import threading
from collections import deque
from dataclasses import dataclass, field
from time import monotonic, sleep

import psycopg
from django.conf import settings

logger = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks."""
PATIENCE = 1.0
"""Seconds to wait for the answer of one server."""
REMEMBERED = 600
"""How many of the primary's positions are kept: ten minutes of them."""

HOW_FAR = """
SELECT pg_is_in_recovery(),
       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END, '0/0')::bigint
"""


@dataclass(eq=False)
class Server:
    name: str
    place: dict
    """What differs from the alias's own connection parameters."""
    is_primary: bool = False
    state: str = "not looked at yet"
    """ok, late, down or promoted."""
    lag: float | None = None
    """Seconds; None while unknown."""
    position: int = -1
    follows: bool = False
    """Whether it replays what another one writes."""
    probe: psycopg.Connection | None = field(default=None, repr=False)

    @property
    def is_well(self):
        return self.state == "ok"


class Roster:
    """The primary and its replicas, and who of them is well."""

    def __init__(self, conn_params, places):
        self.primary = Server("the primary", {}, is_primary=True, state="ok")
        self.replicas = [
            Server(f"replica {number}", place) for number, place in enumerate(places, 1)
        ]
        self._conn_params = {
            name: value
            for name, value in conn_params.items()
            if name not in {"context", "cursor_factory", "prepare_threshold"}
        }
        self._positions: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._rotation = []
        self._arrange()

    # --- For who wants to read ------------------------------------------------

    def first(self, slot):
        """The server that this slot belongs to now."""
        rotation = self._rotation
        return rotation[slot % len(rotation)]

    def in_turn(self, slot):
        """All servers, the fittest first: whoever is well, then the others."""
        rotation = self._rotation
        start = slot % len(rotation)
        best = [*rotation[start:], *rotation[:start]]
        others = [self.primary, *sorted(self.replicas, key=lambda one: -one.position)]
        return [*best, *(server for server in others if server not in best)]

    def failed(self, server, problem):
        """Somebody could not read from it: it is left out until the next look."""
        self._judge(server, "down", str(problem).strip())
        self._arrange()

    def _arrange(self):
        well = [server for server in self.replicas if server.is_well]
        # Without a replica that is well everybody reads from the primary; without the
        # primary, too, from the replica that had come furthest.
        if not well and not self.primary.is_well:
            well = sorted(self.replicas, key=lambda one: -one.position)[:1]
        self._rotation = well or [self.primary]

    def _judge(self, server, state, why=""):
        if server.is_well != (state == "ok"):
            if state == "ok":
                logger.warning("%s is read from again.", server.name.capitalize())
            else:
                logger.warning("%s is left out: %s", server.name.capitalize(), why)
        server.state = state

    def states(self):
        """For /healthz, which anybody may be able to read: words, no addresses."""
        return {server.name: server.state for server in self.replicas}

    # --- Looking --------------------------------------------------------------

    def watch(self):
        while True:
            began = monotonic()
            self.look()
            sleep(max(0.05, EVERY - (monotonic() - began)))

    def look(self):
        position = self._position_of(self.primary)
        if position is not None:
            self._positions.append((monotonic(), position))
            self._judge(self.primary, "ok")
        self._arrange()
        for replica in self.replicas:
            position = self._position_of(replica)
            if position is None:
                continue
            replica.position = position
            replica.lag = self._lag_at(position)
            limit = settings.PUBLIC_REPLICA_LAG_SECONDS
            if not replica.follows:
                self._judge(replica, "promoted", "it follows no primary any more.")
            elif replica.lag is None:
                self._judge(replica, "late", "it is far behind the primary.")
            elif replica.lag > limit:
                why = f"it is {replica.lag:.0f} s behind the primary."
                self._judge(replica, "late", why)
            else:
                self._judge(replica, "ok")
            self._arrange()

    def _lag_at(self, position):
        """Seconds since the primary stood there; None if that is too long ago."""
        if not self._positions:
            return 0.0  # the primary was never heard of: nobody is ahead of anybody
        newest = self._positions[-1][0]
        for moment, written in reversed(self._positions):
            if written <= position:
                return newest - moment
        return None

    def _position_of(self, server):
        """How far it has come, or None if it does not answer."""
        from cms.postgresql.base import Connection

        try:
            if server.probe is None or server.probe.closed:
                server.probe = Connection.connect(
                    **self._conn_params | server.place | {"connect_timeout": 2},
                    autocommit=True,
                    application_name="masthead: which replica is well",
                )
                server.probe.server = server.name.capitalize()
                server.probe.patience = PATIENCE
            server.follows, found = server.probe.execute(HOW_FAR).fetchone()
        except psycopg.Error as problem:
            if server.probe is not None:
                server.probe.close()
                server.probe = None
            self._judge(server, "down", str(problem).strip().split("\n")[-1])
            return None
        return found


# --- One for each process -----------------------------------------------------

_rosters: dict[tuple, Roster] = {}
_lock = threading.Lock()


def roster_of(alias, conn_params, places):
    """The roster of this process, with its watching thread. A fork has its own."""
    key = (os.getpid(), alias)
    found = _rosters.get(key)
    if found is None:
        with _lock:
            found = _rosters.get(key)
            if found is None:
                found = _rosters[key] = Roster(conn_params, places)
                threading.Thread(
                    target=found.watch, name="replicas", daemon=True
                ).start()
    return found


def known(alias):
    """The roster, if this process has made one."""
    return _rosters.get((os.getpid(), alias))
