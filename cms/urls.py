"""The site map. `CMS_SERVICE` decides which part of it this process serves.

An app's URLs are imported only where they are served, with one exception: reader
pages keep their names everywhere, so that any service can link to them.
"""

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotFound
from django.urls import URLPattern, include, path

from cms.health import healthz, livez, readyz
from publishing import theme

SERVICE = settings.CMS_SERVICE
PUBLIC_PAGES = settings.SERVES_EVERYTHING or SERVICE == "public"
READERS_TOOLS = settings.SERVES_EVERYTHING or SERVICE == "engagement"
NEWSROOM = settings.SERVES_EVERYTHING or SERVICE == "editorial"


def elsewhere(request, *args, **kwargs):
    return HttpResponseNotFound(
        f"Reader pages are served at {settings.SITE_ORIGIN}, not by this service.\n",
        content_type="text/plain; charset=utf-8",
    )


def nothing_for_robots(request):
    """A desk, or fragments of pages: nothing that anybody should find by searching."""
    return HttpResponse(
        "User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8"
    )


def names_only(urlpatterns):
    """The same addresses, to be linked to from here and answered elsewhere."""
    return [
        URLPattern(entry.pattern, elsewhere, name=entry.name) for entry in urlpatterns
    ]


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("theme-<slug:name>.css", theme.stylesheet, name="theme"),
    path("api/", include("cms.api.urls")),
]

if READERS_TOOLS or NEWSROOM:
    urlpatterns += [
        path("accounts/", include("accounts.urls")),
        path("accounts/", include("allauth.urls")),
    ]

if READERS_TOOLS:
    urlpatterns += [path("engagement/", include("engagement.urls"))]

if NEWSROOM:
    from django.contrib import admin

    from editorial import guests
    from editorial.admin.calendar import feed

    urlpatterns += [
        path("desk-calendar/<str:secret>.ics", feed, name="calendar_feed"),
        path("review/<str:token>/", guests.page, name="review_link"),
        path("admin/", admin.site.urls),
    ]

if settings.SERVE_MEDIA:
    from django.views.static import serve

    prefix = settings.MEDIA_URL.lstrip("/")
    urlpatterns += [
        path(f"{prefix}<path:path>", serve, {"document_root": settings.MEDIA_ROOT})
    ]

if PUBLIC_PAGES:
    urlpatterns += [path("", include("publishing.urls"))]
    handler404 = "publishing.views.missing.unknown_address"
else:
    from publishing.urls import app_name
    from publishing.urls import urlpatterns as reader_pages

    urlpatterns += [
        path("robots.txt", nothing_for_robots),
        path("", include((names_only(reader_pages), app_name))),
    ]

# Programs hear of errors in their own form, whatever breaks.
handler400 = "cms.api.problems.not_understood"
handler403 = "cms.api.problems.denied"
handler500 = "cms.api.problems.broken"
