"""Bars as SVG that the server draws: no script, no inline style, and a table beside it
that says the same in words (`templates/admin/chart.html`)."""

from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 720, 120
MOST_BARS = 120


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    """"1 Nov 2026: 12 views", for the tooltip and the table."""
    value: float


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    marks: list[tuple[float, str]]
    top: str
    first: str
    last: str
    unit: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_empty(self):
        return not any(bar.value for bar in self.bars)


def bars(values, unit, *, marks=()):
    """A bar for each (day, number); more than fit are summed by the week.

    `marks`: (day, word), moments worth seeing beside the numbers."""
    values = [(day, value or 0) for day, value in values]
    first_day = values[0][0]
    step = 7 if len(values) > MOST_BARS else 1
    grouped = [values[n : n + step] for n in range(0, len(values), step)]
    most = max((sum(value for _, value in days) for days in grouped), default=0) or 1
    slot = WIDTH / len(grouped)
    drawn = []
    for number, days in enumerate(grouped):
        value = sum(value for _, value in days)
        height = round(HEIGHT * value / most, 1)
        drawn.append(
            Bar(
                x=round(number * slot + slot * 0.1, 2),
                y=round(HEIGHT - height, 1),
                width=round(slot * 0.8, 2),
                height=height,
                label=f"{_said(days[0][0], step)}: {value} {unit}",
                value=value,
            )
        )
    return Chart(
        bars=drawn,
        marks=[
            (round(((day - first_day).days / step + 0.5) * slot, 1), word)
            for day, word in marks
            if first_day <= day <= values[-1][0]
        ],
        top=f"{most} {unit}",
        first=_said(first_day),
        last=_said(values[-1][0]),
        unit=unit,
    )


def _said(day: date, step=1):
    return f"{'week from ' if step > 1 else ''}{day.day} {day:%b %Y}"
