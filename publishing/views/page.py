"""How a page leaves the house: printed without knowing its reader, stamped, cacheable.

Templates are rendered without the request, so no context processor runs and nothing
of a reader (session, cookie, sign-in, CSRF token) can get onto a page that caches
share between readers.
"""

import zlib
from dataclasses import dataclass, field
from hashlib import blake2b

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.utils.cache import get_conditional_response

FRESH = (
    "public, max-age=0, s-maxage=60, stale-while-revalidate=30, stale-if-error=86400"
)
"""Browsers ask each time (and mostly hear 304), shared caches once a minute.

A publish purges the shared caches; the minute is the ceiling if a purge is lost."""
BRIEF = "public, max-age=0, s-maxage=10"
"""For answers whose number has no limit: searches and addresses that do not exist."""
HOURLY = "public, max-age=0, s-maxage=3600, stale-if-error=86400"

SMALL = 1024
"""Bytes below which compressing costs more than it saves."""

SITE = {
    "site_name": settings.SITE_NAME,
    "site_tagline": settings.SITE_TAGLINE,
    "site_origin": settings.SITE_ORIGIN,
}


def absolute(url):
    """A path of this site with the site's origin before it; other URLs as they are."""
    if url.startswith("/") and not url.startswith("//"):
        return settings.SITE_ORIGIN + url
    return url


@dataclass(slots=True)
class Head:
    """What a page says about itself to search engines, feeds and other sites."""

    title: str
    url: str
    """The path, or the whole address if another one is canonical."""
    description: str = ""
    kind: str = "website"
    image: dict | None = None
    """{"url", "alt", "width", "height"}, as stored with a publication."""
    robots: str = ""
    share_title: str = ""
    share_description: str = ""
    author: str = ""
    published: object = None
    modified: object = None
    section: str = ""
    feed: str = ""
    """Path of this page's own feed up to its form, e.g. `/tags/sea/feed.`."""
    newer: str = ""
    older: str = ""
    trail: list = field(default_factory=list)
    """[(name, path), …] from the home page to here, the page itself last."""
    data: list = field(default_factory=list)
    """JSON-LD objects."""

    @property
    def canonical(self):
        return absolute(self.url)

    @property
    def image_url(self):
        return absolute(self.image["url"]) if self.image else ""

    @property
    def linked_data(self):
        return [*self.data, _breadcrumbs(self.trail)] if self.trail else self.data


def _breadcrumbs(trail):
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": absolute(path),
            }
            for position, (name, path) in enumerate(trail, start=1)
        ],
    }


def page(request, template, *, head, keys, cache=FRESH, status=200, version=0, **more):
    """Print a template. `keys` are the surrogate keys a purge knows this page by."""
    text = get_template(template).render({**SITE, "head": head, **more})
    response = stamped(request, text, keys=keys, cache=cache, status=status)
    if version:
        response["X-Masthead-Version"] = str(version)
    return response


def stamped(request, text, *, keys, cache=FRESH, status=200, content_type="text/html"):
    """Give `text` its validator and its caching rules, or answer 304."""
    body = text.encode()
    # Weak: the compressed and the plain answer share it, and mean the same.
    etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    response = HttpResponse(
        headers={
            "Content-Type": f"{content_type}; charset=utf-8",
            "Cache-Control": cache,
            "Vary": "Accept-Encoding",
            "Surrogate-Key": " ".join(keys),
        },
        status=status,
    )
    if status == 200:
        response.headers["ETag"] = etag
        if "HTTP_IF_NONE_MATCH" in request.META:
            answer = get_conditional_response(request, etag=etag, response=response)
            if answer.status_code == 304:
                return answer
    # Nothing secret stands on these pages, so compressing them gives nothing away.
    if len(body) > SMALL and "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        squeeze = zlib.compressobj(5, wbits=31)
        body = squeeze.compress(body) + squeeze.flush()
        response.headers["Content-Encoding"] = "gzip"
    response.content = body
    response.headers["Content-Length"] = str(len(body))
    return response
