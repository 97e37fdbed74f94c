"""The OpenAPI document and the page to try it: the same in every service."""

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

DOCUMENT = settings.BASE_DIR / "static" / "api" / "openapi.json"
CACHE = "public, max-age=300"


@lru_cache(maxsize=1)
def _document():
    text = DOCUMENT.read_bytes()
    return text, f'"{blake2b(text, digest_size=12).hexdigest()}"'


@require_safe
def schema(request):
    text, tag = _document()
    response = HttpResponse(
        text,
        content_type="application/vnd.oai.openapi+json; version=3.1",
        headers={"ETag": tag, "Cache-Control": CACHE},
    )
    if "application/json" in request.headers.get("Accept", ""):
        response.headers["Content-Type"] = "application/json"
    response.headers["Vary"] = "Accept"
    return get_conditional_response(request, etag=tag, response=response)


@require_safe
def docs(request):
    return render(request, "api/docs.html", {"schema_path": "/api/v1/schema/"})
