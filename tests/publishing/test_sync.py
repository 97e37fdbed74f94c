"""From the outbox to the public store: whole, once, in any order."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial import actions
from editorial.models import (
    Announcement,
    Article,
    OutboxEvent,
    Release,
    ReleaseItem,
    SyncState,
    WriteEpoch,
)
from publishing import sync, verification
from publishing.models import (
    GatedLesson,
    PublicRedirect,
    PublicUserProfile,
    PublishedArticle,
    PublishedCategory,
    PublishedCourse,
    PublishedLesson,
    PublishedMedia,
    Receipt,
    SyncFence,
)
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


# --- Works ------------------------------------------------------------------------


def test_readers_see_an_article_once_it_was_delivered(published, deliver_all):
    assert not PublishedArticle.objects.exists()

    deliver_all()

    row = PublishedArticle.objects.get()
    assert row.pk == published.pk
    assert row.slug == "first-light"
    assert row.author_name == "Wim"
    assert "The harbour at five." in row.content_html
    assert row.content_version == 1
    assert row.breadcrumbs == [
        {"name": published.category.name, "slug": published.category.slug}
    ]


def test_the_copy_is_the_same_wherever_the_site_is_served(
    published, deliver_all, settings, client
):
    deliver_all()

    settings.SITE_ORIGIN = "https://elsewhere.example"

    assert not verification.compare().drift
    page = client.get("/articles/first-light/").content.decode()
    assert '"url":"https://elsewhere.example/articles/first-light/"' in page.replace(
        '": "', '":"'
    )


def test_the_author_and_the_image_become_public_with_the_article(
    wim, ines, deliver_all
):
    image = factories.MediaFactory()
    item = factories.publish(
        factories.article(by=wim, featured_image=image), editor=ines
    )
    deliver_all()

    assert PublicUserProfile.objects.get().pk == wim.pk
    assert PublishedMedia.objects.get().pk == image.pk
    assert PublishedArticle.objects.get().image["alt"] == "A harbour at dawn."

    actions.unpublish(item, by=ines)
    deliver_all()

    assert not PublicUserProfile.objects.exists()
    assert not PublishedMedia.objects.exists()


def test_a_draft_never_reaches_the_public_store(draft, deliver_all):
    deliver_all()

    assert not PublishedArticle.objects.exists()


def test_what_is_taken_down_leaves_a_gone_address(published, ines, deliver_all):
    deliver_all()

    actions.unpublish(published, by=ines)
    deliver_all()

    assert not PublishedArticle.objects.exists()
    redirect = PublicRedirect.objects.get()
    assert (redirect.old_slug, redirect.new_slug) == ("first-light", "")
    assert not SyncFence.objects.get(pk=published.pk).is_live


def test_an_old_address_leads_to_the_new_one(published, wim, ines, deliver_all):
    factories.publish(factories.edit(published, by=wim, slug="dawn"), editor=ines)
    deliver_all()

    redirect = PublicRedirect.objects.get()
    assert (redirect.old_slug, redirect.new_slug) == ("first-light", "dawn")


def test_a_paid_lesson_keeps_its_body_behind_the_gate(wim, ines, deliver_all):
    factories.publish(factories.course(by=wim, is_free=False), editor=ines)
    deliver_all()

    preview = PublishedLesson.objects.get(slug="knots")
    gated = PublishedLesson.objects.get(slug="wind")
    assert "All about knots." in preview.content_html
    assert gated.is_gated
    assert gated.content_html == ""
    assert "All about wind." in GatedLesson.objects.get().content_html
    assert "All about wind" not in PublishedCourse.objects.get().search_text


def test_a_video_behind_the_gate_is_not_among_the_public_files(wim, ines, deliver_all):
    course = factories.course(by=wim, is_free=False)
    behind, before = factories.MediaFactory(), factories.MediaFactory()
    with actions.editing(course, by=wim) as fresh:
        fresh.lessons.filter(slug="wind").update(video=behind)
        fresh.lessons.filter(slug="knots").update(video=before)
    factories.publish(course, editor=ines)
    deliver_all()

    assert list(PublishedMedia.objects.values_list("pk", flat=True)) == [before.pk]
    assert GatedLesson.objects.get().video_url == behind.url

    with actions.editing(course, by=wim) as fresh:
        fresh.lessons.filter(slug="wind").update(is_preview=True)
    factories.publish(course, editor=ines)
    deliver_all()

    assert PublishedMedia.objects.count() == 2


def test_a_publish_that_came_with_another_event_has_its_receipt(published, deliver_all):
    with transaction.atomic(using=EDITORIAL):
        late = OutboxEvent.objects.mark(
            {published.pk: "article"}, cause="person changed", priority=-1
        )
    sync.deliver(late.pk)

    deliver_all()

    assert Receipt.objects.get().cause == "publish"


def test_a_free_course_hides_nothing(wim, ines, deliver_all):
    factories.publish(factories.course(by=wim), editor=ines)
    deliver_all()

    assert not GatedLesson.objects.exists()
    assert PublishedCourse.objects.get().lesson_count == 2


def test_a_publish_has_a_receipt(published, deliver_all):
    deliver_all()

    receipt = Receipt.objects.get(cause="publish")
    assert receipt.url == "/articles/first-light/"
    assert receipt.content_version == 1
    assert receipt.projected_at >= receipt.committed_at


def test_a_publication_is_announced_once(published, deliver_all):
    event = OutboxEvent.objects.get(cause="publish")
    deliver_all()

    OutboxEvent.objects.filter(pk=event.pk).update(delivered_at=None)
    deliver_all()

    assert Announcement.objects.get().version == published.live_version


# --- Fan-out ----------------------------------------------------------------------


def test_a_new_name_of_the_author_reaches_every_article(
    wim, ines, published, deliver_all
):
    factories.publish(factories.article(by=wim, title="Two"), editor=ines)
    deliver_all()

    wim.display_name = "Wim Verhoeven"
    wim.save()
    deliver_all()

    names = set(PublishedArticle.objects.values_list("author_name", flat=True))
    assert names == {"Wim Verhoeven"}
    assert PublicUserProfile.objects.get().display_name == "Wim Verhoeven"


def test_a_renamed_category_changes_the_breadcrumbs_below_it(wim, ines, deliver_all):
    science = factories.CategoryFactory(name="Science")
    space = factories.CategoryFactory(name="Space", parent=science)
    factories.publish(factories.article(by=wim, category=space), editor=ines)
    deliver_all()

    science.name = "Sciences"
    science.save()
    deliver_all()

    assert PublishedArticle.objects.get().breadcrumbs[0]["name"] == "Sciences"
    below = PublishedCategory.objects.get(slug=space.slug)
    assert below.breadcrumbs[0]["name"] == "Sciences"


def test_a_moved_category_takes_its_articles_along(wim, ines, deliver_all):
    science, arts = factories.CategoryFactory(), factories.CategoryFactory()
    space = factories.CategoryFactory(parent=science)
    factories.publish(factories.article(by=wim, category=space), editor=ines)
    deliver_all()

    space.parent = arts
    space.save()
    deliver_all()

    row = PublishedArticle.objects.get()
    assert row.breadcrumbs[0]["name"] == arts.name
    assert PublishedArticle.objects.in_category(arts.path).exists()
    assert not PublishedArticle.objects.in_category(science.path).exists()


def test_a_rename_writes_one_event_whatever_depends_on_it(wim, published):
    before = OutboxEvent.objects.count()

    wim.display_name = "Somebody"
    wim.save()

    assert OutboxEvent.objects.count() == before + 2  # the profile, and the fan-out


# --- Order, repetition, failure -----------------------------------------------------


def test_late_events_do_not_bring_an_article_back(published, ines, deliver_all):
    publish = OutboxEvent.objects.get(cause="publish")
    actions.unpublish(published, by=ines)
    unpublish = OutboxEvent.objects.get(cause="unpublish")

    sync.deliver(unpublish.pk)
    sync.deliver(publish.pk)

    assert not PublishedArticle.objects.exists()


def test_a_repeated_event_writes_nothing(published, deliver_all):
    deliver_all()
    before = PublishedArticle.objects.get().synced_at
    OutboxEvent.objects.update(delivered_at=None)

    deliver_all()

    assert PublishedArticle.objects.get().synced_at == before


def test_the_fence_stands_at_the_sequence_of_what_was_read(
    published, wim, ines, deliver_all
):
    first = OutboxEvent.objects.get(cause="publish")
    factories.publish(factories.edit(published, by=wim, title="Two"), editor=ines)

    sync.deliver(first.pk)

    assert PublishedArticle.objects.get().title == "Two"
    fence = SyncFence.objects.get(pk=published.pk)
    assert fence.sequence == SyncState.objects.get(pk=published.pk).sequence


def test_a_poisoned_event_does_not_stop_the_others(wim, ines, deliver_all):
    bad = factories.publish(factories.article(by=wim, title="Bad"), editor=ines)
    good = factories.publish(factories.article(by=wim, title="Good"), editor=ines)
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute(
            "UPDATE versions SET rendered = '{}' WHERE item_id = %s", [bad.pk]
        )

    sync.deliver_waiting()

    assert PublishedArticle.objects.get().pk == good.pk
    failed = OutboxEvent.objects.waiting().get()
    assert "KeyError" in failed.error
    assert failed.lease_until > timezone.now()


def test_two_workers_never_hold_one_event(published):
    event = OutboxEvent.objects.get(cause="publish")

    assert OutboxEvent.objects.claim(event_id=event.pk) == [event.pk]
    assert OutboxEvent.objects.claim(event_id=event.pk) == []

    OutboxEvent.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert OutboxEvent.objects.claim(event_id=event.pk) == [event.pk]


def test_urgent_events_go_first(wim, published):
    wim.display_name = "Slow"
    wim.save()

    claimed = OutboxEvent.objects.claim(limit=100)

    first = OutboxEvent.objects.get(pk=claimed[0])
    last = OutboxEvent.objects.get(pk=claimed[-1])
    assert first.priority == 0
    assert last.priority == -1


def test_many_workers_deliver_the_same_events_at_once(wim, ines):
    items = [
        factories.publish(factories.article(by=wim, title=f"No {n}"), editor=ines)
        for n in range(6)
    ]
    events = list(OutboxEvent.objects.values_list("pk", flat=True))

    def work():
        for pk in events:
            OutboxEvent.objects.filter(pk=pk).update(lease_until=None)
            sync.deliver(pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert PublishedArticle.objects.count() == len(items)
    assert not verification.compare().drift


# --- Releases ---------------------------------------------------------------------


def two_in_a_release(wim, ines):
    items = [factories.article(by=wim, title=title) for title in ("One", "Two")]
    release = Release.objects.create(name="Both", created_by=ines)
    for item in items:
        factories.approve(item, editor=ines)
        ReleaseItem.objects.create(release=release, kind="article", item_id=item.pk)
    actions.release(release, by=ines)
    return items


def test_no_delivery_applies_one_member_of_a_release_alone(wim, ines):
    one, _ = two_in_a_release(wim, ines)
    with transaction.atomic(using=EDITORIAL):
        other = OutboxEvent.objects.mark({one.pk: "article"}, cause="person changed")

    sync.deliver(other.pk)

    assert PublishedArticle.objects.count() == 2


# --- Restores ---------------------------------------------------------------------


def test_nothing_is_delivered_while_the_epochs_differ(published):
    WriteEpoch.objects.update(epoch=7)
    event = OutboxEvent.objects.get(cause="publish")

    assert not sync.deliver(event.pk)

    assert not PublishedArticle.objects.exists()
    event.refresh_from_db()
    assert "after_restore" in event.error


def test_after_a_restore_the_stores_agree_again(wim, ines, published, deliver_all):
    deliver_all()
    kept = dict(SyncState.objects.values_list("pk", "sequence"))
    late = factories.publish(factories.article(by=wim, title="Lost"), editor=ines)
    factories.publish(factories.edit(published, by=wim, title="Later"), editor=ines)
    deliver_all()
    # The Write DB goes back to where it was before the second publish.
    Article.objects.filter(pk=late.pk).update(status="draft", live_version=None)
    Article.objects.filter(pk=published.pk).update(
        live_version=published.live_version_id
    )
    SyncState.objects.exclude(pk__in=kept).delete()
    for pk, sequence in kept.items():
        SyncState.objects.filter(pk=pk).update(sequence=sequence)

    sync.after_restore()
    deliver_all()

    assert not verification.compare().drift
    assert not PublishedArticle.objects.filter(pk=late.pk).exists()


def test_restoring_twice_raises_the_epoch_twice(deliver_all):
    first, _ = sync.after_restore()
    WriteEpoch.objects.update(epoch=1)

    second, _ = sync.after_restore()

    assert second == first + 1


# --- Comparing --------------------------------------------------------------------


@pytest.fixture
def in_sync(published, deliver_all):
    deliver_all()
    assert not verification.compare().drift
    return published


def test_a_missing_copy_is_found_and_healed(in_sync):
    PublishedArticle.objects.all().delete()

    report = verification.compare()

    assert report.missing == [("article", str(in_sync.pk))]
    verification.heal(report)
    assert not verification.compare().drift


def test_an_altered_copy_is_found_and_healed(in_sync):
    PublishedArticle.objects.update(title="Hacked")

    report = verification.compare()

    assert report.altered == [("article", str(in_sync.pk))]
    verification.heal(report)
    assert PublishedArticle.objects.get().title == "First light"


def test_an_orphan_is_found_and_healed(in_sync):
    Article.objects.update(live_version=None, status="draft")

    report = verification.compare()

    assert report.orphan == [("article", str(in_sync.pk))]
    verification.heal(report)
    assert not PublishedArticle.objects.exists()


def test_a_stale_copy_is_found(in_sync, wim, ines):
    factories.publish(factories.edit(in_sync, by=wim, title="Two"), editor=ines)

    assert verification.compare().stale == [("article", str(in_sync.pk))]


# --- Who may not ------------------------------------------------------------------


def test_marking_outside_a_transaction_is_refused(published):
    with pytest.raises(AssertionError):
        OutboxEvent.objects.mark({published.pk: "article"}, cause="test")


def test_a_publish_that_is_rolled_back_tells_nobody(approved, ines):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=EDITORIAL):
        actions.publish(approved, by=ines)
        raise ZeroDivisionError

    assert not OutboxEvent.objects.filter(cause="publish").exists()
    assert not PublishedArticle.objects.using(PUBLIC).exists()
