"""Series: written on the desk, printed with the articles that they are made of."""

import pytest
from django.urls import reverse

from editorial import actions
from editorial.models import AuditLog, OutboxEvent, Series, SeriesPart
from publishing import verification
from publishing.models import PublishedArticle
from tests import factories

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def tides(wim, ines):
    """A series of three live articles."""
    series = Series.objects.create(name="Tides", slug="tides", description="In order.")
    for place, title in enumerate(("Ebb", "Flood", "Slack water")):
        article = factories.publish(factories.article(by=wim, title=title), editor=ines)
        SeriesPart.objects.create(series=series, article=article, order_index=place)
    return series


def told(slug):
    return PublishedArticle.objects.get(slug=slug).series


def test_an_article_says_which_part_it_is_and_leads_to_its_neighbours(
    tides, deliver_all, client
):
    deliver_all()

    series = told("flood")
    assert (series["part"], series["of"]) == (2, 3)
    assert series["previous"] == {"title": "Ebb", "slug": "ebb"}
    assert series["next"] == {"title": "Slack water", "slug": "slack-water"}
    page = client.get("/articles/flood/").content.decode()
    assert "Part 2 of 3" in page
    assert 'rel="next" href="/articles/slack-water/"' in page
    listed = client.get("/series/tides/").content.decode()
    assert listed.index("Ebb") < listed.index("Flood") < listed.index("Slack water")
    assert client.get("/series/tidings/").status_code == 404


def test_the_others_close_ranks_when_a_part_is_taken_down(tides, ines, deliver_all):
    deliver_all()
    flood = SeriesPart.objects.get(article__title="Flood").article

    actions.unpublish(flood, by=ines)
    deliver_all()

    assert told("ebb")["next"] == {"title": "Slack water", "slug": "slack-water"}
    assert (told("slack-water")["part"], told("slack-water")["of"]) == (2, 2)
    assert not verification.compare().drift


def test_the_desk_changes_a_series_for_those_who_may(
    tides, ines, wim, deliver_all, client
):
    deliver_all()
    page = reverse("admin:editorial_series_change", args=[tides.pk])
    ebb, flood, slack = tides.parts.all()
    form = {
        "name": "Tides and currents",
        "description": "",
        "parts-TOTAL_FORMS": "3",
        "parts-INITIAL_FORMS": "3",
    }
    for place, part, order in ((0, ebb, 5), (1, flood, 1), (2, slack, 2)):
        form |= {
            f"parts-{place}-id": str(part.pk),
            f"parts-{place}-series": str(tides.pk),
            f"parts-{place}-article": str(part.article_id),
            f"parts-{place}-order_index": str(order),
        }
    form["parts-2-DELETE"] = "on"

    client.force_login(wim, backend="accounts.backends.RoleBackend")
    assert client.post(page, form).status_code == 403
    client.force_login(ines, backend="accounts.backends.RoleBackend")
    answer = client.post(page, form)
    assert answer.status_code == 302, answer.context["errors"]
    deliver_all()

    assert told("flood")["name"] == "Tides and currents"
    assert told("flood")["next"] == {"title": "Ebb", "slug": "ebb"}
    assert told("slack-water") is None
    assert AuditLog.objects.filter(resource_type="series", action="edit").exists()
    assert not verification.compare().drift


def test_a_deleted_series_is_forgotten_by_its_articles(tides, deliver_all):
    deliver_all()

    tides.delete()

    assert OutboxEvent.objects.waiting().exists()
    deliver_all()
    assert told("ebb") is None
    assert not verification.compare().drift
