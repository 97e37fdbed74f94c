"""Receipts: live in so many seconds, as seen by somebody who is nobody."""

import pytest

from editorial import actions
from editorial.models import OutboxEvent
from publishing import receipts
from publishing.models import Receipt
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def site(live_server, settings):
    settings.PROBE_ORIGIN = live_server.url
    return live_server


def observe(cause):
    receipts.observe(OutboxEvent.objects.filter(cause=cause).latest("created_at").pk)
    return Receipt.objects.filter(cause=cause).latest("committed_at")


def test_a_receipt_says_when_an_anonymous_reader_saw_it(site, published, deliver_all):
    deliver_all()

    receipt = observe("publish")

    assert receipt.seen_at is not None
    assert 0 < receipt.seconds_to_live < 60
    assert receipt.error == ""


def test_a_take_down_is_seen_too(site, published, ines, deliver_all):
    deliver_all()
    actions.unpublish(published, by=ines)
    deliver_all()

    assert observe("unpublish").seen_at is not None


def test_a_page_that_still_shows_the_old_version_is_not_seen(
    site, published, wim, ines, deliver_all
):
    deliver_all()
    factories.publish(factories.edit(published, by=wim, title="Two"), editor=ines)
    event = OutboxEvent.objects.filter(cause="publish").latest("created_at")
    old = Receipt.objects.get(cause="publish")
    Receipt.objects.create(
        event_id=event.pk,
        item_id=published.pk,
        cause="publish",
        is_live=True,
        content_version=2,
        url=old.url,
        committed_at=event.created_at,
        projected_at=event.created_at,
    )

    receipt = observe("publish")

    assert receipt.seen_at is None
    assert receipt.error == "The page answered 200, version 1."


def test_a_site_that_is_down_is_looked_at_again(
    settings, live_server, published, deliver_all
):
    deliver_all()
    settings.PROBE_ORIGIN = "http://127.0.0.1:1"
    assert "did not answer" in observe("publish").error

    settings.PROBE_ORIGIN = live_server.url
    receipts.observe_missing()

    assert Receipt.objects.get(cause="publish").seen_at is not None
