"""Readers, content they can talk about, and ways to break things."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connections

from accounts.models import User
from cms.uuids import uuid7
from engagement.refs.models import ContentRef, UserRef


def person(name, **fields):
    fields = {"display_name": name.capitalize(), "slug": name} | fields
    return User.objects.create_user(f"{name}@example.org", "a long password", **fields)


@pytest.fixture
def rosa_ref(rosa):
    return UserRef.objects.remember(rosa)


@pytest.fixture
def omar_ref(omar):
    return UserRef.objects.remember(omar)


def content(kind="article", **fields):
    pk = uuid7()
    return ContentRef.objects.create(
        **{
            "id": pk,
            "kind": kind,
            "state": "live",
            "title": "First light",
            "url": f"/articles/first-light-{pk.hex[-6:]}/",
            "author_id": None,
        }
        | fields
    )


@pytest.fixture
def article(db):
    return content()


@pytest.fixture(autouse=True)
def _own_views_key(settings):
    """A stream and a salt of this test's own in the shared Redis."""
    settings.VIEWS_KEY = f"test:{uuid4().hex}"


@contextmanager
def down(alias):
    """The database `alias` refuses connections, like a server that is stopped."""
    broken = connections[alias]
    kept = broken.settings_dict.copy()
    broken.close()
    broken.settings_dict.update(HOST="127.0.0.1", PORT="1")
    try:
        yield
    finally:
        broken.close()
        broken.settings_dict.clear()
        broken.settings_dict.update(kept)


def at_once(*functions):
    """Run the functions at the same moment, each on connections of its own.

    Answers their results in order; an exception is a result.
    """
    barrier = Barrier(len(functions))

    def run(function):
        try:
            barrier.wait(timeout=10)
            return function()
        except Exception as problem:
            return problem
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))
