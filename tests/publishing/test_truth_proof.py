"""Corruptions of every kind, in every public table, are found exactly and healed.

`ARTICLES=100000 python -m pytest -m chaos tests/publishing/test_truth_proof.py -s`
is the proof at full size; without it the site is small.
"""

import io
import json
import os
import time
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction

from cms.databases import EDITORIAL, PUBLIC
from cms.uuids import uuid7
from editorial import actions
from editorial.models import Article, OutboxEvent, Redirect, Verification
from publishing import fingerprints, verification
from publishing.models import (
    ContentChange,
    GatedLesson,
    PublicRedirect,
    PublishedArticle,
    PublishedCategory,
    PublishedLesson,
    SyncFence,
    VerifiedCopy,
)
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def a_site(wim, ines, deliver_all):
    """Something in every public table."""
    image = factories.MediaFactory()
    item = factories.article(by=wim, featured_image=image)
    item.tags.add(factories.TagFactory())
    factories.publish(item, editor=ines)
    gone = factories.publish(factories.article(by=wim, title="Gone"), editor=ines)
    factories.publish(factories.course(by=wim, is_free=False), editor=ines)
    Redirect.objects.create(kind="article", old_slug="before", item_id=item.pk)
    actions.unpublish(gone, by=ines)
    deliver_all()
    with transaction.atomic(using=EDITORIAL):
        OutboxEvent.objects.mark({item.pk: "article"}, cause="test")
    deliver_all()
    report = verification.compare()
    assert not report.drift, report.lines()
    return item


# --- Any column of any table ----------------------------------------------------------


def other_value(column, value):
    """SQL for another value of a column's type."""
    kind = column.db_type(connections[PUBLIC])
    if kind.endswith("[]"):
        return "%s::varchar[]", [["corrupted"]]
    kind = kind.split("(")[0]
    if kind in ("varchar", "text"):
        return "%s", ["x" if value != "x" else "y"]
    if kind == "ltree":
        return "%s::ltree", [str(uuid7())]
    if kind == "jsonb":
        return "%s::jsonb", ['[{"corrupted": 1}]' if not value else "[]"]
    if kind == "boolean":
        return "%s", [not value]
    if kind == "uuid":
        return "%s", [uuid7()]
    if kind == "timestamp with time zone":
        return "%s", ["2001-02-03T04:05:06Z"]
    return "%s", [(value or 0) + 7]


def test_a_change_in_any_column_of_any_public_table_is_seen(a_site):
    """By the tree of hashes and by the rows laid side by side, for every column."""
    tried = 0
    for table, (model, owner, _) in fingerprints.TABLES.items():
        row = model.objects.order_by("pk").first()
        assert row is not None, f"{table} is empty"
        pk = getattr(row, owner)
        before = fingerprints.public.hashes([pk])
        rows = verification.hash_rows(verification.stored_rows([pk])[pk])
        for column in fingerprints.compared_columns(model):
            expression, values = other_value(column, getattr(row, column.attname))
            sentence = f'UPDATE {table} SET "{column.column}" = {expression}'
            with undone() as cursor:
                try:
                    cursor.execute(f"{sentence} WHERE id = %s", [*values, row.pk])
                except IntegrityError:
                    continue  # PostgreSQL itself refuses this one
                where = f"{table}.{column.column}"
                assert fingerprints.public.hashes([pk]) != before, where
                now = verification.stored_rows([pk])[pk]
                assert verification.hash_rows(now) != rows, where
                tried += 1
    assert tried > 110


@contextmanager
def undone():
    with transaction.atomic(using=PUBLIC), connections[PUBLIC].cursor() as cursor:
        yield cursor
        transaction.set_rollback(True, using=PUBLIC)


NAMED = ("title", "name", "bio", "caption", "video_url", "new_slug")


def test_what_was_altered_put_in_or_taken_out_is_found_and_healed(a_site):
    altered_rows_are_named(a_site)
    rows_too_few_and_too_many_are_found()


def altered_rows_are_named(a_site):
    due = {}
    for table, (model, owner, _) in fingerprints.TABLES.items():
        row = model.objects.order_by("pk").last()
        names = [one.name for one in fingerprints.compared_columns(model)]
        name = next(n for n in NAMED if n in names)
        model.objects.filter(pk=row.pk).update(**{name: "Altered"})
        due.setdefault(str(getattr(row, owner)), set()).add(f"{table}.{name}")

    report = verification.compare()

    assert {pk: set(report.where[pk].split(", ")) for _, pk in report.altered} == due
    assert len(report.drift) == len(due)
    assert len(verification.heal(report)) == len(due)
    assert not verification.compare().drift


def rows_too_few_and_too_many_are_found():
    for table, (model, owner, _) in fingerprints.TABLES.items():
        row = model.objects.order_by("pk").first()
        model.objects.filter(pk=row.pk).delete()

        report = verification.compare()

        assert [pk for _, pk in report.drift] == [str(getattr(row, owner))], table
        verification.heal(report)
        assert model.objects.filter(**{owner: getattr(row, owner)}).exists()
    stray, known = uuid7(), uuid7()
    PublishedLesson.objects.filter(is_gated=False).update(course_id=stray)
    GatedLesson.objects.update(course_id=known)

    report = verification.compare()

    assert len(report.orphan) == 2
    assert [kind for kind, _ in report.altered] == ["course"]
    verification.heal(report)
    assert not verification.compare().drift


