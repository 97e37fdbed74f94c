"""What the attributes of a node may hold. Each check answers a fault or None."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from editorial.blocks.links import fault_of_link, fault_of_source

UNSTORABLE = ("\x00", *map(chr, range(0xD800, 0xE000)))
_UNSTORABLE = frozenset(UNSTORABLE)


@dataclass(frozen=True)
class Attribute:
    fault: Callable[[Any], str | None]
    is_required: bool = False


def required(attribute):
    return Attribute(attribute.fault, is_required=True)


def fault_of_text(value):
    """PostgreSQL stores neither NUL nor half an emoji."""
    if not isinstance(value, str):
        return "is not text"
    if not _UNSTORABLE.isdisjoint(value):
        return "has a character that cannot be stored (NUL or half an emoji)"
    return None


def text(longest):
    def fault(value):
        if problem := fault_of_text(value):
            return problem
        return f"is longer than {longest} characters" if len(value) > longest else None

    return Attribute(fault)


def one_of(*choices):
    def fault(value):
        # The type too: 2.0 equals 2, and True equals 1.
        if any(type(value) is type(one) and value == one for one in choices):
            return None
        return f"is none of {', '.join(map(str, choices))}"

    return Attribute(fault)


def whole(low, high):
    def fault(value):
        if type(value) is int and low <= value <= high:
            return None
        return f"is not a whole number from {low} to {high}"

    return Attribute(fault)


def whole_numbers(low, high, at_most):
    def fault(value):
        if (
            isinstance(value, list)
            and len(value) <= at_most
            and all(type(one) is int and low <= one <= high for one in value)
        ):
            return None
        return f"is not a list of whole numbers from {low} to {high}"

    return Attribute(fault)


def fault_of_id(value):
    if isinstance(value, str) and len(value) == 36:
        try:
            if str(uuid.UUID(value)) == value:
                return None
        except ValueError:
            pass
    return "is not a UUID in lower case"


YES_OR_NO = one_of(True, False)
LINK = Attribute(fault_of_link)
SOURCE = Attribute(fault_of_source)
ID = Attribute(fault_of_id)
ALIGN = one_of("left", "center", "right", "justify")
