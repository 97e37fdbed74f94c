"""Delivering without a broker, and after a worker that was killed."""

import threading
import time

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from editorial.models import OutboxEvent
from publishing.management.commands import courier
from publishing.models import PublishedArticle, Receipt

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


def test_the_courier_delivers_what_waits_until_it_is_told_to_end(
    published, settings, monkeypatch
):
    settings.PROBE_ORIGIN = "http://127.0.0.1:1"  # nobody looks
    handlers = {}
    monkeypatch.setattr(courier.signal, "signal", handlers.__setitem__)

    def run():
        try:
            call_command("courier")
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until = time.monotonic() + 20
        while OutboxEvent.objects.waiting().exists() and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        handlers[courier.signal.SIGTERM](courier.signal.SIGTERM, None)
        thread.join(20)

    assert not thread.is_alive()
    assert not OutboxEvent.objects.waiting().exists()
    assert PublishedArticle.objects.filter(pk=published.pk).exists()
    receipt = Receipt.objects.get(item_id=published.pk)
    # No cache stands in front of us: nobody else had to be told.
    assert receipt.purged_at is not None


def test_a_killed_worker_holds_an_event_for_a_moment_and_each_try_for_longer(published):
    event = OutboxEvent.objects.waiting().order_by("-created_at").first()
    leases = []
    for _ in range(9):
        assert OutboxEvent.objects.claim(event_id=event.pk) == [event.pk]
        assert OutboxEvent.objects.claim(event_id=event.pk) == []
        event.refresh_from_db()
        leases.append(round((event.lease_until - timezone.now()).total_seconds(), 1))
        OutboxEvent.objects.filter(pk=event.pk).update(lease_until=None)

    assert leases[0] < 1
    assert leases[:6] == sorted(leases[:6])
    assert 50 < leases[-1] <= 60