def test_fences_and_the_feed_are_part_of_the_truth(a_site, deliver_all, wim, ines):
    SyncFence.objects.filter(pk=a_site.pk).update(sequence=10**6)
    ContentChange.objects.filter(kind="course").update(slug="elsewhere")
    ContentChange.objects.filter(kind="tag").delete()
    live = PublishedCategory.objects.first()
    SyncFence.objects.filter(pk=live.pk).update(is_live=False)

    report = verification.compare()

    assert {kind for kind, _ in report.altered} == {
        "article",
        "course",
        "tag",
        "category",
    }
    assert "ahead" in report.where[str(a_site.pk)]
    verification.heal(report)
    assert not verification.compare().drift
    # The fence no longer keeps what comes later from the readers.
    factories.edit(a_site, by=ines, title="Second light")
    factories.publish(a_site, editor=ines)
    deliver_all()
    assert PublishedArticle.objects.get(pk=a_site.pk).title == "Second light"


# --- What is equal costs nothing ------------------------------------------------------


def test_what_was_found_equal_is_not_projected_again(a_site, wim):
    assert verification.compare().looked_at == 0

    wim.display_name = "Another"  # past the outbox: nobody was told
    type(wim).objects.filter(pk=wim.pk).update(display_name="Another")
    report = verification.compare()

    assert {kind for kind, _ in report.altered} == {"article", "course", "profile"}
    assert 0 < report.looked_at < report.checked
    verification.heal(report)
    VerifiedCopy.objects.update(made_by="other code")
    report = verification.compare()
    assert report.looked_at == report.checked and not report.drift


def test_a_run_is_stopped_and_goes_on_where_it_was(a_site, monkeypatch):
    monkeypatch.setattr(verification, "CHUNK", 2)
    VerifiedCopy.objects.all().delete()
    one = Verification(is_full=True)

    def stop(done, of):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verification.run(one, stop)
    one.refresh_from_db()
    assert one.state == Verification.State.STOPPED

    again = Verification(is_full=True)
    report = verification.run(again)

    assert again.since == one.since
    assert report.looked_at == report.checked - 2
    fresh = verification.run(Verification(is_full=True))
    assert fresh.looked_at == fresh.checked

    # A wish to stop is heard, and two runs never meet.
    one = Verification.objects.create(stop_asked=True)
    now, later = verification.timezone.now, iter(range(0, 10**6, 5))
    with pytest.MonkeyPatch.context() as patch:
        shifted = lambda: now() + timedelta(seconds=next(later))  # noqa: E731
        patch.setattr(verification.timezone, "now", shifted)
        with pytest.raises(verification.Stopped):
            verification.run(one)
    with connections[PUBLIC].copy().cursor() as elsewhere:
        elsewhere.execute("SELECT pg_advisory_lock(hashtext('verify_public'))")
        with pytest.raises(verification.Busy):
            verification.run(Verification())
        elsewhere.connection.close()


# --- The proof ------------------------------------------------------------------------


@pytest.mark.chaos
def test_twenty_corruptions_are_found_exactly_and_healed(a_site):
    size = int(os.environ.get("ARTICLES", "300"))
    fill(size)
    timed("first run, everything projected", "verify_public", "--json", size=size)
    timed("second run, nothing differs", "verify_public", "--json", size=size)
    chance = Random(os.environ.get("SEED", "truth"))
    corrupted = corrupt(chance, 20)

    found = timed("twenty corruptions", "verify_public", "--json", size=size, drifts=1)
    assert {one["id"]: one["verdict"] for one in found["drift"]} == corrupted
    healed = timed("healed", "verify_public", "--heal", "--json", size=size)
    assert healed["healed"] == 20 and not healed["drift"]
    after = timed("afterwards", "verify_public", "--json", size=size)
    assert not after["drift"]


def fill(size):
    """The newsroom of the bench, and the public store made of it."""
    from bench import inside

    inside.grow(size)
    call_command("rebuild_public", stdout=io.StringIO())


def timed(what, *command, size, drifts=0):
    said, began = io.StringIO(), time.monotonic()
    try:
        call_command(*command, stdout=said)
    except SystemExit as end:
        assert end.code == 1 and drifts, said.getvalue()
    answer = json.loads(said.getvalue().splitlines()[-1])
    print(
        f"{what}: {time.monotonic() - began:.1f} s, {answer['checked']} checked, "
        f"{answer['looked_at']} projected"
    )
    assert answer["checked"] >= size
    return answer


def corrupt(chance, count):
    """{id: the verdict that is due} of so many corruptions of all kinds."""
    ids = list(
        PublishedArticle.objects.filter(slug__endswith="-bench").values_list(
            "pk", flat=True
        )
    )
    chosen, due = chance.sample(sorted(ids, key=str), count), {}
    for number, pk in enumerate(chosen):
        public = PublishedArticle.objects.filter(pk=pk)
        match number % 5:
            case 0:
                public.delete()
                due[str(pk)] = "missing"
            case 1:
                column, value = chance.choice(
                    [
                        ("title", "Not what was written"),
                        ("content_html", "<p>Paid for by nobody.</p>"),
                        ("canonical_url", "https://elsewhere.example/"),
                        ("no_index", True),
                        ("author_name", "Somebody else"),
                        ("search_text", "viagra"),
                        ("content_version", 99),
                    ]
                )
                public.update(**{column: value})
                due[str(pk)] = "altered"
            case 2:
                row = public.get()
                row.pk = uuid7()
                row.save(force_insert=True)
                due[str(row.pk)] = "orphan"
            case 3:
                PublicRedirect.objects.create(
                    kind="article",
                    old_slug=f"lure-{number}",
                    item_id=pk,
                    new_slug="elsewhere",
                    synced_at=verification.timezone.now(),
                )
                due[str(pk)] = "altered"
            case 4:
                # The newsroom changed, and no event said so.
                Article.objects.filter(pk=pk).update(
                    first_published_at="2001-02-03T04:05:06Z"
                )
                due[str(pk)] = "altered"
    assert len(due) == count
    return due
