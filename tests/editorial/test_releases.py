"""Releases: ready or not, live together, at a time, previewed, and back together."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.exceptions import Refused
from editorial.models import (
    AuditLog,
    LiveSlug,
    Notice,
    OutboxEvent,
    Release,
    ReleaseItem,
    Status,
)
from editorial.releases import conflicts, standings
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def signed_in(client):
    def as_person(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return as_person


def planned(by, *items, name="Monday", down=()):
    release = Release.objects.create(name=name, created_by=by)
    for item in (*items, *down):
        change = "unpublish" if item in down else "publish"
        ReleaseItem.objects.create(
            release=release, kind=item.KIND, item_id=item.pk, change=change
        )
    return release


def address(release, name="change", *args):
    return reverse(f"admin:editorial_release_{name}", args=[release.pk, *args])


def again(item):
    item.refresh_from_db()
    return item


@pytest.fixture
def three(wim, ines):
    """New, revised and to be taken down: all ready to go out."""
    new = factories.approve(factories.article(by=wim, title="New"), editor=ines)
    revised = factories.publish(factories.article(by=wim, title="Old"), editor=ines)
    factories.approve(
        factories.edit(revised, by=wim, title="Revised", slug="revised"), editor=ines
    )
    leaving = factories.publish(factories.course(by=wim, title="Leaving"), editor=ines)
    return new, revised, leaving


# --- Out, and back ----------------------------------------------------------------


def test_all_of_it_goes_live_and_all_of_it_goes_back(ines, three):
    new, revised, leaving = three
    release = planned(ines, new, revised, down=[leaving])

    actions.release(release, by=ines)

    assert [again(one).live_version and one.live_version.number for one in three] == [
        1, 2, None,
    ]  # fmt: skip
    event = OutboxEvent.objects.get(cause="release")
    assert set(event.items) >= {str(one.pk) for one in three}

    back = actions.revert_release(release, by=ines)

    assert [again(one).live_version and one.live_version.number for one in three] == [
        None, 1, 1,
    ]  # fmt: skip
    assert [one.status for one in three] == [
        Status.UNPUBLISHED,
        Status.APPROVED,
        Status.PUBLISHED,
    ]
    assert revised.title == "Revised", "a draft keeps its text"
    assert LiveSlug.objects.get(item_id=revised.pk).slug == "old"
    event = OutboxEvent.objects.get(cause="revert")
    assert event.group == back.pk and set(event.items) >= {str(one.pk) for one in three}
    assert AuditLog.objects.filter(action="revert", resource_id=back.pk).exists()

    actions.revert_release(back, by=ines)  # and forth again

    assert [again(one).live_version and one.live_version.number for one in three] == [
        1, 2, None,
    ]  # fmt: skip
    assert [one.status for one in three] == [
        Status.PUBLISHED,
        Status.PUBLISHED,
        Status.UNPUBLISHED,
    ]


def test_addresses_that_were_swapped_are_swapped_back(wim, ines):
    one = factories.publish(factories.article(by=wim, title="One"), editor=ines)
    two = factories.publish(factories.article(by=wim, title="Two"), editor=ines)
    factories.approve(factories.edit(one, by=wim, slug="two"), editor=ines)
    factories.approve(factories.edit(two, by=wim, slug="one"), editor=ines)
    release = planned(ines, one, two)
    assert all(standing.is_ready for standing in standings(release, ines))

    actions.release(release, by=ines)
    assert LiveSlug.objects.get(item_id=one.pk).slug == "two"
    actions.revert_release(release, by=ines)

    assert LiveSlug.objects.get(item_id=one.pk).slug == "one"
    assert LiveSlug.objects.get(item_id=two.pk).slug == "two"


def test_what_was_published_since_is_said_and_not_overwritten(wim, ines, three):
    new, revised, leaving = three
    release = planned(ines, new, revised, down=[leaving])
    actions.release(release, by=ines)
    factories.publish(factories.edit(again(new), by=wim, title="Newer"), editor=ines)

    assert conflicts(release, ines) == ["“Newer” was published since: readers have v2."]
    with pytest.raises(Refused, match="Nothing was taken back. “Newer” was published"):
        actions.revert_release(release, by=ines)
    assert again(revised).live_version.number == 2

    actions.revert_release(release, by=ines, leave=True)

    assert again(new).live_version.number == 2
    assert again(revised).live_version.number == 1
    with pytest.raises(Refused, match="taken back already"):
        actions.revert_release(release, by=ines)


def test_one_member_that_is_not_ready_holds_all_of_them(wim, ines, three):
    new, revised, leaving = three
    draft = factories.article(by=wim, title="Draft")
    release = planned(ines, draft, new, revised, down=[leaving])

    with pytest.raises(Refused):
        actions.release(release, by=ines)

    assert again(new).live_version is None
    assert again(revised).live_version.number == 1
    assert not OutboxEvent.objects.filter(cause="release").exists()


def test_each_member_says_what_it_will_do_or_why_it_cannot(wim, ines, three):
    new, revised, leaving = three
    draft = factories.article(by=wim, title="Draft")
    clash = factories.article(by=wim, title="Clash", slug="revised-2")
    factories.approve(factories.edit(clash, by=wim, slug="revised"), editor=ines)
    release = planned(ines, new, revised, draft, clash, down=[leaving])
    planned(ines, new, name="Tuesday")

    told = {one.title: one for one in standings(release, ines)}

    assert told["New"].will == "Goes live as v1."
    assert told["New"].notes == ["It is in “Tuesday”, too."]
    assert told["Leaving"].will == "Readers lose v1."
    assert told["Revised"].will.startswith("v2 replaces v1: the address and the title")
    assert told["Draft"].problems == ["It is a draft. Submit it, and have it approved."]
    for one in ("Revised", "Clash"):
        assert told[one].problems == ["Another one of this list wants “revised”, too."]


# --- At a time --------------------------------------------------------------------


def test_a_release_goes_out_once_when_it_is_due(ines, three):
    release = planned(ines, *three[:2], down=three[2:])
    in_an_hour = timezone.now() + timedelta(hours=1)
    actions.schedule_release(release, by=ines, release_at=in_an_hour)
    assert actions.fire_due() == 0
    Release.objects.update(release_at=timezone.now() - timedelta(seconds=1))

    assert actions.fire_due() == 1
    assert actions.fire_due() == 0

    release.refresh_from_db()
    assert release.released_by == ines
    assert again(three[1]).live_version.number == 2


def test_what_cannot_go_out_when_it_is_due_is_held_with_its_reason(wim, ines, three):
    release = planned(ines, *three[:2])
    actions.schedule_release(
        release, by=ines, release_at=timezone.now() + timedelta(hours=1)
    )
    actions.reopen(three[0], by=ines)
    Release.objects.update(release_at=timezone.now() - timedelta(seconds=1))

    assert actions.fire_due() == 0
    assert actions.fire_due() == 0

    release.refresh_from_db()
    assert release.released_at is None and "“New” is draft" in release.held_reason
    assert "“Monday” was held back when it was due: “New” is" in str(
        Notice.objects.get(person=ines, url=address(release))
    )
    assert again(three[1]).live_version.number == 1


def test_a_time_is_cancelled_and_bad_times_are_refused(ines, three):
    release = planned(ines, three[0])
    with pytest.raises(Refused, match="in the future"):
        actions.schedule_release(release, by=ines, release_at=timezone.now())
    actions.schedule_release(
        release, by=ines, release_at=timezone.now() + timedelta(hours=1)
    )
    release = actions.unschedule_release(release, by=ines)
    assert release.release_at is None and release.scheduled_by is None
    with pytest.raises(Refused, match="no time to cancel"):
        actions.unschedule_release(release, by=ines)


# --- The desk ---------------------------------------------------------------------


def test_the_desk_shows_previews_sends_and_takes_back(signed_in, ines, three):
    release = planned(ines, *three[:2], down=three[2:])
    client = signed_in(ines)

    page = client.get(address(release)).content.decode()
    assert "Ready." in page and "v2 replaces v1" in page
    together = client.get(address(release, "preview"))
    assert together.status_code == 200
    assert "frame-src 'self'" in together.headers["Content-Security-Policy"]
    assert together.content.decode().count("<iframe") == 2
    shown = client.get(address(release, "preview_one", three[1].pk))
    assert "Revised" in shown.content.decode()
    assert client.get(address(release, "preview_one", release.pk)).status_code == 404

    client.post(address(release, "schedule"), {"release_at": "2099-01-15T09:30"})
    assert "15 Jan 2099" in client.get(address(release)).content.decode()
    client.post(address(release, "schedule"), {"release_at": "soon"})
    client.post(address(release, "unschedule"))
    release.refresh_from_db()
    assert release.release_at is None

    client.post(address(release, "release"))
    assert again(three[0]).is_live
    assert "Take it back" in client.get(address(release)).content.decode()
    answer = client.post(address(release, "revert"), follow=True)
    assert "Took one back" in answer.content.decode()
    assert not again(three[0]).is_live


def test_who_may_not_publish_a_member_moves_nothing_and_reads_nothing(signed_in, three):
    other = factories.CategoryFactory()
    sam = factories.staff("sam", "editor", category=other)
    release = planned(sam, three[0])
    client = signed_in(sam)

    page = client.get(address(release)).content.decode()

    assert "An item of another desk" in page and ">New<" not in page
    assert client.get(address(release, "preview_one", three[0].pk)).status_code == 404
    for name, said in (
        ("release", {}),
        ("schedule", {"release_at": "2099-01-15T09:30"}),
    ):
        assert client.post(address(release, name), said).status_code == 403, name
    with pytest.raises(PermissionDenied):
        actions.schedule_release(
            release, by=sam, release_at=timezone.now() + timedelta(hours=1)
        )
    assert not again(three[0]).is_live


def test_authors_have_no_releases(signed_in, wim, ines, three):
    release = planned(ines, three[0])
    for name in ("release", "schedule", "unschedule", "revert"):
        assert signed_in(wim).post(address(release, name)).status_code == 404, name
    assert signed_in(wim).get(address(release, "preview")).status_code == 404
