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

from django.conf import settings

from publishing.views.rows import AFTER, BEFORE, cards

PAGE_SIZE = settings.SITE_LIST_SIZE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = struct.Struct(">q16s")


@dataclass(slots=True)
class Slice:
    items: list
    newer: str = ""
    """Query string of the page before this one, or nothing."""
    older: str = ""
    is_first: bool = True
    query: str = ""
    """Query string of this page; nothing for the first one."""


def cursor_of(item):
    return cursor_at({"moment": item["first_published_at"], "id": item["id"]})


def cursor_at(key):
    microseconds = (key["moment"] - EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(CURSOR.pack(microseconds, key["id"].bytes)).decode()


def key_at(cursor):
    """The key in a cursor as values for SQL, or {} if nobody here made that cursor."""
    try:
        microseconds, id_bytes = CURSOR.unpack(urlsafe_b64decode(cursor.encode()))
        moment = EPOCH + timedelta(microseconds=microseconds)
    except (NotBase64, ValueError, struct.error, OverflowError):
        return {}
    return {"moment": moment, "id": UUID(bytes=id_bytes)}


def slice_of(sql, request, where="", **values):
    """The part of a list, newest first, that `?after=` or `?before=` asks for.

    A mangled cursor gives the first page: the reader finds the list, if not the place.
    """
    after = key_at(request.GET.get("after", ""))
    before = {} if after else key_at(request.GET.get("before", ""))

    if before:
        where, order, values = f"{where} {BEFORE}", "ASC", values | before
    elif after:
        where, order, values = f"{where} {AFTER}", "DESC", values | after
    else:
        order = "DESC"
    items = cards(sql, PAGE_SIZE + 1, where, order, **values)
    has_more = len(items) > PAGE_SIZE
    items = items[:PAGE_SIZE]
    if before:
        items.reverse()

    has_newer = has_more if before else bool(after)
    has_older = True if before else has_more
    own = f"?after={cursor_at(after)}" if after else ""
    return Slice(
        items,
        newer=f"?before={cursor_of(items[0])}" if items and has_newer else "",
        older=f"?after={cursor_of(items[-1])}" if items and has_older else "",
        is_first=not after and not before,
        query=f"?before={cursor_at(before)}" if before else own,
    )
