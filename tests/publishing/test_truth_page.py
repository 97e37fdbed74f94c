"""The desk's page of truth: what differs, how fast it goes, what hangs; and mending."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models import AuditLog, OutboxEvent, Verification
from publishing import tasks
from publishing.models import Receipt
from tests import factories

pytestmark = pytest.mark.django_db(databases=["default", "public"])


@pytest.fixture
def ada():
    return factories.staff("ada", "admin")


@pytest.fixture
def told(monkeypatch):
    """Runs that the worker was told of."""
    found = []

    class Asked:
        @staticmethod
        def apply_async(args, **options):
            found.append(args[0])

    monkeypatch.setattr(tasks, "verify_as_asked", Asked)
    return found


def read(client, person):
    client.force_login(person)
    return client.get(reverse("admin:truth")).content.decode()


def test_it_says_what_differs_what_hangs_and_how_fast_it_goes(
    client, ada, ines, django_assert_max_num_queries
):
    now, pk = timezone.now(), uuid7()
    Verification.objects.create(
        state="finished",
        ended_at=now,
        checked=100_000,
        counts={"missing": 0, "stale": 0, "orphan": 0, "altered": 1},
        drift=[
            {
                "verdict": "altered",
                "kind": "article",
                "id": str(pk),
                "where": "published_articles.title",
            }
        ],
    )
    OutboxEvent.objects.create(
        kind="items", cause="publish", error="Boom", created_at=now - timedelta(hours=1)
    )
    for seconds in (0.2, 3):
        Receipt.objects.create(
            event_id=uuid7(),
            item_id=pk,
            cause="publish",
            is_live=True,
            committed_at=now - timedelta(minutes=5),
            projected_at=now,
            seen_at=now - timedelta(minutes=5) + timedelta(seconds=seconds),
        )
    client.force_login(ada)
    with django_assert_max_num_queries(24):
        page = client.get(reverse("admin:truth")).content.decode()

    assert "published_articles.title" in page and "Heal what differs" in page
    assert reverse("admin:editorial_article_change", args=[pk]) in page
    assert "Deliveries fail" in page and "Boom" in page
    assert "2.86 s" in page and "objective 0.5 s" in page
    assert "Heal what differs" not in read(client, ines)


def test_a_run_is_asked_for_stopped_and_never_doubled(client, ada, told):
    client.force_login(ada)
    client.post(reverse("admin:truth_run"), {"heal": "1"})
    client.post(reverse("admin:truth_run"))

    one = Verification.objects.get()
    assert told == [str(one.pk)] and one.heals and one.asked_by == "Ada"
    assert "Waits for the worker" in read(client, ada)

    client.post(reverse("admin:truth_stop", args=[one.pk]))

    one.refresh_from_db()
    assert one.stop_asked and one.state == "stopped"
    actions = AuditLog.objects.values_list("action", flat=True)
    assert {"heal_public", "stop_verification"} <= set(actions)


def test_what_failed_is_tried_again_at_once(client, ines):
    later = timezone.now() + timedelta(minutes=5)
    event = OutboxEvent.objects.create(
        kind="dependency", cause="rename", error="Boom", lease_until=later
    )
    client.force_login(ines)

    client.post(reverse("admin:truth_retry"))

    event.refresh_from_db()
    assert event.lease_until is None
    assert AuditLog.objects.filter(action="retry").exists()


def test_only_admins_mend_and_only_editors_look(client, ines, wim, told):
    client.force_login(ines)
    assert client.post(reverse("admin:truth_run")).status_code == 403
    assert client.get(reverse("admin:truth_run")).status_code == 405
    client.force_login(wim)
    assert client.get(reverse("admin:truth")).status_code == 403
    assert client.post(reverse("admin:truth_retry")).status_code == 403
    assert not told and not Verification.objects.exists()
