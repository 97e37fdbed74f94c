"""robots.txt."""

from django.urls import reverse
from django.views.decorators.http import require_safe

from publishing.views.page import HOURLY, absolute, stamped


@require_safe
def robots(request):
    lines = (
        "User-agent: *",
        "Disallow: /accounts/",
        "Disallow: /admin/",
        "Disallow: /engagement/",
        "Disallow: /search/",
        "",
        f"Sitemap: {absolute(reverse('publishing:sitemap'))}",
        "",
    )
    return stamped(
        request,
        "\n".join(lines),
        keys=["robots"],
        cache=HOURLY,
        content_type="text/plain",
    )
