"""A rebuild ends in the same store, whatever was published meanwhile."""

import itertools
import threading
from collections import Counter

import psycopg
import pytest
from django.db import connections
from django.test import Client

from editorial import actions
from publishing import rebuild, verification
from publishing.models import ContentCounter, PublishedArticle
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def a_small_site(wim, ines, deliver_all):
    items = [
        factories.publish(factories.article(by=wim, title=f"No {n}"), editor=ines)
        for n in range(5)
    ]
    factories.publish(factories.course(by=wim, is_free=False), editor=ines)
    deliver_all()
    return items


def test_a_rebuild_brings_back_what_was_lost(a_small_site):
    PublishedArticle.objects.all().delete()

    rebuild.rebuild()

    assert PublishedArticle.objects.count() == 5
    assert not verification.compare().drift


def test_counters_survive_a_rebuild(a_small_site):
    ContentCounter.objects.create(id=a_small_site[0].pk, view_count=42)

    rebuild.rebuild()

    row = PublishedArticle.objects.select_related("counters").get(pk=a_small_site[0].pk)
    assert row.counters.view_count == 42


def test_what_is_taken_down_during_a_rebuild_stays_down(
    a_small_site, ines, deliver_all
):
    def meanwhile(stage, done, of):
        if stage == "indexing" and done == 0:
            actions.unpublish(a_small_site[0], by=ines)
            deliver_all()

    rebuild.rebuild(meanwhile)

    assert not PublishedArticle.objects.filter(pk=a_small_site[0].pk).exists()
    assert not verification.compare().drift


def test_a_swap_that_gave_way_forgets_what_it_wrote(a_small_site, ines, deliver_all):
    """A reader holds a table while something is taken down just before the swap."""
    reader = psycopg.connect(**connections["public"].get_connection_params())
    held = threading.Timer(1.0, reader.rollback)

    def meanwhile(stage, done, of):
        if stage == "indexing" and done == 1:
            actions.unpublish(a_small_site[0], by=ines)
            deliver_all()
            reader.execute("SELECT count(*) FROM published_articles")
            held.start()

    rebuild.rebuild(meanwhile)
    held.join()
    reader.close()

    assert not PublishedArticle.objects.filter(pk=a_small_site[0].pk).exists()
    assert not verification.compare().drift


class Died(BaseException):
    """The process is killed here: nothing after it runs."""


def test_no_request_fails_while_the_store_is_rebuilt(
    a_small_site, ines, deliver_all, monkeypatch
):
    """Readers never pause; a rebuild is killed twice and run again; what is delivered
    meanwhile is there afterwards."""
    slugs = [item.slug for item in a_small_site[1:]]
    kept = a_small_site[1]
    ContentCounter.objects.create(id=kept.pk, view_count=42)
    over, failed, asked = threading.Event(), [], Counter()

    def read(number):
        client, pages = Client(), [
            *(f"/articles/{slug}/" for slug in slugs),
            "/", "/articles/", "/courses/", "/search/?q=harbour", "/feed.rss",
            "/sitemap.xml", "/authors/wim/", "/api/v1/content/articles/",
            "/api/v1/content/search/?q=harbour", "/api/v1/content/changes/",
        ]  # fmt: skip
        while not over.is_set():
            for page in pages:
                sign = "&" if "?" in page else "?"
                fresh = f"{page}{sign}utm_source={number}"
                answer = client.get(page if "/api/" in page else fresh)
                asked[page] += 1
                if answer.status_code != 200:
                    failed.append((page, answer.status_code))
        connections.close_all()

    readers = [threading.Thread(target=read, args=[number]) for number in range(2)]
    for one in readers:
        one.start()
    try:
        done = itertools.count()

        def meanwhile(stage, _done, _of):
            if stage == "indexing" and next(done) == 0:
                raise Died
            if stage == "indexing" and _done == 1:
                actions.unpublish(a_small_site[0], by=ines)
                deliver_all()

        with pytest.raises(Died):
            rebuild.rebuild(meanwhile)
        with monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(rebuild.changes, "complete", killed)
            rebuild.rebuild(meanwhile)
        rebuild.rebuild()
    finally:
        over.set()
        for one in readers:
            one.join()

    assert not failed
    assert len(asked) == 14 and min(asked.values()) > 1
    assert PublishedArticle.objects.count() == 4
    row = PublishedArticle.objects.select_related("counters").get(pk=kept.pk)
    assert row.counters.view_count == 42
    assert not verification.compare().drift


def killed(*args):
    raise Died


def test_indexes_and_constraints_are_the_same_after_a_rebuild(a_small_site):
    before = schema()

    rebuild.rebuild()

    assert schema() == before


def test_a_rebuild_can_follow_a_rebuild(a_small_site):
    rebuild.rebuild()
    rebuild.rebuild()

    assert not verification.compare().drift


def schema():
    with connections["public"].cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        )
        indexes = cursor.fetchall()
        cursor.execute(
            """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
            """
        )
        constraints = cursor.fetchall()
        cursor.execute(
            """
            SELECT table_name, grantee, privilege_type
            FROM information_schema.role_table_grants
            WHERE table_schema = 'public' ORDER BY 1, 2, 3
            """
        )
        grants = cursor.fetchall()
    return indexes, constraints, grants
