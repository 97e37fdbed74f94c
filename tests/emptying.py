"""What a test leaves behind is gone before the next one.

After a test that commits, the databases are as the migrations left them.

Django's own flush truncates every table and makes permissions and content types anew,
which takes a third of a second for three databases. Here rows are deleted where there
are any, sixty times as fast, and what migrations wrote is put back: no test depends on
whether one that commits ran before it.
"""

from functools import cache

import redis
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.test import TransactionTestCase
from psycopg import sql
from psycopg.errors import DeadlockDetected

MADE_BY_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
"""They follow from the code, and no test changes them."""

TRIES = 5

_first_rows = {}
"""{alias: {table: rows}} as the migrations left them."""

_may_skip_triggers = {}


def empty_redis():
    """What is cached, counted against limits, waits to be counted, …"""
    _redis().flushdb()


@cache
def _redis():
    return redis.Redis.from_url(settings.REDIS_URL)


def install():
    set_up = TransactionTestCase._fixture_setup.__func__

    @classmethod
    def remember_and_set_up(case):
        for alias in case._databases_names(include_mirrors=False):
            if alias not in _first_rows:
                _first_rows[alias] = _rows_of_migrations(alias)
        set_up(case)

    def empty_again(case):
        for alias in case._databases_names(include_mirrors=False):
            _empty_in_the_end(alias)

    TransactionTestCase._fixture_setup = remember_and_set_up
    TransactionTestCase._fixture_teardown = empty_again


def _rows_of_migrations(alias):
    with connections[alias].cursor() as cursor:
        found = {table: _rows(cursor, table) for table in _tables_with_rows(cursor)}
    return {table: rows for table, rows in found.items() if rows}


def _empty_in_the_end(alias):
    """A page that closes sends a last word; a server may be writing it right now."""
    for _ in range(TRIES - 1):
        try:
            return _empty(alias)
        except OperationalError as problem:
            if not isinstance(problem.__cause__, DeadlockDetected):
                raise
    return _empty(alias)


def _empty(alias):
    first = _first_rows[alias]
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        tables = [
            table
            for table in _tables_with_rows(cursor)
            if table not in first or _rows(cursor, table) != first[table]
        ]
        if not tables:
            return
        cursor.execute(sql.SQL(";").join(_deletions(cursor, alias, tables)))
        for table, rows in first.items():
            if _rows(cursor, table) != rows:
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO {0} OVERRIDING SYSTEM VALUE "
                        "SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s::jsonb)"
                    ).format(sql.Identifier(table)),
                    [rows],
                )


def _deletions(cursor, alias, tables):
    """Without triggers, of which some forbid deleting, where the server lets us."""
    if alias not in _may_skip_triggers:
        cursor.execute(
            "SELECT has_parameter_privilege('session_replication_role', 'SET')"
        )
        _may_skip_triggers[alias] = cursor.fetchone()[0]
    names = map(sql.Identifier, tables)
    if _may_skip_triggers[alias]:
        yield sql.SQL("SET LOCAL session_replication_role = replica")
        yield from (sql.SQL("DELETE FROM {}").format(name) for name in names)
    else:
        yield sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names))


def _rows(cursor, table):
    cursor.execute(
        sql.SQL("SELECT jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t))::text FROM {} t")
        .format(sql.Identifier(table))
    )  # fmt: skip
    return cursor.fetchone()[0]


def _tables_with_rows(cursor):
    """By the size of their files: what was rolled back counts as well, once."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
    )
    return [row[0] for row in cursor.fetchall() if row[0] not in MADE_BY_DJANGO]
