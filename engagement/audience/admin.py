"""What readers read, for the whole house; an item's own page is the newsroom's, which
knows who may see it."""

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.permissions import may
from cms import charts
from cms.admin import page, tells_of_readers
from cms.periods import period_of
from cms.sheets import csv_file
from engagement.audience import numbers

tells_of_readers(numbers.of_item)

HAVE_A_PAGE = {"article", "course"}


@page("readers/", name="readers", menu="What they read", right="view_audience")
@require_safe
def readers(request, desk):
    """The most read of some days, with how long and how far they were read."""
    if not may(request.user, "view_audience"):
        raise PermissionDenied
    period = period_of(request)
    rows = numbers.most_read(period.first, period.last)
    if request.GET.get("format") == "csv":
        return _as_csv(period, rows)
    for item, _ in rows:
        if item["kind"] in HAVE_A_PAGE:
            item["page"] = reverse(
                f"admin:editorial_{item['kind']}_readers", args=[item["id"]]
            )
    days = numbers.of_house(period.first, period.last)
    return desk.show(
        request,
        "admin/engagement/readers.html",
        title="Readers",
        period=period,
        rows=rows,
        chart=charts.bars(list(days.items()), "views"),
    )


def _as_csv(period, rows):
    return csv_file(
        f"readers-{period.first}-{period.last}",
        ["kind", "title", "address", "views", "told how far they read"]
        + ["read to the end", "seconds read", "comments", "reactions", "robots"],
        (
            [item["kind"], item["title"], item["url"], reading.views, reading.reads]
            + [reading.finished, reading.seconds, reading.comments]
            + [reading.reactions, reading.bots]
            for item, reading in rows
        ),
    )
