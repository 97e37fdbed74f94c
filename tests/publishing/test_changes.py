"""The change feed: who follows it ends with what is public, whatever happens."""

import threading
from contextlib import suppress

import pytest
from django.db import connections

from editorial import actions
from editorial.models import OutboxEvent
from publishing import rebuild, sync, verification
from publishing.models import (
    ContentChange,
    ContentChangeHead,
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedMedia,
    PublishedTag,
)
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

URL = "/api/v1/content/changes/"
KINDS = {
    "article": PublishedArticle,
    "course": PublishedCourse,
    "category": PublishedCategory,
    "tag": PublishedTag,
    "author": PublicUserProfile,
    "media": PublishedMedia,
}


class Follower:
    """Keeps a copy of what is public, by the feed alone."""

    def __init__(self, client, **query):
        self.client, self.query = client, query
        self.known, self.cursor = {}, None

    def ask(self, **more):
        since = {"since": self.cursor} if self.cursor else {}
        return self.client.get(URL, {**self.query, **since, **more})

    def read(self):
        while True:
            page = self.ask().json()
            for one in page["results"]:
                if one["change"] == "removed":
                    self.known.pop(one["id"], None)
                else:
                    self.known[one["id"]] = (one["type"], one["slug"], one["version"])
            self.cursor = page["cursor"]
            if page["next"] is None:
                return self.known


def what_is_public():
    found = {}
    for kind, model in KINDS.items():
        for row in model.objects.all():
            version = getattr(row, "content_version", None)
            found[str(row.pk)] = (kind, getattr(row, "slug", None), version)
    return found


# --- Works ------------------------------------------------------------------------


def test_a_follower_ends_with_what_is_public(client, wim, ines, deliver_all):
    item = factories.article(by=wim, featured_image=factories.MediaFactory())
    item.tags.add(factories.TagFactory())
    factories.publish(item, editor=ines)
    factories.publish(factories.course(by=wim, is_free=False), editor=ines)
    deliver_all()
    follower = Follower(client, limit=2)
    assert follower.read() == what_is_public()
    assert {kind for kind, *_ in follower.known.values()} >= {"article", "course"}

    before = follower.cursor
    actions.unpublish(item, by=ines)
    deliver_all()
    [gone] = follower.ask(types="article").json()["results"]

    assert gone["change"] == "removed" and gone["id"] == str(item.pk)
    assert gone["url"].endswith(f"/articles/{item.slug}/") and gone["api_url"] is None
    assert follower.read() == what_is_public()
    assert follower.cursor != before
    # Whoever begins now gets there, too; a tombstone of the unknown does no harm.
    assert Follower(client).read() == what_is_public()
    course = PublishedCourse.objects.get()
    answer = Follower(client, types="course,author").ask().json()
    assert {one["type"] for one in answer["results"]} <= {"course", "author"}
    [told] = [one for one in answer["results"] if one["type"] == "course"]
    assert client.get(told["api_url"]).json()["id"] == str(course.pk)
    assert "content_html" not in str(answer) and "html" not in told


def test_nothing_new_is_said_in_a_304(client, published, deliver_all):
    deliver_all()
    follower = Follower(client)
    follower.read()
    first = follower.ask()
    again = client.get(
        URL, {"since": follower.cursor}, headers={"If-None-Match": first["ETag"]}
    )

    assert (first.status_code, first.json()["results"]) == (200, [])
    assert again.status_code == 304
    assert "no-cache" in first["Cache-Control"] and "Set-Cookie" not in first


def test_a_cursor_outlives_a_rebuild_and_a_replica_that_is_behind(
    client, published, deliver_all
):
    deliver_all()
    follower = Follower(client)
    follower.read()
    rebuild.rebuild()
    assert follower.ask().json()["results"] == []

    ContentChangeHead.objects.update(position=0)
    behind = follower.ask().json()

    assert (behind["results"], behind["next"]) == ([], None)
    assert behind["cursor"] == follower.cursor


def test_after_a_restore_a_follower_is_told_to_begin_anew(
    client, published, ines, deliver_all
):
    deliver_all()
    follower = Follower(client)
    follower.read()
    sync.after_restore()
    actions.unpublish(published, by=ines)
    deliver_all()

    answer = follower.ask(types="article")

    assert answer.status_code == 410
    assert answer.json()["type"].endswith(":gone")
    assert answer.json()["start_over"].endswith(f"{URL}?types=article")
    assert "beginning" in answer.json()["detail"]
    assert Follower(client).read() == what_is_public()


def test_a_database_made_of_nothing_has_a_whole_feed(client, published, deliver_all):
    deliver_all()
    for model in (*KINDS.values(), ContentChange, sync.SyncFence):
        model.objects.all().delete()

    rebuild.rebuild()

    assert Follower(client).read() == what_is_public() != {}
    assert deliver_all() == 0
    report = verification.compare()
    assert not report.drift, report.lines()


# --- Bad input --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?types=lesson", 400),
        ("?limit=0", 400),
        ("?limit=1001", 400),
        ("?since=nonsense", 404),
        ("?since=%00", 400),
        ("?after=1", 400),
    ],
)
def test_a_wrong_question_is_refused(client, query, status):
    ContentChangeHead.objects.get_or_create(pk=1)
    answer = client.get(URL + query)

    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")
    assert client.post(URL).status_code == 405


# --- Races ------------------------------------------------------------------------


def test_a_follower_misses_nothing_while_workers_deliver(client, wim, ines):
    """Three workers, events that come and go, and a reader who never waits."""
    items = [
        factories.publish(factories.article(by=wim, title=f"No {n}"), editor=ines)
        for n in range(4)
    ]
    over = threading.Event()
    follower = Follower(client, limit=3)

    def work():
        while not over.is_set() or OutboxEvent.objects.waiting().exists():
            with suppress(Exception):
                OutboxEvent.objects.waiting().update(lease_until=None)
                sync.deliver_waiting(limit=3)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for number in range(3):
        for item in items[number % 2 :: 2]:
            actions.unpublish(item, by=ines)
            follower.read()
            if number < 2:
                actions.publish(item, by=ines)
                follower.read()
    over.set()
    for one in workers:
        one.join()

    assert follower.read() == what_is_public()
    positions = ContentChange.objects.order_by("position")
    positions = list(positions.values_list("position", flat=True))
    assert positions[-1] == ContentChangeHead.objects.get().position
