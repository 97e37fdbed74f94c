"""Advisory locks by name, held until the end of the transaction."""

from zlib import crc32

from django.db import connections

_NAMESPACE = crc32(b"masthead.engagement") - 2**31
"""First half of each key, so that other programs' locks are never met."""


def _key(name):
    return crc32(name.encode()) - 2**31


def hold(name, *, using):
    """Wait for the lock `name`."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_NAMESPACE, _key(name)])


def take(name, *, using):
    """Take the lock `name` if it is free; answer whether it is ours."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [_NAMESPACE, _key(name)]
        )
        return cursor.fetchone()[0]
