"""robots.txt: what robots are asked to leave alone."""

from django.conf import settings
from django.urls import reverse
from django.views.decorators.http import require_safe

from publishing.views.page import HOURLY, absolute, is_preview, stamped

NOT_FOR_ROBOTS = ("/accounts/", "/admin/", "/api/", "/engagement/", "/search/")
SITEMAPS = ("sitemap", "news_sitemap")


@require_safe
def robots(request):
    lines = EVERYTHING if is_preview(request) else _rules()
    return stamped(
        request,
        "\n".join([*lines, ""]),
        keys=["robots"],
        cache=HOURLY,
        content_type="text/plain",
    )


EVERYTHING = ("User-agent: *", "Disallow: /")


def _rules():
    for name in settings.ROBOTS_BLOCKED:
        yield f"User-agent: {name}"
    if settings.ROBOTS_BLOCKED:
        yield from ("Disallow: /", "")
    yield "User-agent: *"
    for path in (*NOT_FOR_ROBOTS, *settings.ROBOTS_DISALLOW):
        yield f"Disallow: {path}"
    yield ""
    for name in SITEMAPS:
        yield f"Sitemap: {absolute(reverse(f'publishing:{name}'))}"
