"""The layer as the settings say; called by `cms.wsgi`."""

from hashlib import blake2b
from pathlib import Path

from django.conf import settings

from publishing.page_cache.front import Front
from publishing.page_cache.hosts import Hosts
from publishing.page_cache.keys import SECTIONS
from publishing.page_cache.layer import Door, PageCache
from publishing.page_cache.news import News
from publishing.page_cache.shared import Shared
from publishing.page_cache.shelf import Shelf

SERVING = {"public", "all"}
MEGABYTE = 1_000_000


def in_front_of(app):
    """The application, with the page cache before it if this service has pages."""
    if settings.CMS_SERVICE not in SERVING or not settings.PAGE_CACHE:
        return app
    from publishing.urls import urlpatterns

    front = Front(settings.PURGED_CACHES, settings.SHARED_CACHE_SECONDS)
    return PageCache(
        app,
        door=Door(
            [each.pattern for each in urlpatterns], prefixes=["/api/v1/content/"]
        ),
        shelf=Shelf(settings.PAGE_CACHE_MEGABYTES * MEGABYTE * 7 // 8),
        aside=Shelf(settings.PAGE_CACHE_MEGABYTES * MEGABYTE // 8),
        shared=Shared(
            settings.PAGE_CACHE_REDIS_URL,
            most_pages=settings.PAGE_CACHE_REDIS_PAGES,
            prefix=fingerprint(),
        ),
        news=lambda: News(listeners=[hear_of_sections]),
        hosts=Hosts(),
        front=front,
        proxy_header=(getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or [""])[0],
    )


def hear_of_sections(keys):
    """The masthead is kept in memory, too: a renamed section is read anew."""
    if SECTIONS in keys:
        from publishing.views import navigation

        navigation._Kept.until = 0.0


def fingerprint():
    """Changes with what pages are made by: a new release does not serve old pages."""
    seen = blake2b(digest_size=6)
    for name in SHOWN:
        seen.update(f"{name}={getattr(settings, name, '')}\n".encode())
    for folder, pattern in (
        ("templates", "**/*.html"),
        ("publishing", "**/*.py"),
        ("cms", "*.py"),
        ("static", "**/*.css"),
        ("static", "**/*.js"),
    ):
        for path in sorted((settings.BASE_DIR / folder).glob(pattern)):
            seen.update(_part(path))
    for folder in settings.TEMPLATES[0]["DIRS"]:
        if Path(folder) != settings.BASE_DIR / "templates":
            for path in sorted(Path(folder).glob("**/*.html")):
                seen.update(_part(path))
    return seen.hexdigest()


SHOWN = (
    *("SITE_NAME", "SITE_TAGLINE", "SITE_ORIGIN", "MEDIA_URL", "STATIC_URL"),
    *("LANGUAGE_CODE", "TIME_ZONE", "CONTENT_SECURITY_POLICY", "PURGED_CACHES"),
    *("SHARED_CACHE_SECONDS", "SECURE_HSTS_SECONDS"),
)
"""Settings that stand on pages or in their headers."""


def _part(path):
    try:
        return path.name.encode() + path.read_bytes()
    except OSError:
        return b""
