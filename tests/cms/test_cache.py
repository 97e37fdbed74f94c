"""Emptying the cache loses nothing but what was cached."""

import redis
from django.conf import settings
from django.core.cache import cache

from cms.cache import BATCH
from cms.celery import app


def as_celery_means(url):
    """The same database, in the way Celery writes it."""
    if not url.startswith("unix:"):
        return url
    return url.replace("unix:", "redis+socket:").replace("?db=", "?virtual_host=")


def test_what_is_cached_is_forgotten():
    cache.set("front-page", "old")
    cache.set("front-page", "older", version=2)
    cache.set_many({f"page-{n}": n for n in range(BATCH + 5)})

    cache.clear()

    assert cache.get("front-page") is None
    assert cache.get("front-page", version=2) is None
    assert cache.get_many([f"page-{n}" for n in range(BATCH + 5)]) == {}


def test_messages_and_everything_else_in_the_same_database_stay():
    with (
        redis.Redis.from_url(settings.REDIS_URL) as client,
        app.connection_for_write(as_celery_means(settings.REDIS_URL)) as broker,
    ):
        client.xadd("masthead:views:stream", {"view": "waits"})
        app.send_task("publishing.tasks.nothing", queue="waiting", connection=broker)
        cache.set("front-page", "old")

        cache.clear()

        assert client.xlen("masthead:views:stream") == 1
        assert client.llen("masthead:waiting") == 1
