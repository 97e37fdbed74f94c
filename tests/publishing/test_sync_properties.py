"""Any order, repetition and crash point of events ends in the same public store."""

import uuid
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.databases import EDITORIAL
from editorial import actions
from editorial.models import OutboxEvent, Release, ReleaseItem
from publishing import sync, truth, verification
from publishing.models import PublishedArticle
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

STEPS = ["_share_epoch", "_lock_fences", "write", "_move_fence", "acknowledge"]
CHANGES = ["publish", "unpublish", "rename", "release", "category", "slug"]


class Crash(BaseException):
    """The worker dies here: nothing after it runs, open transactions roll back."""


def crashing_at(monkeypatch, step, call):
    """Let the worker die at the given call of one of its steps."""
    target = truth if step == "read" else sync
    real, calls = getattr(target, step), []

    def dies(*args, **kwargs):
        calls.append(1)
        if len(calls) == call:
            raise Crash
        return real(*args, **kwargs)

    monkeypatch.setattr(target, step, dies)


def change(kind, item, other, wim, ines):
    """Make one change, if the item's state allows it."""
    if kind == "publish" and not item.is_live:
        bring_to_approval(item, wim, ines)
        actions.publish(item, by=ines)
    elif kind == "unpublish" and item.is_live:
        actions.unpublish(item, by=ines)
    elif kind == "rename":
        wim.display_name += "+"
        wim.save()
    elif kind == "category":
        item.category.name += "+"
        item.category.save()
    elif kind == "slug" and item.is_live:
        factories.edit(item, by=ines, slug=item.slug + "x")
        bring_to_approval(item, wim, ines)
        actions.publish(item, by=ines)
    elif kind == "release":
        release = Release.objects.create(name="R", created_by=ines)
        for member in (item, other):
            factories.edit(member, by=ines, title=member.title + "!")
            bring_to_approval(member, wim, ines)
            ReleaseItem.objects.create(
                release=release, kind="article", item_id=member.pk
            )
        actions.release(release, by=ines)
        for member in (item, other):
            member.refresh_from_db()


def bring_to_approval(item, wim, ines):
    item.refresh_from_db()
    if item.status in ("published", "unpublished"):
        actions.revise(item, by=ines)
    if item.status == "draft":
        factories.approve(item, editor=ines)


RULES = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
}


@settings(max_examples=6, **RULES)
@given(data=st.data())
def test_the_stores_agree_whatever_happens_to_the_events(data):
    agree_whatever_happens(data)


@pytest.mark.chaos
@settings(max_examples=40, **RULES)
@given(data=st.data())
def test_the_stores_agree_whatever_happens_many_times_over(data):
    agree_whatever_happens(data)


def agree_whatever_happens(data):
    name = uuid.uuid4().hex[:12]  # examples share the database, and never a name
    wim = factories.staff(f"wim{name}", "author")
    ines = factories.staff(f"ines{name}", "editor")
    items = [factories.article(by=wim, title=f"A{name}{n}") for n in range(3)]
    for step in data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(CHANGES),
                st.sampled_from([0, 1, 2]),
                st.booleans(),
                st.sampled_from(STEPS),
                st.integers(1, 4),
            ),
            min_size=1,
            max_size=7,
        )
    ):
        kind, index, deliver_now, crash_step, crash_call = step
        change(kind, items[index], items[(index + 1) % 3], wim, ines)
        if deliver_now:
            deliver_some(data, crash_step, crash_call)
            assert_releases_are_whole()

    again = list(OutboxEvent.objects.order_by("-id").values_list("pk", flat=True)[:12])
    Random(data.draw(st.integers(0, 10**6))).shuffle(again)
    OutboxEvent.objects.filter(pk__in=again).update(delivered_at=None)
    for pk in again:
        OutboxEvent.objects.update(lease_until=None)
        sync.deliver(pk)
    while OutboxEvent.objects.waiting().exists():
        OutboxEvent.objects.update(lease_until=None)
        sync.deliver_waiting()

    report = verification.compare()
    assert not report.drift, report
    live = {item.pk for item in items if type(item).objects.get(pk=item.pk).is_live}
    public = PublishedArticle.objects.filter(pk__in=[item.pk for item in items])
    assert set(public.values_list("pk", flat=True)) == live


def deliver_some(data, step, call):
    """Deliver some waiting events in any order, and die in the middle of one.

    What is drawn does not depend on what waits: only then can a failure be repeated.
    """
    chance = Random(data.draw(st.integers(0, 10**6)))
    count = data.draw(st.integers(0, 4))
    waiting = OutboxEvent.objects.waiting().order_by("id")
    chosen = list(waiting.values_list("pk", flat=True))
    chance.shuffle(chosen)
    chosen = chosen[:count]
    with pytest.MonkeyPatch.context() as monkeypatch:
        crashing_at(monkeypatch, step, call)
        for pk in chosen:
            try:
                sync.deliver(pk)
            except Crash:
                break
    OutboxEvent.objects.update(lease_until=None)


def assert_releases_are_whole():
    """Of two members released together, either none or both show the new title."""
    with transaction.atomic(using=EDITORIAL):
        for release in Release.objects.filter(released_at__isnull=False):
            events = OutboxEvent.objects.filter(group=release.pk)
            if events.filter(delivered_at=None).exists():
                continue
            ids = list(release.items.values_list("item_id", flat=True))
            fences = {
                fence.pk: fence.sequence
                for fence in sync.SyncFence.objects.filter(pk__in=ids)
            }
            event = events.get()
            for pk in ids:
                assert fences.get(pk, 0) >= event.items[str(pk)]
