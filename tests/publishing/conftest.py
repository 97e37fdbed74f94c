"""Delivery reads the truth in a snapshot of its own: these tests really commit."""

import pytest

from editorial.models import OutboxEvent
from publishing import sync


@pytest.fixture
def deliver_all(epochs):
    """Deliver what waits until nothing does; returns how many events it took."""

    def deliver():
        tried = 0
        while OutboxEvent.objects.waiting().exists():
            OutboxEvent.objects.waiting().update(lease_until=None)
            tried += sync.deliver_waiting()
            assert tried < 1000, "delivery does not come to an end"
        return tried

    return deliver
