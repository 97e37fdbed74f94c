"""How a page leaves the house: printed without knowing its reader, stamped, cacheable.

Templates are rendered without the request, so no context processor runs and nothing
of a reader (session, cookie, sign-in, CSRF token) can get onto a page that caches
share between readers.
"""

import zlib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from hashlib import blake2b
from html import escape

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.utils.cache import get_conditional_response
from django.utils.safestring import mark_safe

from publishing.views.linked_data import breadcrumbs, collection, script
from publishing.views.paths import path_to

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
    "language": settings.LANGUAGE_CODE,
}

WELCOME = "max-image-preview:large"
"""What robots hear of a page that may be found: they may show its image in full."""


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
    """Rules against being found; they are sent as a header, too."""
    language: str = settings.LANGUAGE_CODE
    translations: list = field(default_factory=list)
    """[(language, path), …] of the same text, this page among them, or nothing."""
    share_title: str = ""
    share_description: str = ""
    author: str = ""
    author_path: str = ""
    tags: list = field(default_factory=list)
    """Names."""
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
    """JSON-LD, as objects or as JSON text."""

    @property
    def window_title(self):
        if self.title == settings.SITE_NAME:
            return f"{settings.SITE_NAME}: {settings.SITE_TAGLINE}"
        return f"{self.title} · {settings.SITE_NAME}"

    def lists(self, part):
        """Say what the page lists: `part` is a `Slice`.

        Parts after the first have an address of their own, and no search engine is
        sent there: what stands on them moves on with each publication.
        """
        if not part.is_first:
            self.url += part.query
            return
        if not self.data:
            self.data.append(
                collection(self.title, self.description, self.url, part.items, absolute)
            )

    def markup(self):
        """The elements. Put together here because every page has some forty of them,
        and a template would take longer over these than over the article."""
        address = escape(absolute(self.url))
        description = escape(self.description)
        shared = escape(self.share_description or self.description)
        html = [
            f'<link rel="canonical" href="{address}">\n',
            f'<meta property="og:site_name" content="{escape(settings.SITE_NAME)}">\n',
            f'<meta property="og:type" content="{self.kind}">\n',
            f'<meta property="og:url" content="{address}">\n',
            '<meta property="og:title" '
            f'content="{escape(self.share_title or self.title)}">\n',
        ]
        if description:
            html.append(f'<meta name="description" content="{description}">\n')
        if shared:
            html.append(f'<meta property="og:description" content="{shared}">\n')
        html.append(f'<meta name="robots" content="{self.robots or WELCOME}">\n')
        html.extend(self._languages())
        html.extend(self._image() if self.image else [SMALL_CARD])
        if self.published:
            html.extend(self._dates())
        for relation, query in (("prev", self.newer), ("next", self.older)):
            if query:
                html.append(f'<link rel="{relation}" href="{escape(query)}">\n')
        html.append(_feeds(settings.SITE_NAME, path_to("home") + "feed."))
        if self.feed:
            html.append(_feeds(self.title, self.feed))
        html.extend(map(script, self.data))
        if self.trail:
            html.append(script(breadcrumbs(self.trail, absolute)))
        return mark_safe("".join(html))  # noqa: S308  (escaped piece by piece)

    def _image(self):
        url = escape(absolute(self.image["url"]))
        yield f'<meta property="og:image" content="{url}">\n'
        for name in ("width", "height", "alt"):
            if value := self.image.get(name):
                value = escape(str(value))
                yield f'<meta property="og:image:{name}" content="{value}">\n'
        # Small and square ones look lost in a large card.
        is_large = (self.image.get("width") or LARGE) >= LARGE
        yield LARGE_CARD if is_large else SMALL_CARD
        yield f'<meta name="twitter:image" content="{url}">\n'
        if alt := self.image.get("alt"):
            yield f'<meta name="twitter:image:alt" content="{escape(alt)}">\n'

    def _languages(self):
        language, _, region = self.language.partition("-")
        if len(region) == 2:
            yield (
                f'<meta property="og:locale" content="{language}_{region.upper()}">\n'
            )
        if len(self.translations) > 1:
            for each, path in self.translations:
                yield (
                    f'<link rel="alternate" hreflang="{escape(each)}" '
                    f'href="{escape(absolute(path))}">\n'
                )

    def _dates(self):
        facts = (
            ("published_time", self.published.isoformat(timespec="seconds")),
            ("modified_time", self.modified.isoformat(timespec="seconds")),
            ("author", absolute(self.author_path)),
            ("section", self.section),
            *(("tag", name) for name in self.tags),
        )
        for name, value in facts:
            if value:
                yield f'<meta property="article:{name}" content="{escape(value)}">\n'
        yield f'<meta name="author" content="{escape(self.author)}">\n'


LARGE = 600
LARGE_CARD = '<meta name="twitter:card" content="summary_large_image">\n'
SMALL_CARD = '<meta name="twitter:card" content="summary">\n'


def _feeds(title, path):
    title, path = escape(title), escape(path)
    return (
        f'<link rel="alternate" type="application/rss+xml" title="{title}" '
        f'href="{path}rss">\n'
        f'<link rel="alternate" type="application/atom+xml" title="{title} (Atom)" '
        f'href="{path}atom">\n'
    )


def page(request, template, *, head, keys, cache=FRESH, status=200, version=0, **more):
    """Print a template. `keys` are the surrogate keys a purge knows this page by.

    `part`, where there is one, is the `Slice` of a list that the page shows.
    """
    if "part" in more:
        head.lists(more["part"])
    text = get_template(template).render({**SITE, "head": head, **more})
    response = stamped(request, text, keys=keys, cache=cache, status=status)
    if head.robots and "X-Robots-Tag" not in response:
        response["X-Robots-Tag"] = head.robots
    if version:
        response["X-Masthead-Version"] = str(version)
    return response


def is_preview(request):
    """Whether the site is asked by a name that search engines have no business at."""
    if not settings.SITE_INDEXED:
        return True
    host = request.META.get("HTTP_HOST", "").partition(":")[0].lower()
    return any(fnmatch(host, pattern) for pattern in settings.PREVIEW_HOSTS)


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
    if is_preview(request):
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
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
