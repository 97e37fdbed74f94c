"""Which addresses a text may point to."""

import re
import unicodedata
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "mailto", "tel")
LONGEST = 2000

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
"""Controls, zero-width and direction marks, half emoji, and every kind of space."""


def fault_of_link(value):
    """Why `value` may not be the target of a link, or None."""
    if not isinstance(value, str) or not value:
        return "has no address"
    if len(value) > LONGEST:
        return f"has an address longer than {LONGEST} characters"
    if any(unicodedata.category(letter) in _HIDDEN for letter in value):
        return "has an address with spaces or invisible characters"
    if "\\" in value or value.startswith("//"):
        return "has an address that browsers read as another site's"
    return _fault_of_parts(value)


def _fault_of_parts(value):
    try:
        parts = urlsplit(value)
    except ValueError:
        return "has an address that is malformed"
    if not _SCHEME.match(value):
        first = re.split(r"[/?#]", value, maxsplit=1)[0]
        return "has an address that is malformed" if ":" in first else None
    if parts.scheme not in SCHEMES:
        return f"has an address that begins with “{parts.scheme}:”; that is not allowed"
    if parts.scheme in ("http", "https") and not (
        value[len(parts.scheme) :].startswith("://") and parts.hostname
    ):
        return "has an address that names no site"
    return None


def fault_of_source(value):
    """Why `value` may not be shown as an image: a link, but only to a file."""
    fault = fault_of_link(value)
    if fault is None and _SCHEME.match(value) and not value.startswith("http"):
        return "has an image address that is no web address"
    return fault


def is_safe_link(value):
    return fault_of_link(value) is None


def is_safe_source(value):
    return fault_of_source(value) is None
