"""What editors see of readers: by item, by day, by version, and for the whole house."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from engagement.audience import numbers
from engagement.comments import actions
from engagement.reactions.actions import react
from engagement.refs.models import ContentRef, UserRef
from engagement.views import days, drain
from tests import factories

pytestmark = pytest.mark.django_db(databases="__all__")

TODAY = datetime.now(UTC).date()


def seen(item, *, times=1, ago=timedelta(), **said):
    at = int((datetime.now(UTC) - ago).timestamp() * 1000)
    for _ in range(times):
        entry = {"event": "v", "visitor": uuid4().hex, "device": "desktop"} | said
        drain.write_directly(
            entry | {"content_kind": "article", "content_id": item.pk.hex, "at": at}
        )


@pytest.fixture
def story(wim, ines):
    article = factories.publish(
        factories.article(by=wim, title="Low water"), editor=ines
    )
    ContentRef.objects.update_or_create(
        id=article.pk,
        defaults={"kind": "article", "state": "live", "title": "Low water"},
    )
    return article


def page_of(article):
    return reverse("admin:editorial_article_readers", args=[article.pk])


def test_an_items_readers_by_day_source_and_version(
    client, story, wim, rosa, django_assert_max_num_queries
):
    yesterday = timedelta(days=1)
    seen(story, times=3, ago=yesterday, source="search", referrer_host="search.example")
    seen(story, times=2, source="direct")
    seen(story, event="r", seconds=90, scroll=95)
    seen(story, event="r", seconds=30, scroll=10)
    seen(story, event="b")
    days.tally()
    member = UserRef.objects.remember(rosa)
    ref = ContentRef.objects.get(pk=story.pk)
    actions.post(by=member, ref=ref, body="Well said")
    react(by=rosa.pk, kind="article", target_id=story.pk, reaction="love")

    found = numbers.of_item(
        story.pk, TODAY - timedelta(days=6), TODAY, moments=[story.published_at]
    )

    assert [reading.views for reading in found.days.values()][-2:] == [3, 2]
    assert found.days[TODAY].visitors == 2
    assert (found.whole.views, found.whole.bots) == (5, 1)
    assert (found.whole.average_seconds, found.whole.completion) == (60, 50)
    assert (found.whole.comments, found.whole.reactions) == (1, 1)
    assert dict(found.breakdowns)["where from"] == [("search", 3), ("direct", 2)]
    assert found.reactions == [("Love", 1)]
    before, after = found.periods
    assert (before.views, after.views) == (3, 2)

    client.force_login(wim)
    client.get(page_of(story))
    with django_assert_max_num_queries(8, using="engagement"):
        page = client.get(page_of(story), {"days": 7}).content.decode()
    assert "search.example" in page and "1:00 min" in page and "50 %" in page
    assert page.count('class="chart-bar"') == 14
    assert "style=" not in page.partition('id="content"')[2]


def test_an_item_nobody_reads_says_so(client, story, wim):
    client.force_login(wim)
    page = client.get(page_of(story)).content.decode()
    assert "No views in these days." in page


@pytest.mark.parametrize(
    ("asked", "days", "said"),
    [
        ({"days": "7"}, 7, ""),
        ({"days": "8"}, 30, ""),
        ({"from": "2026-01-01", "to": "2026-01-10"}, 10, ""),
        ({"from": "2026-01-10", "to": "2026-01-01"}, 10, ""),
        ({"from": "yesterday"}, 30, "A date looks like"),
        ({"from": "0001-01-01"}, 3 * 366, "Three years"),
        ({"to": "0001-01-01"}, 30, "A date looks like"),
    ],
)
def test_any_days_can_be_asked_for(client, story, ines, asked, days, said):
    client.force_login(ines)
    answer = client.get(page_of(story), asked)
    assert answer.status_code == 200
    assert answer.context["period"].days == days
    assert said in answer.content.decode()


def test_the_house_sees_what_is_read_most(
    client, story, wim, ines, django_assert_max_num_queries
):
    other = factories.publish(
        factories.article(by=wim, title="=HYPERLINK(evil)"), editor=ines
    )
    ContentRef.objects.update_or_create(
        id=other.pk,
        defaults={"kind": "article", "state": "live", "title": "=HYPERLINK(evil)"},
    )
    seen(story, times=1)
    seen(other, times=3)
    client.force_login(ines)
    client.get(reverse("admin:readers"))

    with django_assert_max_num_queries(2, using="engagement"):
        page = client.get(reverse("admin:readers")).content.decode()
    assert page.index("HYPERLINK") < page.index("Low water")
    assert page_of(story) in page

    sheet = client.get(reverse("admin:readers"), {"format": "csv"})
    assert sheet["Content-Type"].startswith("text/csv")
    lines = sheet.content.decode().splitlines()
    assert lines[1].startswith("article,'=HYPERLINK(evil),,3,")


def test_nobody_sees_the_readers_of_what_they_may_not_see(client, story, omar, rosa):
    client.force_login(omar)  # writes, but not here
    assert client.get(page_of(story)).status_code == 404
    client.force_login(rosa)  # reads
    assert client.get(page_of(story)).status_code == 302
    assert client.get(reverse("admin:readers")).status_code == 302


def test_what_was_taken_down_is_in_no_list(client, story, omar):
    seen(story)
    ContentRef.objects.filter(pk=story.pk).update(state="gone")
    client.force_login(omar)
    assert "Low water" not in client.get(reverse("admin:readers")).content.decode()
