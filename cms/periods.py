"""Some days that a page is about: `?from=2026-11-01&to=2026-11-21`, or `?days=30`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

CHOICES = (7, 30, 90, 365)
LONGEST = 3 * 366


@dataclass(frozen=True)
class Period:
    first: date
    last: date
    problem: str = ""
    """What was asked for and could not be: a sentence for the page."""

    @property
    def days(self):
        return (self.last - self.first).days + 1

    @property
    def choices(self):
        return [(days, days == self.days) for days in CHOICES]


def period_of(request, *, days=30):
    """Up to today (UTC) where nothing, or nothing sensible, is asked for."""
    today = datetime.now(UTC).date()
    asked = request.GET.get("days", "")
    if asked.isdecimal() and int(asked[:6]) in CHOICES:
        days = int(asked)
    usual = Period(today - timedelta(days=days - 1), today)
    if not (request.GET.get("from") or request.GET.get("to")):
        return usual
    try:
        last = date.fromisoformat(request.GET.get("to") or str(today))
        first = date.fromisoformat(
            request.GET.get("from") or str(last - timedelta(days=days - 1))
        )
    except (ValueError, OverflowError):
        said = "A date looks like 2026-11-21. These are the last days instead."
        return Period(usual.first, usual.last, said)
    if first > last:
        first, last = last, first
    if (last - first).days >= LONGEST:
        said = "Three years are the most that fit on one page."
        return Period(last - timedelta(days=LONGEST - 1), last, said)
    return Period(first, last)
