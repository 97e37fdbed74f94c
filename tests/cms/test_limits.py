"""Limits are exact: in Redis, and in PostgreSQL where Redis is away."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from cms import limits
from cms.databases import EDITORIAL

pytestmark = pytest.mark.django_db(databases=[EDITORIAL])


@pytest.fixture
def no_redis(settings):
    """Nothing listens at this address."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    limits._breaker.succeeded()


def granted(number, **more):
    return [
        not limits.take("test", "wim", limit=5, seconds=60, **more)
        for _ in range(number)
    ].count(True)


def test_as_many_are_granted_as_the_limit_says():
    assert granted(8) == 5


def test_who_waits_is_told_how_long():
    granted(5)

    assert 58 <= limits.take("test", "wim", limit=5, seconds=60) <= 60


def test_what_remains_is_told():
    first = limits.ask("test", "wim", limit=2, seconds=60)
    second = limits.ask("test", "wim", limit=2, seconds=60)

    assert (first.wait, first.remaining, first.reset) == (0, 1, 60)
    assert (second.wait, second.remaining) == (0, 0)


def test_scopes_and_keys_count_apart():
    granted(5)

    assert limits.take("other", "wim", limit=5, seconds=60) == 0
    assert limits.take("test", "ines", limit=5, seconds=60) == 0


def test_what_left_the_window_no_longer_counts():
    from time import sleep

    assert limits.take("test", "wim", limit=1, seconds=0.05) == 0
    assert limits.take("test", "wim", limit=1, seconds=0.05) > 0
    sleep(0.06)
    assert limits.take("test", "wim", limit=1, seconds=0.05) == 0


def test_a_lower_limit_holds_at_once():
    granted(5)

    assert limits.take("test", "wim", limit=2, seconds=60) > 0


def test_what_is_forgotten_starts_anew():
    granted(5, durable=True)
    limits.forget("test", "wim")

    assert granted(8, durable=True) == 5


def test_no_limit_is_no_limit():
    assert limits.ask("test", "wim", limit=0, seconds=60) == limits.UNCOUNTED


def test_postgresql_counts_where_redis_is_away(no_redis):
    assert granted(8) == 5
    assert 58 <= limits.take("test", "wim", limit=5, seconds=60) <= 60
    assert limits.ask("test", "ines", limit=2, seconds=60).remaining == 1


def test_the_public_service_lets_readers_in_where_redis_is_away(no_redis, settings):
    settings.CMS_SERVICE = "public"

    assert granted(8) == 8


def test_an_empty_redis_gives_no_new_tries_at_what_is_guessed():
    granted(5, durable=True)
    limits._redis().flushdb()

    assert granted(5, durable=True) == 0


def test_what_no_longer_counts_is_swept_out():
    limits.take("test", "wim", limit=5, seconds=0.0001, durable=True)
    limits.take("test", "ines", limit=5, seconds=60, durable=True)

    assert limits.forget_expired() == 1


def test_an_address_of_ipv6_counts_by_its_network():
    near = limits.network_of("2001:db8:1:2:aaaa::1")

    assert near == limits.network_of("2001:db8:1:2:bbbb::9")
    assert near != limits.network_of("2001:db8:1:3::1")
    assert limits.network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert limits.network_of("not an address") == "unknown"


# --- Races ---


def in_parallel(number, **more):
    def one(_):
        try:
            return limits.take("race", "wim", limit=50, seconds=600, **more)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(number)))


def test_a_thousand_tries_at_once_are_counted_exactly():
    assert in_parallel(1000).count(0) == 50


@pytest.mark.django_db(databases=[EDITORIAL], transaction=True)
def test_so_are_those_that_postgresql_counts(no_redis):
    assert in_parallel(200).count(0) == 50
