import pytest

from cms.databases import EDITORIAL, ENGAGEMENT
from cms.uuids import uuid7
from engagement.activity.models import Activity
from engagement.refs.models import ContentRef, UserRef
from publishing.signals import delivered

from .conftest import at_once, down

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT])


def article_item(pk, *, sequence, epoch=1, live=True, **fields):
    ref = {
        "title": "First light",
        "url": "/articles/first-light/",
        "author_id": None,
        "comments_open": True,
    } | fields
    return {
        "id": pk,
        "kind": "article",
        "live": live,
        "epoch": epoch,
        "sequence": sequence,
        "ref": ref if live else {},
    }


def profile_item(pk, *, sequence, live=True, epoch=1, **fields):
    ref = {
        "display_name": "Wim",
        "slug": "wim",
        "avatar_url": "",
        "is_verified": False,
    } | fields
    return {
        "id": pk,
        "kind": "profile",
        "live": live,
        "epoch": epoch,
        "sequence": sequence,
        "ref": ref if live else {},
    }


def deliver(*items):
    delivered.send(None, items=list(items))


def test_a_delivered_article_is_known():
    pk, author = uuid7(), uuid7()

    deliver(article_item(pk, sequence=3, author_id=author, comments_open=False))

    ref = ContentRef.objects.live().get(pk=pk)
    assert (ref.title, ref.url) == ("First light", "/articles/first-light/")
    assert ref.author_id == author
    assert not ref.takes_comments


def test_late_and_repeated_deliveries_change_nothing():
    pk = uuid7()

    deliver(article_item(pk, sequence=3, title="Third"))
    deliver(article_item(pk, sequence=2, title="Second"))
    deliver(article_item(pk, sequence=3, title="Third again"))

    assert ContentRef.objects.get(pk=pk).title == "Third"


def test_a_late_publish_does_not_bring_back_what_was_taken_down():
    pk = uuid7()
    deliver(article_item(pk, sequence=1))
    deliver(article_item(pk, sequence=3, live=False))

    deliver(article_item(pk, sequence=2))

    ref = ContentRef.objects.get(pk=pk)
    assert not ref.is_live
    assert ref.title == "First light", "the title stays for who commented"


def test_a_new_epoch_wins_over_any_sequence_of_an_old_one():
    pk = uuid7()
    deliver(article_item(pk, sequence=900, title="Old"))

    deliver(article_item(pk, epoch=2, sequence=1, title="Restored"))

    assert ContentRef.objects.get(pk=pk).title == "Restored"


def test_kinds_that_nobody_discusses_are_passed_over():
    deliver(article_item(uuid7(), sequence=1) | {"kind": "media", "ref": {}})

    assert not ContentRef.objects.exists()


def test_publication_is_announced_once_and_only_when_it_is_news():
    news, imported = uuid7(), uuid7()

    for sequence in (1, 2):
        deliver(
            article_item(news, sequence=sequence) | {"announce": True},
            article_item(imported, sequence=sequence),
        )

    assert [line.target_id for line in Activity.objects.all()] == [news]


@pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT], transaction=True)
def test_a_failure_reaches_the_outbox_so_that_it_delivers_again():
    item = article_item(uuid7(), sequence=1)

    with down(ENGAGEMENT), pytest.raises(Exception, match="connection"):
        deliver(item)
    deliver(item)

    assert ContentRef.objects.live().exists()


# --- People --------------------------------------------------------------------------


def test_a_member_is_known_from_the_first_write(rosa):
    ref = UserRef.objects.remember(rosa)

    assert (ref.pk, ref.name, ref.has_page) == (rosa.pk, "Rosa", False)


def test_a_member_is_refreshed_on_change(rosa):
    UserRef.objects.remember(rosa)
    rosa.display_name = "Rosa Lang"

    assert UserRef.objects.remember(rosa).name == "Rosa Lang"


def test_remembering_an_unchanged_member_writes_nothing(
    rosa, rosa_ref, django_assert_num_queries
):
    with django_assert_num_queries(1, using=ENGAGEMENT):
        UserRef.objects.remember(rosa)


def test_deliveries_alone_name_who_has_a_public_page(wim):
    deliver(profile_item(wim.pk, sequence=2, display_name="Wim van Dam"))

    assert UserRef.objects.remember(wim).name == "Wim van Dam"


def test_who_loses_the_public_page_keeps_the_name(wim):
    deliver(profile_item(wim.pk, sequence=1, is_verified=True))
    deliver(profile_item(wim.pk, sequence=2, live=False))

    ref = UserRef.objects.get(pk=wim.pk)
    assert (ref.name, ref.badge, ref.has_page) == ("Wim", True, False)


def test_a_late_profile_changes_nothing(wim):
    deliver(profile_item(wim.pk, sequence=5, display_name="New"))
    deliver(profile_item(wim.pk, sequence=4, display_name="Old"))

    assert UserRef.objects.get(pk=wim.pk).name == "New"


def test_a_deactivated_member_is_not_named(rosa):
    rosa.is_active = False

    assert UserRef.objects.remember(rosa).name == "Former member"


@pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT], transaction=True)
def test_two_first_writes_of_a_member_make_one_row(rosa):
    results = at_once(*[lambda: UserRef.objects.remember(rosa)] * 4)

    assert {ref.pk for ref in results} == {rosa.pk}


@pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT], transaction=True)
def test_simultaneous_deliveries_leave_the_newest():
    pk = uuid7()
    items = [article_item(pk, sequence=n, title=str(n)) for n in range(1, 9)]

    results = at_once(*[lambda item=item: deliver(item) for item in items])

    assert results == [None] * 8
    assert ContentRef.objects.get(pk=pk).title == "8"
