"""Readers of an item: how many, how long, how far, from where; by day and version."""

from django.http import Http404
from django.views.decorators.http import require_safe

from cms import charts
from cms.admin import AUDIENCES
from cms.periods import period_of
from editorial.models import WorkflowHistory

WENT_LIVE = ("publish", "revert")


@require_safe
def readers(request, pk, *, desk):
    item = desk.find(request, pk)
    if not AUDIENCES:
        raise Http404("What readers do is not known to this service.")
    [tell] = AUDIENCES
    period = period_of(request)
    moments = _moments(item)
    audience = tell(
        item.pk, period.first, period.last, moments=[when for when, _ in moments]
    )
    marks = [(when.date(), f"v{number}") for when, number in moments]
    return desk.page(
        request,
        "admin/editorial/item/readers.html",
        item,
        title=f"Readers of “{item}”",
        period=period,
        audience=audience,
        views=charts.bars(audience.plotted("views"), "views", marks=marks),
        visitors=charts.bars(audience.plotted("visitors"), "readers", marks=marks),
        versions=[
            (number, when, reading)
            for (when, number), reading in zip(
                moments, audience.periods[1:], strict=True
            )
        ][::-1],
        back=desk.address(item),
    )


def _moments(item):
    """(when, number of the version) of each time it went live, oldest first."""
    history = WorkflowHistory.objects.of(item).filter(transition__in=WENT_LIVE)
    rows = history.values_list("changed_at", "metadata__version")
    return sorted((when, number) for when, number in rows if number)
