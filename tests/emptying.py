"""What a test leaves behind is gone before the next one.

After a test that commits, the databases are as the migrations left them.

Django's own flush truncates every table and makes permissions and content types anew,
which takes a third of a second for three databases. Here only tables that hold rows
are truncated, and what migrations wrote is put back: no test depends on whether one
that commits ran before it.
"""

from functools import cache

import redis
from django.conf import settings
from django.db import connections, transaction
from django.test import TransactionTestCase
from psycopg import sql

MADE_BY_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
"""They follow from the code, and no test changes them."""

_first_rows = {}
"""{alias: {table: rows}} as the migrations left them."""


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
            _empty(alias)

    TransactionTestCase._fixture_setup = remember_and_set_up
    TransactionTestCase._fixture_teardown = empty_again


def _rows_of_migrations(alias):
    with connections[alias].cursor() as cursor:
        rows = {}
        for table in _tables_with_rows(cursor):
            cursor.execute(
                sql.SQL("SELECT jsonb_agg(to_jsonb(t))::text FROM {} AS t").format(
                    sql.Identifier(table)
                )
            )
            rows[table] = cursor.fetchone()[0]
        return rows


def _empty(alias):
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        if tables := _tables_with_rows(cursor):
            cursor.execute(
                sql.SQL("TRUNCATE {} CASCADE").format(
                    sql.SQL(", ").join(map(sql.Identifier, tables))
                )
            )
        for table, rows in _first_rows[alias].items():
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {0} OVERRIDING SYSTEM VALUE "
                    "SELECT * FROM jsonb_populate_recordset(NULL::{0}, %s::jsonb)"
                ).format(sql.Identifier(table)),
                [rows],
            )


def _tables_with_rows(cursor):
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
        "AND NOT relispartition AND relnamespace = 'public'::regnamespace"
    )
    tables = [row[0] for row in cursor.fetchall() if row[0] not in MADE_BY_DJANGO]
    cursor.execute(
        sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
                sql.Literal(table), sql.Identifier(table)
            )
            for table in tables
        )
    )
    return [row[0] for row in cursor.fetchall()]
