import logging
import random
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from cms.uuids import uuid7
from engagement.counters import ledger, public, reconciling
from engagement.counters.models import (
    CounterDelta,
    CounterPublish,
    CounterTotal,
)
from engagement.reactions.actions import react
from engagement.reactions.models import Reaction
from publishing.models import ContentCounter

from .conftest import at_once, down

DATABASES = [EDITORIAL, PUBLIC, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)


def write(*deltas):
    with transaction.atomic(using=ENGAGEMENT):
        CounterDelta.objects.write(deltas)


def like(target, member=None):
    react(by=member or uuid7(), kind="article", target_id=target, reaction="like")


def total(target, metric="like"):
    return (
        CounterTotal.objects.filter(target_id=target, metric=metric)
        .values_list("amount", flat=True)
        .first()
    )


def shown(target):
    return (
        ContentCounter.objects.filter(pk=target)
        .values_list("like_count", flat=True)
        .first()
    )


# --- Folding -------------------------------------------------------------------------


def test_folding_adds_the_deltas_up_and_leaves_none():
    one, two = uuid7(), uuid7()
    write(
        ("article", one, "like", 1),
        ("article", one, "like", 1),
        ("article", two, "like", 5),
        ("article", two, "like", -2),
        ("article", two, "view", 7),
    )

    assert ledger.fold() == 5

    assert (total(one), total(two), total(two, "view")) == (2, 3, 7)
    assert not CounterDelta.objects.exists()


def test_folding_nothing_is_fine():
    assert ledger.fold() == 0


def test_what_is_not_folded_yet_is_seen_already():
    target = uuid7()
    write(("article", target, "like", 2))
    ledger.fold()
    write(("article", target, "like", 1))

    assert CounterTotal.objects.of([target]) == {target: {"like": 3}}


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_delta_without_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="transaction"):
        CounterDelta.objects.write([("article", uuid7(), "like", 1)])


def test_a_fact_that_is_rolled_back_takes_its_delta_along():
    target = uuid7()
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ENGAGEMENT):
        like(target)
        raise ZeroDivisionError

    assert not Reaction.objects.exists()
    assert not CounterDelta.objects.exists()


def test_a_folder_that_dies_has_changed_nothing():
    target = uuid7()
    write(("article", target, "like", 3))

    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ENGAGEMENT):
        assert ledger.fold_batch() == 1
        raise ZeroDivisionError

    assert total(target) is None
    assert ledger.fold() == 1
    assert total(target) == 3


def test_a_total_is_never_negative_and_the_others_go_on(caplog):
    good, bad = uuid7(), uuid7()
    write(("article", good, "like", 1), ("article", bad, "like", -1))

    with caplog.at_level(logging.ERROR):
        assert ledger.fold() == 1

    assert total(good) == 1
    assert total(bad) is None
    assert f"like for article {bad} would fall below zero" in caplog.text
    assert CounterDelta.objects.get().is_held
    assert ledger.fold() == 0, "what is held does not stop the ledger"


def test_what_was_held_is_put_right_by_the_facts():
    target = uuid7()
    write(("article", target, "like", -1))
    ledger.fold()
    like(target)

    reconciling.reconcile()
    ledger.fold()

    assert total(target) == 1
    assert not CounterDelta.objects.exists()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    taps=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 2),
            st.sampled_from(["like", "love", None]),
            st.booleans(),
        ),
        max_size=30,
    ),
    batch=st.integers(1, 9),
)
def test_whenever_it_is_folded_the_totals_equal_the_facts(db, taps, batch):
    members, targets = [uuid4() for _ in range(3)], [uuid7() for _ in range(3)]
    for member, target, reaction, folds in taps:
        react(
            by=members[member],
            kind="article",
            target_id=targets[target],
            reaction=reaction,
        )
        if folds:
            ledger.fold(batch=batch)

    ledger.fold(batch=batch)

    for target in targets:
        real = Reaction.objects.on("article", [target])
        assert (total(target, "reaction") or 0) == real.count()
        assert (total(target) or 0) == real.filter(kind="like").count()
    assert not CounterTotal.objects.filter(amount__lt=0).exists()


# --- Publishing ----------------------------------------------------------------------


def test_numbers_reach_the_public_store_as_absolute_values():
    target = uuid7()
    write(
        ("article", target, "view", 40),
        ("article", target, "comment", 2),
        ("article", target, "reaction", 3),
        ("article", target, "like", 1),
        ("article", target, "love", 2),
    )
    ledger.fold()

    assert public.publish_counters() == 1

    row = ContentCounter.objects.get(pk=target)
    assert (row.view_count, row.comment_count) == (40, 2)
    assert (row.reaction_count, row.like_count) == (3, 1)
    assert not CounterPublish.objects.exists()


def test_columns_that_others_count_are_left_alone():
    target = uuid7()
    ContentCounter.objects.create(pk=target, rating_sum=9, share_count=4)
    like(target)
    ledger.fold()
    public.publish_counters()

    row = ContentCounter.objects.get(pk=target)
    assert (row.like_count, row.rating_sum, row.share_count) == (1, 9, 4)


