"""Pages by the key of their first and last row, never by number.

Page 5,000 costs what page 1 costs, nothing is counted, and what is new does not push
others onto a page that was just left. A cursor is signed: for a tampered one there is
no page (404).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from cms.api.problems import Problem

SEAL = 12
"""Bytes of the signature."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after (or before) the row with this key."""

    key: tuple
    backwards: bool = False


def _seal(text, order):
    key = settings.SECRET_KEY.encode()[:64]
    return blake2b(
        text, digest_size=SEAL, key=key, person=blake2b(order, digest_size=8).digest()
    ).digest()


def cursor_of(place, order):
    """`order` names the list and its order: a cursor fits no other one."""
    values = [
        value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for value in place.key
    ]
    text = json.dumps([int(place.backwards), *values], separators=(",", ":")).encode()
    return urlsafe_b64encode(_seal(text, order.encode()) + text).decode().rstrip("=")


def place_at(cursor, order):
    """The `Place` in a cursor. A Problem if it is not ours, or another list's."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        seal, text = raw[:SEAL], raw[SEAL:]
        if not compare_digest(seal, _seal(text, order.encode())):
            raise ValueError
        backwards, *key = json.loads(text)
    except (ValueError, TypeError):
        raise Problem(
            "bad-cursor",
            "Take cursors from next and previous of an answer, unchanged, for the "
            "same list in the same order; or leave it out to begin anew.",
        ) from None
    return Place(tuple(key), bool(backwards))


def limit_of(request, *, default, most):
    text = request.GET.get("limit")
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= most:
        return int(text)
    raise Problem("bad-query", f"limit is a whole number from 1 to {most}.")


def link(request, cursor):
    """The address of another page: what was asked for, with that cursor."""
    if not cursor:
        return None
    asked = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    return request.build_absolute_uri(
        f"{request.path}?{urlencode([*asked, ('cursor', cursor)])}"
    )


def split(rows, limit, place, key_of):
    """(rows of the page, previous, next): the places are None where the list ends.

    `rows` are limit + 1 at most, in the order they were read: backwards for a page
    before a place.
    """
    has_more = len(rows) > limit
    rows = rows[:limit]
    backwards = place is not None and place.backwards
    if backwards:
        rows.reverse()
    if not rows:
        return rows, None, None
    has_before = has_more if backwards else place is not None
    has_after = True if backwards else has_more
    return (
        rows,
        Place(key_of(rows[0]), backwards=True) if has_before else None,
        Place(key_of(rows[-1])) if has_after else None,
    )


class CursorPages(BasePagination):
    """Keyset pages of a queryset, in the view's order, with the id to break ties.

    The view says `ordering = "-updated_at"` and `ordering_fields = (…)`: fields of the
    model that are never null. Clients choose with `?ordering=`.
    """

    default = 25
    most = 100

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        limit = limit_of(request, default=self.default, most=self.most)
        chosen = ordering_asked_for(request, view)
        self.order = f"{view.__class__.__name__}:{chosen}"
        cursor = request.GET.get("cursor", "")
        place = place_at(cursor, self.order) if cursor else None

        falling = chosen.startswith("-")
        name = chosen.removeprefix("-")
        if place:
            queryset = queryset.filter(_beyond(name, place, falling))
        if place and place.backwards:
            falling = not falling
        sign = "-" if falling else ""
        keys = [f"{sign}{name}"] if name == "pk" else [f"{sign}{name}", f"{sign}pk"]
        rows = list(queryset.order_by(*keys)[: limit + 1])

        def key_of(item):
            value = item
            for step in name.split("__"):
                value = getattr(value, step)
            return (item.pk,) if name == "pk" else (value, item.pk)

        rows, self.before, self.after = split(rows, limit, place, key_of)
        return rows

    def get_paginated_response(self, data):
        return Response(
            {
                "results": data,
                "next": self._link(self.after),
                "previous": self._link(self.before),
            }
        )

    def _link(self, place):
        return link(self.request, place and cursor_of(place, self.order))

    def get_paginated_response_schema(self, schema):
        return page_schema(schema)

    def get_schema_operation_parameters(self, view):
        parameters = page_parameters(self.default, self.most)
        if choices := getattr(view, "ordering_fields", ()):
            parameters.append(
                {
                    "name": "ordering",
                    "in": "query",
                    "description": "The order; a minus turns it round.",
                    "schema": {
                        "type": "string",
                        "enum": [
                            f"{sign}{field}" for field in choices for sign in ("", "-")
                        ],
                        "default": view.ordering,
                    },
                }
            )
        return parameters


def ordering_asked_for(request, view):
    asked = request.GET.get("ordering")
    allowed = getattr(view, "ordering_fields", ())
    if asked is None:
        return getattr(view, "ordering", "-pk")
    if asked.removeprefix("-") not in allowed:
        raise Problem("bad-query", f"ordering is one of: {', '.join(allowed)}.")
    return asked


def _beyond(name, place, falling):
    """Rows after the place. The first condition is what an index on `name` uses."""
    way = "lt" if falling != place.backwards else "gt"
    if name == "pk":
        return Q(**{f"pk__{way}": place.key[0]})
    value, pk = place.key
    return Q(**{f"{name}__{way}e": value}) & (
        Q(**{f"{name}__{way}": value}) | Q(**{f"pk__{way}": pk})
    )


def page_schema(schema):
    address = {"type": ["string", "null"], "format": "uri"}
    return {
        "type": "object",
        "required": ["results", "next", "previous"],
        "properties": {
            "results": {"type": "array", "items": _items(schema)},
            "next": address | {"description": "The page after this one."},
            "previous": address | {"description": "The page before this one."},
        },
    }


def _items(schema):
    return schema["items"] if schema.get("type") == "array" else schema


def page_parameters(default, most):
    return [
        {
            "name": "limit",
            "in": "query",
            "description": "How many at most.",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": most,
                "default": default,
            },
        },
        {
            "name": "cursor",
            "in": "query",
            "description": "From `next` or `previous` of an answer, unchanged.",
            "schema": {"type": "string"},
        },
    ]
