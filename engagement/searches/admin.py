"""What readers search, on the desk: what they miss, and what they pass by."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.permissions import may
from cms import charts
from cms.admin import page
from cms.periods import period_of
from cms.sheets import csv_file
from engagement.searches import report
from engagement.searches.beacon import normalised
from publishing.views.missing import close_titles
from publishing.views.paths import path_to

CLOSE = 5


@page("searches/", name="searches", menu="What they search", right="view_audience")
@require_safe
def searches(request, desk):
    """A list of queries of some days; with `?query=`, one of them closely."""
    if not may(request.user, "view_audience"):
        raise PermissionDenied
    period = period_of(request)
    query = normalised(request.GET.get("query", "")[:500])
    if query:
        return _closely(request, desk, period, query)
    name = request.GET.get("list", "")
    name = name if name in report.LISTS else "most"
    if request.GET.get("format") == "csv":
        return _as_csv(name, period)
    rows = report.searched(name, period)
    days = report.by_day(period)
    return desk.show(
        request,
        "admin/engagement/searches.html",
        title="What readers search",
        period=period,
        name=name,
        lists=[
            (title, _address(period, list=each), each == name)
            for each, (title, _, _) in report.LISTS.items()
        ],
        rows=[(row, _address(period, query=row.query), _ways(row)) for row in rows],
        may_create=may(request.user, "create"),
        most=report.SHOWN,
        sheet=_address(period, list=name, format="csv"),
        chart=charts.bars(list(days.items()), "searches"),
    )


def _closely(request, desk, period, query):
    days = report.by_day(period, query)
    return desk.show(
        request,
        "admin/engagement/search.html",
        title=f"“{query}”",
        period=period,
        query=query,
        back=_address(period),
        chart=charts.bars(list(days.items()), "searches"),
        opened=report.opened(period, query),
        close=[
            (each["title"], path_to(each["kind"], each["slug"]))
            for each in close_titles(query, at_most=CLOSE)
        ],
        may_create=may(request.user, "create"),
        ways=_ways_of(query),
    )


def _address(period, **more):
    return "?" + urlencode({"from": period.first, "to": period.last, **more})


def _ways(row):
    return _ways_of(row.query)


def _ways_of(query):
    """Where an editor goes from a query: as readers see it, on the desk, a draft."""
    title = query[:1].upper() + query[1:]
    asked = urlencode({"q": query})
    return {
        "readers": f"{path_to('search')}?{asked}",
        "desk": f"{reverse('admin:editorial_search')}?{asked}",
        "draft": f"{reverse('admin:editorial_article_add')}?"
        + urlencode({"title": title}),
    }


def _as_csv(name, period):
    return csv_file(
        f"searches-{name}-{period.first}-{period.last}",
        ["query", "searches", "readers", "nothing found", "found otherwise"]
        + ["opened", "results", "searched for instead", "last"],
        (
            [row.query, row.searches, row.readers, row.nothing, row.otherwise]
            + [row.opened, row.results, row.corrected_to or ""]
            + [row.newest.isoformat(timespec="seconds")]
            for row in report.searched(name, period, most=report.IN_A_SHEET)
        ),
    )
