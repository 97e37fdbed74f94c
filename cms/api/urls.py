"""/api/v1/: each service serves its part; the document and its page are everywhere."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from cms.api import pages, problems

SERVICE = settings.CMS_SERVICE

v1: list[URLPattern | URLResolver] = [
    path("schema/", pages.schema, name="schema"),
    path("docs/", pages.docs, name="docs"),
]
if settings.SERVES_EVERYTHING or SERVICE == "public":
    v1 += [path("content/", include("publishing.api.urls"))]
if settings.SERVES_EVERYTHING or SERVICE in {"engagement", "editorial"}:
    from accounts.api import Me

    v1 += [path("me/", Me.as_view(), name="me")]
if settings.SERVES_EVERYTHING or SERVICE == "editorial":
    v1 += [path("editorial/", include("editorial.api.urls"))]

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(v1)),
    re_path("", problems.unknown_address),
]
