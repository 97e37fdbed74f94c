import random

import pytest
from django.db import IntegrityError, transaction

from cms.databases import EDITORIAL, ENGAGEMENT
from cms.uuids import uuid7
from engagement.activity.models import Activity
from engagement.counters import ledger, reconciling
from engagement.counters.models import CounterTotal
from engagement.reactions.actions import react
from engagement.reactions.models import Reaction

from .conftest import at_once

DATABASES = [EDITORIAL, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)


def numbers(target_id):
    counted = CounterTotal.objects.of([target_id])[target_id]
    return {metric: amount for metric, amount in counted.items() if amount}


def test_a_reaction_is_there_and_counted(article):
    member = uuid7()

    assert react(by=member, kind="article", target_id=article.pk, reaction="love") == (
        None,
        "love",
    )

    assert Reaction.objects.by(member).get().kind == "love"
    assert numbers(article.pk) == {"love": 1, "reaction": 1}


def test_switching_moves_the_count_and_not_the_sum(article):
    member = uuid7()
    for reaction in ("like", "helpful"):
        react(by=member, kind="article", target_id=article.pk, reaction=reaction)

    assert numbers(article.pk) == {"helpful": 1, "reaction": 1}
    assert Reaction.objects.count() == 1


def test_repeating_changes_nothing(article):
    member = uuid7()
    for _ in range(3):
        react(by=member, kind="article", target_id=article.pk, reaction="like")

    assert numbers(article.pk) == {"like": 1, "reaction": 1}


def test_taking_it_back_counts_down_once(article):
    member = uuid7()
    react(by=member, kind="article", target_id=article.pk, reaction="like")
    for _ in range(2):
        react(by=member, kind="article", target_id=article.pk, reaction=None)

    assert numbers(article.pk) == {}
    assert not Reaction.objects.exists()


def test_back_and_forth_is_one_line_of_activity(article):
    member = uuid7()
    for reaction in ("like", None, "love", None, "like"):
        react(by=member, kind="article", target_id=article.pk, reaction=reaction)

    assert Activity.objects.by(member).count() == 1


def test_an_unknown_reaction_is_refused(article):
    with pytest.raises(ValueError, match="hate"):
        react(by=uuid7(), kind="article", target_id=article.pk, reaction="hate")


def test_postgresql_refuses_a_second_reaction_and_an_unknown_one(article):
    member = uuid7()
    fields = {"user_id": member, "target_kind": "article", "target_id": article.pk}
    Reaction.objects.create(kind="like", **fields)

    for kind, name in (("love", "one_reaction"), ("hate", "kind_is_known")):
        with (
            pytest.raises(IntegrityError, match=name),
            transaction.atomic(using=ENGAGEMENT),
        ):
            Reaction.objects.create(kind=kind, **fields)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_toggles_at_once_are_exact(article):
    """Eight hands on three accounts, while the ledger is being folded."""
    members = [uuid7() for _ in range(3)]

    def tap(seed):
        chance = random.Random(seed)
        for _ in range(40):
            react(
                by=chance.choice(members),
                kind="article",
                target_id=article.pk,
                reaction=chance.choice(["like", "love", "celebrate", None]),
            )

    def fold():
        for _ in range(30):
            ledger.fold(batch=7)

    results = at_once(*[lambda n=n: tap(n) for n in range(8)], fold, fold)

    assert results == [None] * 10
    ledger.fold()
    rows = list(Reaction.objects.values_list("kind", flat=True))
    expected = {kind: rows.count(kind) for kind in set(rows)}
    if rows:
        expected["reaction"] = len(rows)
    assert numbers(article.pk) == expected
    assert reconciling.reconcile() == []
