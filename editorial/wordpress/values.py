"""From what WordPress writes to plain values."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import unquote

from django.utils.text import slugify

from editorial.blocks.raw import words_of

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Unusable(Exception):
    """A row that cannot be imported. `str()` says why."""


def plain(html):
    """The words of a title or a name, without markup and entities."""
    if "<" not in html:
        return _CONTROL.sub(" ", unescape(html)).strip()
    return _CONTROL.sub(" ", words_of(html)).strip()


def paragraphs(html):
    """The words of an excerpt or a description; lines are kept."""
    text = words_of(html) if "<" in html else unescape(html)
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def slug_of(text, longest=480):
    """An address part; WordPress writes letters beyond ASCII percent-encoded."""
    return slugify(unquote(text), allow_unicode=True)[:longest].strip("-")


def moment(*candidates):
    """The first candidate that is a date, or None if all are empty.

    "0000-00-00 00:00:00" is how WordPress says that there is none yet. Raises Unusable
    for a date that cannot be one.
    """
    wrong = None
    for text in candidates:
        if not text or text.startswith("0000-00-00") or " -0001 " in text:
            continue
        try:
            return _moment(text)
        except (ValueError, TypeError, OverflowError):
            wrong = wrong or text
    if wrong:
        raise Unusable(f"Its date “{wrong[:60]}” is none. Mend it in the export.")
    return None


def _moment(text):
    found = _DATE.fullmatch(text)
    if not found:
        parsed = parsedate_to_datetime(text)
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    else:
        parsed = datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)
    # PostgreSQL and people agree that nothing was written before the web; years that
    # are off by millennia come from broken clocks.
    if not 1000 <= parsed.year <= 9998:
        raise ValueError("no date of a publication")
    return parsed.astimezone(UTC)


def cut(text, longest):
    """The text, cut at a word if it is longer than its column."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0][: longest - 1] + "…"
