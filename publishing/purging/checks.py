"""What `manage.py check` says about page caches."""

from django.conf import settings
from django.core.checks import Error, Warning, register

from publishing.purging.caches import KINDS

TELLERS = {"worker", "all"}
"""Services that tell caches in front of us what is out of date."""


@register()
def caches_in_front_are_known(app_configs, **kwargs):
    for name in settings.PURGED_CACHES:
        if name not in KINDS:
            return [
                Error(
                    f"PURGED_CACHES names {name!r}, which is no cache that we know.",
                    hint=f"Choose of: {', '.join(KINDS)}; or leave it empty.",
                    id="publishing.E001",
                )
            ]
    if settings.CMS_SERVICE not in TELLERS:
        return []
    return [
        Error(
            f"{KINDS[name].title} is in PURGED_CACHES, and {setting} is not set.",
            hint=KINDS[name].advice,
            id="publishing.E002",
        )
        for name in settings.PURGED_CACHES
        for setting in KINDS[name].needs
        if not getattr(settings, setting)
    ]


@register()
def pages_have_a_redis_of_their_own(app_configs, **kwargs):
    shared = {
        name
        for name in ("REDIS_URL", "CELERY_BROKER_URL")
        if settings.PAGE_CACHE_REDIS_URL
        and getattr(settings, name) == settings.PAGE_CACHE_REDIS_URL
    }
    return [
        Warning(
            f"PAGE_CACHE_REDIS_URL is the same database as {name}.",
            hint="Pages are counted by the size of their database: give them one of "
            "their own, e.g. the same address ending in another number.",
            id="publishing.W001",
        )
        for name in sorted(shared)
    ]
