"""The page of a series: its parts, in order."""

from django.views.decorators.http import require_safe

from publishing.views.missing import not_found
from publishing.views.page import Head, page
from publishing.views.paths import path_to
from publishing.views.rows import IN_SERIES, rows


@require_safe
def series(request, slug):
    parts = rows(IN_SERIES, decode=("image", "series"), slug=slug)
    if not parts:
        return not_found(request, slug)
    about = parts[0]["series"]
    path = path_to("series", slug)
    return page(
        request,
        "publishing/series.html",
        head=Head(
            title=about["name"],
            url=path,
            description=about["description"],
            image=next((part["image"] for part in parts if part["image"]), None),
            trail=[("Home", "/"), (about["name"], path)],
        ),
        keys=["articles", f"series-{slug}", *(f"item-{part['id']}" for part in parts)],
        about=about,
        parts=parts,
    )
