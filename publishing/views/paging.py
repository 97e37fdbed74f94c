"""Pages of a long list, by the key of their first and last row.

Never by number: page 5,000 costs what page 1 costs, nothing is counted, and a new
article does not push others onto a page that the reader has just left.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import CharField, F, Func, Value
from django.db.models.lookups import GreaterThan, LessThan

PAGE_SIZE = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = struct.Struct(">q16s")


class Row(Func):
    """PostgreSQL's ROW(…): compared as a whole, so that one index range answers."""

    function = "ROW"
    output_field = CharField()


KEY = Row(F("first_published_at"), F("id"))


@dataclass(slots=True)
class Slice:
    items: list
    newer: str = ""
    """Query string of the page before this one, or nothing."""
    older: str = ""
    is_first: bool = True


def cursor_of(item):
    microseconds = (item.first_published_at - EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(CURSOR.pack(microseconds, item.id.bytes)).decode()


def key_at(cursor):
    """The key in a cursor, or None if nobody here made that cursor."""
    try:
        microseconds, id_bytes = CURSOR.unpack(urlsafe_b64decode(cursor.encode()))
        when = EPOCH + timedelta(microseconds=microseconds)
    except (NotBase64, ValueError, struct.error, OverflowError):
        return None
    return Row(Value(when), Value(UUID(bytes=id_bytes)))


def slice_of(queryset, request, size=PAGE_SIZE):
    """The part of a `newest_first()` list that `?after=` or `?before=` asks for.

    A mangled cursor gives the first page: the reader finds the list, if not the place.
    """
    after = key_at(request.GET.get("after", ""))
    before = key_at(request.GET.get("before", "")) if after is None else None

    if before is not None:
        items = list(
            queryset.filter(GreaterThan(KEY, before)).order_by(
                "first_published_at", "id"
            )[: size + 1]
        )
        has_newer, has_older = len(items) > size, True
        items = items[:size][::-1]
    else:
        if after is not None:
            queryset = queryset.filter(LessThan(KEY, after))
        items = list(queryset[: size + 1])
        has_newer, has_older = after is not None, len(items) > size
        items = items[:size]

    return Slice(
        items,
        newer=f"?before={cursor_of(items[0])}" if items and has_newer else "",
        older=f"?after={cursor_of(items[-1])}" if items and has_older else "",
        is_first=after is None and before is None,
    )
