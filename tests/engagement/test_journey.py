"""From the newsroom to the numbers on the public page, across all three databases."""

import pytest
from django.urls import reverse

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from editorial import actions as newsroom
from engagement import tasks
from engagement.activity.models import Activity
from publishing import sync
from publishing.models import ContentCounter
from tests import factories

pytestmark = pytest.mark.django_db(
    databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True
)


def test_a_published_article_is_discussed_counted_and_taken_down(
    client, epochs, draft, ines, wim, rosa
):
    fragment = reverse("engagement:discussion-fragment", args=["article", draft.pk])
    page = reverse("engagement:discussion", args=["article", draft.pk])
    assert client.get(fragment).status_code == 404

    factories.publish(draft, editor=ines)
    sync.deliver_waiting()
    assert client.get(fragment).status_code == 200
    news = Activity.objects.get(verb="content_published")
    assert (news.actor_id, news.target_id) == (wim.pk, draft.pk)

    client.force_login(rosa)
    client.post(page, {"body": "I was there."})
    client.post(
        reverse("engagement:react", args=["article", draft.pk]), {"reaction": "like"}
    )
    client.force_login(wim)
    client.post(page, {"body": "So was I."})
    shown = client.get(fragment).content.decode()
    assert "2 comments" in shown
    assert shown.count(">Author</span>") == 1

    tasks.fold()
    tasks.publish_counters()
    counters = ContentCounter.objects.get(pk=draft.pk)
    assert (counters.comment_count, counters.like_count) == (2, 1)

    newsroom.unpublish(draft, by=ines)
    sync.deliver_waiting()
    assert client.get(fragment).status_code == 404
    assert client.post(page, {"body": "Too late."}).status_code == 404
