"""The database engine of every alias: Django's own, with three things more.

**Patience.** A server that is stopped, or a network that swallows packets, answers
nothing, and the server's own statement_timeout cannot run out on it. So each answer is
waited for `PATIENCE` seconds, on our side; then the connection is given up.

**A breaker.** A server that cannot be reached is asked by one thread now and then;
the others hear at once that it is away.

**Other servers.** Where the alias only reads (`READS_ONLY`), a statement whose
connection broke is sent once more, over a new one: to another replica, where there are
replicas (`cms.replicas`), or to the same server, which may have been restarted. No
reader notices.

All three are keys of the alias in settings.DATABASES, and absent for the worker and
for commands: they may wait.
"""

import logging
from contextlib import contextmanager
from itertools import count
from os import getpid

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.utils import InterfaceError, OperationalError

from cms import replicas
from cms.breaker import Breaker

logger = logging.getLogger(__name__)

RECOVERY_CONFLICT = "40001"
"""What a replica says when it drops a query to go on replaying."""

SUSPICIOUS = 1.5
"""Seconds to wait for an answer over a connection to a server that others cannot reach
any more: they may all be gone, and each thread would find out for itself."""

_breakers: dict[str, Breaker] = {}
_slots = count()


class Connection(psycopg.Connection):
    server = "PostgreSQL"
    patience = None
    """Seconds to wait for an answer; None is for ever."""
    breaker: Breaker | None = None

    def wait(self, gen, interval=0.1, timeout=None):
        patience = timeout or self.patience
        if self.breaker is not None and self.breaker.is_open():
            patience = min(patience or SUSPICIOUS, SUSPICIOUS)
        try:
            return super().wait(gen, interval, patience)
        except psycopg.errors._WaitTimeout:
            # What it was doing is unknown: nothing can be asked over it any more.
            self.pgconn.finish()
            raise psycopg.OperationalError(
                f"{self.server} did not answer within {patience:g} s."
            ) from None


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict, alias="default"):
        super().__init__(settings_dict, alias)
        self.patience = settings_dict.get("PATIENCE")
        self.roster: replicas.Roster | None = None
        self.server: replicas.Server | None = None
        if settings_dict.get("READS_ONLY"):
            self.slot = getpid() + next(_slots)
            self.execute_wrappers.append(self._on_another_connection)
        if self.patience:
            _breakers.setdefault(alias, Breaker(f"The database {alias!r}"))

    # --- Connecting -----------------------------------------------------------

    def get_new_connection(self, conn_params):
        self.isolation_level = IsolationLevel.READ_COMMITTED
        breaker = _breakers.get(self.alias) if self.patience else None
        if breaker is not None and not breaker.may_ask():
            raise psycopg.OperationalError(
                f"The database {self.alias!r} did not answer a moment ago."
            )
        try:
            connection = self._connect_somewhere(conn_params)
        except psycopg.OperationalError:
            if breaker is not None:
                breaker.failed()
            raise
        if breaker is not None:
            breaker.succeeded()
        return connection

    def _connect_somewhere(self, conn_params):
        urls = self.settings_dict.get("REPLICAS")
        if not urls:
            return self._connect(self.alias, conn_params)
        self.roster = replicas.roster_of(self.alias, conn_params, urls)
        problem: Exception = psycopg.OperationalError("There is no server to ask.")
        for server in self.roster.in_turn(self.slot):
            try:
                connection = self._connect(server.name, conn_params | server.place)
            except psycopg.OperationalError as error:
                self.roster.failed(server, error)
                problem = error
            else:
                self.server = server
                return connection
        raise problem

    def _connect(self, name, conn_params):
        connection = Connection.connect(**conn_params)
        connection.server = name
        connection.patience = self.patience
        if self.patience and not self.settings_dict.get("REPLICAS"):
            connection.breaker = _breakers[self.alias]
        return connection

    def close_if_unusable_or_obsolete(self):
        """Between two requests: move to where this connection belongs now."""
        super().close_if_unusable_or_obsolete()
        if (
            self.connection is not None
            and self.roster is not None
            and self.server is not None
            and not self.in_atomic_block
            and self.roster.first(self.slot) is not self.server
        ):
            self.close()

    # --- Answering ------------------------------------------------------------

    def _on_another_connection(self, execute, sql, params, many, context):
        """Once more, if it was the connection that broke: reading twice is harmless."""
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InterfaceError) as problem:
            if self.in_atomic_block or not self._is_worth_another_try(problem):
                raise
            logger.warning("%s: %s Reading it once more.", self.alias, problem)
            if (
                self.roster is not None
                and self.server is not None
                and self._is_broken()
            ):
                self.roster.failed(self.server, problem)
            was_named = getattr(context["cursor"].cursor, "name", "")
        self.close()
        self.ensure_connection()
        context["cursor"].cursor = self.create_cursor(was_named or None)
        return execute(sql, params, many, context)

    def _is_broken(self):
        return self.connection is None or self.connection.closed

    def _is_worth_another_try(self, problem):
        if self.server is not None and not self.server.is_primary:
            state = getattr(problem.__cause__, "sqlstate", None)
            if state == RECOVERY_CONFLICT:
                return True
        return self._is_broken()

    @contextmanager
    def answering_within(self, seconds):
        """Less patience for a while: for who only wants to know whether it is there."""
        self.ensure_connection()
        before = self.connection.patience
        self.connection.patience = seconds
        try:
            yield self
        finally:
            if self.connection is not None:
                self.connection.patience = before
