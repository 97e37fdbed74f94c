"""Tasks, releases, categories and the ledgers on the desk."""

import pytest
from django.urls import reverse

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import (
    Article,
    AuditLog,
    Category,
    EditorialTask,
    OutboxEvent,
    Release,
    ReleaseItem,
    Status,
    Tag,
)
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])


@pytest.fixture
def signed_in(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


# --- Works ------------------------------------------------------------------------


def test_an_editor_gives_a_task_and_the_author_ticks_it_off(signed_in, ines, wim):
    signed_in(ines).post(
        reverse("admin:editorial_editorialtask_add"),
        {
            "title": "Ring the harbour master",
            "task_type": "edit",
            "priority": "high",
            "assigned_to": str(wim.pk),
            "due_date": "2099-01-01T10:00",
            "status": "pending",
        },
    )
    task = EditorialTask.objects.get()
    assert (task.assigned_by, task.assigned_to) == (ines, wim)
    desk = signed_in(wim).get(reverse("admin:index")).content.decode()
    assert "Ring the harbour master" in desk

    signed_in(wim).post(reverse("admin:editorial_editorialtask_done", args=[task.pk]))

    task.refresh_from_db()
    assert task.completed_at is not None


def test_a_release_goes_out_as_one(signed_in, ines, wim):
    one = factories.approve(factories.article(by=wim, title="One"), editor=ines)
    two = factories.approve(factories.article(by=wim, title="Two"), editor=ines)
    posted = {
        "name": "Both",
        "items-TOTAL_FORMS": "2",
        "items-INITIAL_FORMS": "0",
        "items-0-item": f"article:{one.pk}",
        "items-0-change": "publish",
        "items-1-item": f"article:{two.pk}",
        "items-1-change": "publish",
        "_continue": "1",
    }
    signed_in(ines).post(reverse("admin:editorial_release_add"), posted)
    release = Release.objects.get()
    assert release.created_by == ines

    signed_in(ines).post(reverse("admin:editorial_release_release", args=[release.pk]))

    assert {one.status for one in Article.objects.all()} == {Status.PUBLISHED}
    page = reverse("admin:editorial_release_change", args=[release.pk])
    assert "went out" in signed_in(ines).get(page).content.decode()


def test_a_failed_event_is_tried_again(signed_in, ines, published):
    event = OutboxEvent.objects.filter(cause="publish").get()
    event.postpone("OperationalError: the public store is away")
    page = reverse("admin:editorial_outboxevent_change", args=[event.pk])
    assert "the public store is away" in signed_in(ines).get(page).content.decode()
    assert "Needs a person" in signed_in(ines).get("/admin/").content.decode()

    signed_in(ines).post(reverse("admin:editorial_outboxevent_retry", args=[event.pk]))

    event.refresh_from_db()
    assert event.lease_until is None
    assert AuditLog.objects.filter(action="retry", resource_id=event.pk).exists()


def test_the_audit_log_opens_and_cannot_be_written(signed_in, published):
    boss = factories.staff("boss", "admin")
    row = AuditLog.objects.first()
    client = signed_in(boss)

    page = reverse("admin:editorial_auditlog_change", args=[row.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"action": "forged"}).status_code == 403
    assert client.get(reverse("admin:editorial_auditlog_add")).status_code == 403


# --- Who may not ------------------------------------------------------------------


def test_a_task_of_somebody_else_is_not_ticked_off(signed_in, wim, omar):
    task = EditorialTask.objects.create(title="Not yours", assigned_to=omar)

    answer = signed_in(wim).post(
        reverse("admin:editorial_editorialtask_done", args=[task.pk])
    )

    assert answer.status_code == 404
    task.refresh_from_db()
    assert task.completed_at is None


def test_authors_see_no_releases_outbox_or_audit_log(signed_in, wim, published):
    for name in ("release", "outboxevent", "auditlog"):
        page = reverse(f"admin:editorial_{name}_changelist")
        assert signed_in(wim).get(page).status_code == 403


def test_an_author_cannot_release_by_posting_the_address(signed_in, wim, approved):
    release = Release.objects.create(name="Mine", created_by=wim)
    ReleaseItem.objects.create(release=release, kind="article", item_id=approved.pk)

    answer = signed_in(wim).post(
        reverse("admin:editorial_release_release", args=[release.pk])
    )

    assert answer.status_code == 404
    assert Article.objects.get().status == Status.APPROVED


def test_an_editor_of_one_section_moves_no_other(signed_in):
    ours, other = factories.CategoryFactory(), factories.CategoryFactory()
    editor = factories.staff("sam", "editor", category=ours)

    answer = signed_in(editor).post(
        reverse("admin:editorial_category_change", args=[other.pk]),
        {"name": "Taken", "slug": "taken", "display_order": "0"},
    )

    assert answer.status_code == 403
    added = {"name": "Taken", "slug": "taken", "display_order": "0"}
    page = reverse("admin:editorial_category_add")
    beside = signed_in(editor).post(page, added)
    assert "covers other categories" in beside.content.decode()
    signed_in(editor).post(page, added | {"parent": str(ours.pk)})
    assert Category.objects.get(name="Taken").parent == ours


# --- Bad input --------------------------------------------------------------------


def test_a_category_in_use_is_not_deleted(signed_in, ines, draft):
    page = reverse("admin:editorial_category_delete", args=[draft.category_id])

    answer = signed_in(ines).post(page, {"post": "yes"})

    assert "First light" in answer.content.decode()
    assert Category.objects.filter(pk=draft.category_id).exists()


def test_an_empty_category_and_tag_are_deleted_and_the_readers_told(signed_in, ines):
    for model, thing in (
        ("category", factories.CategoryFactory()),
        ("tag", factories.TagFactory()),
    ):
        page = reverse(f"admin:editorial_{model}_delete", args=[thing.pk])
        assert signed_in(ines).post(page, {"post": "yes"}).status_code == 302
        told = OutboxEvent.objects.filter(cause=f"{model} deleted").get()
        assert str(thing.pk) in told.items
    assert not Tag.objects.exists()


def test_a_category_below_itself_is_refused(signed_in, ines):
    above = factories.CategoryFactory()
    below = factories.CategoryFactory(parent=above)

    answer = signed_in(ines).post(
        reverse("admin:editorial_category_change", args=[above.pk]),
        {
            "name": above.name,
            "slug": above.slug,
            "parent": str(below.pk),
            "display_order": "0",
            "is_active": "on",
        },
    )

    assert "cannot stand below itself" in answer.content.decode()


def test_an_empty_release_is_refused_with_a_sentence(signed_in, ines):
    release = Release.objects.create(name="Nothing", created_by=ines)

    answer = signed_in(ines).post(
        reverse("admin:editorial_release_release", args=[release.pk]), follow=True
    )

    assert "is empty" in answer.content.decode()
