"""Identifiers: one item has one UUIDv7 in all three databases."""

import uuid

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562 version 7) as the standard library's class."""
    return _uuid7()
