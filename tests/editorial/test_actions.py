"""The workflow, action by action: works, who may not, bad input, races."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections
from django.utils import timezone

from cms.databases import EDITORIAL
from editorial import actions
from editorial.exceptions import Refused, StaleEdit
from editorial.models import (
    Article,
    AuditLog,
    LiveSlug,
    LiveUse,
    OutboxEvent,
    Redirect,
    Release,
    ReleaseItem,
    Review,
    Status,
    Version,
    WorkflowHistory,
)
from tests import factories
from tests.factories import paragraph

pytestmark = pytest.mark.django_db(databases=[EDITORIAL])


# --- Works ------------------------------------------------------------------------


def test_an_article_goes_from_draft_to_reader(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    actions.approve(draft, by=ines)
    actions.publish(draft, by=ines)

    assert draft.status == Status.PUBLISHED
    assert draft.live_version == draft.approved_version
    assert list(
        WorkflowHistory.objects.of(draft).values_list("transition", flat=True)
    ) == ["publish", "approve", "start_review", "submit"]


def test_a_publish_writes_one_event_with_its_version(published):
    event = OutboxEvent.objects.filter(cause="publish").get()

    assert event.version == published.live_version
    assert event.announce
    assert str(published.pk) in event.items


def test_a_version_is_made_only_where_the_content_changed(wim, draft):
    first = actions.save_version(draft, by=wim)
    again = actions.save_version(draft, by=wim)
    factories.edit(draft, by=wim, title="Second light")

    assert first == again
    assert Version.objects.of(draft).count() == 2
    assert Version.objects.of(draft).first().diff_from_previous["fields"] == {
        "title": ["First light", "Second light"]
    }


def test_publishing_makes_no_version(approved, ines):
    before = Version.objects.count()

    actions.publish(approved, by=ines)

    assert Version.objects.count() == before


def test_changes_can_be_requested_with_a_comment(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    actions.request_changes(draft, by=ines, comment="Name the boat.")

    assert draft.status == Status.CHANGES_REQUESTED
    review = Review.objects.on(draft).get()
    assert review.status == Review.Status.CHANGES_REQUESTED
    assert review.overall_comment == "Name the boat."


def test_an_owner_withdraws_and_the_review_is_closed(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    actions.withdraw(draft, by=wim)

    assert draft.status == Status.DRAFT
    assert Review.objects.on(draft).get().status == Review.Status.WITHDRAWN


def test_a_review_can_be_given_to_somebody_else(wim, ines, draft):
    other = factories.staff("nora", "reviewer")
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    actions.reassign_review(draft, by=ines, reviewer=other)

    assert draft.open_review().reviewer == other


def test_the_first_edit_after_approval_voids_it(approved, ines):
    actions.schedule(approved, by=ines, publish_at=timezone.now() + timedelta(hours=1))

    factories.edit(approved, by=ines, title="Changed")

    assert approved.status == Status.DRAFT
    assert approved.approved_version is None
    assert approved.publish_at is None


def test_readers_keep_the_live_version_while_the_next_is_written(published, wim):
    live = published.live_version

    factories.edit(published, by=wim, title="Changed")

    assert published.status == Status.DRAFT
    assert published.live_version == live
    assert published.state_line() == "live v1 · v2 draft"


def test_an_editor_may_edit_during_a_review_and_the_review_follows(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    factories.edit(draft, by=ines, title="Better")

    assert draft.status == Status.IN_REVIEW
    assert draft.open_review().version == draft.latest_version
    assert draft.latest_version.title == "Better"


def test_taking_down_a_revised_article_leaves_its_draft_alone(published, wim, ines):
    factories.edit(published, by=wim, title="Changed")

    actions.unpublish(published, by=ines)

    assert published.status == Status.DRAFT
    assert not published.is_live


def test_an_archived_article_is_down_and_can_come_back(published, ines):
    actions.archive(published, by=ines)

    assert published.status == Status.ARCHIVED
    assert not published.is_live
    assert not LiveSlug.objects.exists()
    actions.unarchive(published, by=ines)
    assert published.status == Status.DRAFT


def test_an_unpublished_article_can_go_live_again_unchanged(published, ines):
    first = published.first_published_at
    actions.unpublish(published, by=ines)

    actions.publish(published, by=ines)

    assert published.status == Status.PUBLISHED
    assert published.first_published_at == first


def test_a_restored_version_is_a_new_one_and_is_not_published(published, wim):
    first = published.live_version
    factories.edit(published, by=wim, title="Worse", body=[paragraph("Gone.")])

    actions.restore_version(published, first, by=wim)

    assert published.title == "First light"
    assert published.latest_version.content_hash == first.content_hash
    assert published.latest_version.number == 3
    assert published.status == Status.DRAFT


def test_one_block_can_be_restored(draft, wim):
    keep = draft.block_list()[0]
    version = actions.save_version(draft, by=wim)
    changed = paragraph("Changed.", keep["id"])
    factories.edit(draft, by=wim, body=[changed, paragraph("New.")])

    actions.restore_version(draft, version, by=wim, block_id=keep["id"])

    assert draft.block_list()[0] == keep
    assert len(draft.block_list()) == 2


def test_a_course_takes_the_same_path(wim, ines):
    course = factories.course(by=wim)

    factories.publish(course, editor=ines)

    assert course.status == Status.PUBLISHED
    assert len(course.live_version.rendered["lessons"]) == 2


def test_a_course_version_brings_back_lessons_that_were_deleted(wim):
    course = factories.course(by=wim)
    version = actions.save_version(course, by=wim)
    with actions.editing(course, by=wim) as fresh:
        fresh.lessons.all().delete()

    actions.restore_version(course, version, by=wim)

    assert course.lessons.count() == 2
    assert course.content_hash() == version.content_hash


def test_a_new_address_leaves_a_redirect_behind(published, wim, ines):
    old = published.slug
    factories.edit(published, by=wim, slug="new-address")

    factories.publish(published, editor=ines)

    assert Redirect.objects.get().old_slug == old
    assert LiveSlug.objects.get().slug == "new-address"


def test_what_a_live_version_uses_is_known_while_it_is_live(wim, ines):
    tag, image = factories.TagFactory(), factories.MediaFactory()
    item = factories.article(by=wim, featured_image=image)
    with actions.editing(item, by=wim) as fresh:
        fresh.tags.add(tag)
    factories.publish(item, editor=ines)

    used = set(LiveUse.objects.values_list("used_id", flat=True))
    assert used == {wim.pk, tag.pk, image.pk, item.category_id}
    actions.unpublish(item, by=ines)
    assert not LiveUse.objects.exists()


def test_a_release_swaps_two_addresses_at_once(wim, ines):
    one = factories.publish(factories.article(by=wim, title="One"), editor=ines)
    two = factories.publish(factories.article(by=wim, title="Two"), editor=ines)
    factories.approve(factories.edit(one, by=wim, slug="two"), editor=ines)
    factories.approve(factories.edit(two, by=wim, slug="one"), editor=ines)
    release = Release.objects.create(name="Swap", created_by=ines)
    for item in (one, two):
        ReleaseItem.objects.create(release=release, kind="article", item_id=item.pk)

    actions.release(release, by=ines)

    assert LiveSlug.objects.get(item_id=one.pk).slug == "two"
    assert LiveSlug.objects.get(item_id=two.pk).slug == "one"
    assert OutboxEvent.objects.get(cause="release").group == release.pk


# --- The schedule -----------------------------------------------------------------


def test_what_is_due_is_published_once(approved, ines):
    actions.schedule(approved, by=ines, publish_at=timezone.now() + timedelta(hours=1))
    Article.objects.update(publish_at=timezone.now() - timedelta(seconds=1))

    assert actions.fire_due() == 1
    assert actions.fire_due() == 0

    approved.refresh_from_db()
    assert approved.status == Status.PUBLISHED
    assert OutboxEvent.objects.filter(cause="publish").count() == 1


def test_a_planned_end_takes_it_down(published, ines):
    actions.set_unpublish_at(
        published, by=ines, unpublish_at=timezone.now() + timedelta(hours=1)
    )
    Article.objects.update(unpublish_at=timezone.now() - timedelta(seconds=1))

    actions.fire_due()

    published.refresh_from_db()
    assert published.status == Status.UNPUBLISHED


def test_a_schedule_of_somebody_who_lost_the_right_is_held(approved, ines):
    actions.schedule(approved, by=ines, publish_at=timezone.now() + timedelta(hours=1))
    Article.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
    ines.role_assignments.all().delete()

    assert actions.fire_due() == 0

    approved.refresh_from_db()
    assert approved.status == Status.SCHEDULED
    assert "role" in approved.held_reason


def test_a_new_time_after_a_held_take_down_counts(published, ines):
    soon = timezone.now() + timedelta(hours=1)
    actions.set_unpublish_at(published, by=ines, unpublish_at=soon)
    Article.objects.update(held_reason="No editorial role.")
    published.refresh_from_db()

    actions.set_unpublish_at(published, by=ines, unpublish_at=soon)
    Article.objects.update(unpublish_at=timezone.now() - timedelta(seconds=1))

    assert actions.fire_due() == 1


def test_one_bad_item_does_not_stop_what_is_due_after_it(wim, ines):
    items = [factories.article(by=wim, title=title) for title in ("Bad", "Good")]
    for item in items:
        factories.approve(item, editor=ines)
        actions.schedule(item, by=ines, publish_at=timezone.now() + timedelta(hours=1))
    Article.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
    Version.objects.filter(item_id=items[0].pk).update(snapshot={})

    assert actions.fire_due() == 1

    items[0].refresh_from_db()
    assert items[0].held_reason


def test_nothing_fires_early(approved, ines):
    actions.schedule(approved, by=ines, publish_at=timezone.now() + timedelta(hours=1))

    assert actions.fire_due() == 0


# --- Who may not ------------------------------------------------------------------


def test_an_author_cannot_publish(approved, wim):
    with pytest.raises(PermissionDenied):
        actions.publish(approved, by=wim)

    approved.refresh_from_db()
    assert approved.status == Status.APPROVED
    assert not OutboxEvent.objects.filter(cause="publish").exists()


def test_an_author_cannot_touch_somebody_elses_draft(draft, omar):
    with pytest.raises(PermissionDenied), actions.editing(draft, by=omar) as fresh:
        fresh.title = "Mine now"

    draft.refresh_from_db()
    assert draft.title == "First light"


def test_an_editor_of_another_category_cannot_publish(approved):
    elsewhere = factories.staff("eli", "editor", category=factories.CategoryFactory())

    with pytest.raises(PermissionDenied, match="other categories"):
        actions.publish(approved, by=elsewhere)


def test_an_editor_of_the_parent_category_can_publish(wim, ines):
    science = factories.CategoryFactory(name="Science")
    space = factories.CategoryFactory(name="Space", parent=science)
    item = factories.approve(factories.article(by=wim, category=space), editor=ines)
    sam = factories.staff("sam", "editor", category=science)

    actions.publish(item, by=sam)

    assert item.is_live


def test_an_editor_cannot_move_an_article_out_of_reach(wim):
    science = factories.CategoryFactory()
    sam = factories.staff("sam", "editor", category=science)
    item = factories.article(by=wim, category=science)

    with pytest.raises(PermissionDenied):
        factories.edit(item, by=sam, category=factories.CategoryFactory())


def test_authors_do_not_approve_their_own_work(ines):
    own = factories.article(by=ines)
    actions.submit(own, by=ines)
    actions.start_review(own, by=ines)

    with pytest.raises(PermissionDenied, match="own work"):
        actions.approve(own, by=ines)


def test_a_contributor_submits_and_that_is_all(cleo, ines):
    item = factories.article(by=cleo)
    actions.submit(item, by=cleo)

    with pytest.raises(PermissionDenied):
        actions.withdraw(item, by=cleo)


def test_nobody_edits_what_waits_for_review_but_editors(wim, draft):
    actions.submit(draft, by=wim)

    with pytest.raises(PermissionDenied):
        factories.edit(draft, by=wim, title="Too late")


def test_an_expired_role_gives_nothing(draft):
    late = factories.staff(
        "lena", "editor", expires_at=timezone.now() - timedelta(seconds=1)
    )

    with pytest.raises(PermissionDenied, match="No editorial role"):
        actions.archive(draft, by=late)


def test_a_deactivated_person_can_do_nothing(draft, ines):
    ines.is_active = False
    ines.save()

    with pytest.raises(PermissionDenied):
        actions.archive(draft, by=ines)


# --- Bad input --------------------------------------------------------------------


def test_an_incomplete_draft_says_what_is_missing(wim):
    empty = actions.create(Article(title="", author=wim), by=wim)

    with pytest.raises(Refused) as problem:
        actions.submit(empty, by=wim)

    assert "title" in str(problem.value)
    assert "category" in str(problem.value)
    assert "body" in str(problem.value)


def test_changes_are_not_requested_without_a_word(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    with pytest.raises(Refused, match="Say what should change"):
        actions.request_changes(draft, by=ines, comment=" ")


def test_a_schedule_in_the_past_is_refused(approved, ines):
    with pytest.raises(Refused, match="future"):
        actions.schedule(approved, by=ines, publish_at=timezone.now())


def test_two_live_articles_cannot_share_an_address(wim, ines, published):
    other = factories.article(by=wim, title="Other")
    factories.edit(other, by=wim, slug=published.slug)
    factories.approve(other, editor=ines)

    with pytest.raises(Refused, match="already has the address"):
        actions.publish(other, by=ines)


def test_a_text_that_changed_behind_the_approval_is_not_published(approved, ines):
    approved.blocks.all().delete()

    with pytest.raises(Refused, match="approved again"):
        actions.publish(approved, by=ines)


def test_a_faulty_block_is_named_and_nothing_is_lost(draft, wim):
    bad = {"id": paragraph("")["id"], "type": "nonsense", "content": {}}

    with pytest.raises(ValidationError, match="nonsense"):
        factories.edit(draft, by=wim, body=[paragraph("Fine."), bad])

    assert len(draft.block_list()) == 1


def test_nothing_in_review_is_archived(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)

    with pytest.raises(Refused, match="cannot archive"):
        actions.archive(draft, by=ines)


# --- Races ------------------------------------------------------------------------


def test_an_edit_of_an_older_text_is_refused(draft, wim):
    seen = draft.revision
    factories.edit(draft, by=wim, title="Faster")

    with (
        pytest.raises(StaleEdit, match="Nothing was lost"),
        actions.editing(draft, by=wim, seen_revision=seen) as fresh,
    ):
        fresh.title = "Slower"

    draft.refresh_from_db()
    assert draft.title == "Faster"


def test_an_approval_of_an_older_text_is_refused(wim, ines, draft):
    actions.submit(draft, by=wim)
    actions.start_review(draft, by=ines)
    seen = draft.revision
    factories.edit(draft, by=ines, title="Sneaked in")

    with pytest.raises(StaleEdit):
        actions.approve(draft, by=ines, seen_revision=seen)


@pytest.mark.django_db(transaction=True, databases=[EDITORIAL])
def test_of_twenty_editors_who_publish_at_once_one_does():
    wim, ines = factories.staff("wim", "author"), factories.staff("ines", "editor")
    item = factories.approve(factories.article(by=wim), editor=ines)
    results = []

    def try_it():
        try:
            actions.publish(Article.objects.get(pk=item.pk), by=ines)
            results.append("done")
        except Refused:
            results.append("refused")
        finally:
            connections[EDITORIAL].close()

    threads = [threading.Thread(target=try_it) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["done"] + ["refused"] * 19
    assert OutboxEvent.objects.filter(cause="publish").count() == 1


@pytest.mark.django_db(transaction=True, databases=[EDITORIAL])
def test_no_edit_is_lost_when_many_save_at_once():
    wim = factories.staff("wim", "author")
    item = factories.article(by=wim)
    done, refused = [], []

    def save(number):
        try:
            mine = Article.objects.get(pk=item.pk)
            with actions.editing(
                mine, by=wim, seen_revision=mine.revision, summary="Mine."
            ) as fresh:
                fresh.title = f"Title {number}"
            done.append(number)
        except StaleEdit:
            refused.append(number)
        finally:
            connections[EDITORIAL].close()

    threads = [threading.Thread(target=save, args=[n]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    titles = set(Version.objects.of(item).values_list("title", flat=True))
    assert titles == {f"Title {number}" for number in done}
    assert len(done) + len(refused) == 12


# --- The audit log ----------------------------------------------------------------


def test_each_action_leaves_a_chained_row(published):
    rows = list(AuditLog.objects.order_by("number"))

    assert [row.action for row in rows] == [
        "create",
        "submit",
        "start_review",
        "approve",
        "publish",
    ]
    for before, row in zip([None, *rows], rows, strict=False):
        assert row.previous_hash == (before.hash if before else "")
        assert row.hash == row.compute_hash()
