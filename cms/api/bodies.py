"""JSON as it comes in: whole, storable, and no deeper than anybody writes by hand.

What PostgreSQL cannot keep (NUL, half an emoji, numbers without end) is refused here
once, and not by each field; so is what would break the answer that repeats it.
"""

import json
import math

from rest_framework.parsers import JSONParser

from cms.api.problems import Problem

LARGEST = 12 * 1024 * 1024
"""Bytes of a body; a long article with its markup has one or two hundred thousand."""
DEEPEST = 200
LARGEST_NUMBER = 2**63


class StrictJSONParser(JSONParser):
    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise Problem(
                "too-large", f"A body has at most {LARGEST // 1024 // 1024} MB."
            )
        try:
            data = json.loads(raw.decode(), parse_constant=_no_number)
        except RecursionError:
            raise Problem("bad-request", _too_deep()) from None
        except ValueError as fault:
            # The words of the decoder say where; they may repeat what was sent.
            where = str(fault).encode("ascii", "replace").decode()[:200]
            raise Problem("bad-request", f"This is not JSON: {where}.") from None
        if fault := fault_of(data):
            raise Problem("bad-request", fault)
        return data


def _no_number(name):
    raise ValueError(f"{name} is no number in JSON")


def _too_deep():
    return f"The body is nested more than {DEEPEST} levels deep."


def fault_of(data):
    """Why a value cannot be kept, or None. Without recursion, whatever its depth."""
    level, depth = [data], 0
    while level:
        if depth > DEEPEST:
            return _too_deep()
        below = []
        for value in level:
            if isinstance(value, str):
                if "\x00" in value or not _is_unicode(value):
                    return "A text holds a NUL character or half of a surrogate pair."
            elif isinstance(value, float):
                if not math.isfinite(value):
                    return "A number is too large."
            elif isinstance(value, int):
                if not -LARGEST_NUMBER <= value < LARGEST_NUMBER:
                    return "A number is too large."
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
        level, depth = below, depth + 1
    return None


def _is_unicode(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