def test_unchanged_numbers_are_not_written_again():
    target = uuid7()
    like(target)
    ledger.fold()
    public.publish_counters()
    before = ContentCounter.objects.get(pk=target).counted_at

    public.publish_everything()
    assert public.publish_counters() == 1

    assert ContentCounter.objects.get(pk=target).counted_at == before


def test_a_copier_that_dies_before_the_end_copies_again():
    target = uuid7()
    like(target)
    ledger.fold()
    public.copy_next()  # and is killed before it forgets the queue

    assert CounterPublish.objects.filter(target_id=target).exists()
    assert public.publish_counters() == 1
    assert shown(target) == 1


def test_what_changes_while_it_is_copied_stays_in_the_queue():
    target = uuid7()
    like(target)
    ledger.fold()
    copied = public.copy_next()
    like(target)
    ledger.fold()

    public.forget(copied)

    assert public.publish_counters() == 1
    assert shown(target) == 2


def test_more_than_one_batch_is_copied():
    targets = [uuid7() for _ in range(7)]
    for target in targets:
        like(target)
    ledger.fold()

    assert public.publish_counters(batch=3) == 7
    assert ContentCounter.objects.filter(like_count=1).count() == 7


def test_the_cost_follows_what_changed_and_not_the_history():
    costs = []
    for history in (1, 60):
        for _ in range(history):
            like(uuid7())
        ledger.fold()
        public.publish_counters()
        like(uuid7())

        with (
            CaptureQueriesContext(connections[ENGAGEMENT]) as engagement,
            CaptureQueriesContext(connections[PUBLIC]) as reading,
        ):
            ledger.fold()
            public.publish_counters()
        costs.append((len(engagement), len(reading)))

    assert costs[0] == costs[1]


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_with_the_public_store_down_the_numbers_wait():
    target = uuid7()
    like(target)
    ledger.fold()

    with down(PUBLIC), pytest.raises(Exception, match="connection"):
        public.publish_counters()

    assert public.publish_counters() == 1
    assert shown(target) == 1


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_writers_folders_and_copiers_at_once_end_with_the_facts():
    targets = [uuid7() for _ in range(5)]
    members = [uuid4() for _ in range(4)]

    def write_some(seed):
        chance = random.Random(seed)
        for _ in range(30):
            react(
                by=chance.choice(members),
                kind="article",
                target_id=chance.choice(targets),
                reaction=chance.choice(["like", None]),
            )

    def fold():
        for _ in range(25):
            ledger.fold(batch=5)

    def copy():
        for _ in range(25):
            public.publish_counters(batch=2)

    results = at_once(
        *[lambda n=n: write_some(n) for n in range(5)], fold, fold, copy, copy
    )

    assert results == [None] * 9
    ledger.fold()
    public.publish_counters()
    for target in targets:
        real = Reaction.objects.on("article", [target]).count()
        assert (total(target) or 0) == (shown(target) or 0) == real


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_folder_killed_by_the_server_loses_nothing():
    target = uuid7()
    for _ in range(20):
        like(target)

    def fold_slowly():
        with transaction.atomic(using=ENGAGEMENT):
            ledger.fold_batch()
            with connections[ENGAGEMENT].cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    (killed,) = at_once(fold_slowly)

    assert isinstance(killed, Exception)
    assert ledger.fold() == 40
    assert total(target) == 20


# --- Reconciling ---------------------------------------------------------------------


def test_without_drift_there_is_nothing_to_report():
    target = uuid7()
    like(target)
    assert reconciling.reconcile() == []
    ledger.fold()
    assert reconciling.reconcile() == []


def test_drift_is_reported_and_repaired():
    target, ghost = uuid7(), uuid7()
    like(target)
    ledger.fold()
    CounterTotal.objects.filter(target_id=target, metric="like").update(amount=40)
    CounterTotal.objects.create(
        kind="article", target_id=ghost, metric="love", amount=2
    )

    found = {str(drift) for drift in reconciling.reconcile()}
    ledger.fold()

    assert found == {
        f"article {target}: like was 40, is 1",
        f"article {ghost}: love was 2, is 0",
    }
    assert (total(target), total(ghost, "love")) == (1, 0)
    assert reconciling.reconcile() == []


def test_recount_says_what_it_did(capsys):
    target = uuid7()
    like(target)
    ledger.fold()
    CounterTotal.objects.filter(metric="like").update(amount=7)

    call_command("recount", "--dry-run")
    assert total(target) == 7
    call_command("recount")

    assert "like was 7, is 1" in capsys.readouterr().out
    assert shown(target) == 1


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_reconciling_a_busy_site_finds_no_drift():
    targets = [uuid7() for _ in range(4)]

    def write_some(seed):
        chance = random.Random(seed)
        for _ in range(40):
            react(
                by=chance.choice(targets),
                kind="article",
                target_id=chance.choice(targets),
                reaction=chance.choice(["like", "love", None]),
            )

    def compare():
        return [drift for _ in range(15) for drift in reconciling.reconcile()]

    def fold():
        for _ in range(30):
            ledger.fold(batch=3)

    results = at_once(*[lambda n=n: write_some(n) for n in range(4)], fold, compare)

    assert results == [None] * 5 + [[]]
