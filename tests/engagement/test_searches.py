"""What readers search: the beacon that tells it, and the report that editors read."""

import json
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from engagement.searches import beacon, keeping
from engagement.searches.models import SearchClick, SearchQuery
from engagement.views import stream

from .conftest import content, down

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture(autouse=True)
def _awake():
    stream.wake()
    stream._salt = (None, b"")


def send(client, body, *, agent=BROWSER, address="192.0.2.1", headers=None):
    response = client.post(
        reverse("engagement:searches"),
        body if isinstance(body, str | bytes) else json.dumps(body),
        content_type="application/json",
        headers={"User-Agent": agent} | (headers or {}),
        REMOTE_ADDR=address,
    )
    assert response.status_code == 204 and not response.cookies
    return response


def searched(client, query="harbour", *, address="192.0.2.1", headers=None, **facts):
    pk = uuid4()
    said = {"id": str(pk), "query": query, "outcome": "found", "results": 3} | facts
    send(client, said, address=address, headers=headers)
    return pk


def opened(client, pk, item, **more):
    said = {"event": "click", "id": str(pk), "kind": "article", "item": str(item)}
    send(client, said | {"position": 2}, **more)


# --- The beacon ------------------------------------------------------------------


def test_a_search_and_what_was_opened_are_kept(client):
    pk = searched(
        client,
        "  Harbour   LIGHTS ",
        page=2,
        sort="newest",
        milliseconds=41,
        filters={"category": "Sea", "year": "2026", "colour": "red", "tag": ""},
    )
    item = uuid4()
    opened(client, pk, item)
    opened(client, pk, item)

    kept = SearchQuery.objects.get()
    facts = (kept.id, kept.query, kept.results, kept.page)
    assert facts == (pk, "harbour lights", 3, 2)
    assert kept.filters == {"category": "sea", "year": "2026"}
    assert (kept.sort, kept.milliseconds, kept.device) == ("newest", 41, "desktop")
    click = SearchClick.objects.get()
    assert (click.search_id, click.content_id, click.position) == (pk, item, 2)


def test_nobody_is_in_it(client):
    searched(client, "mail to ada@example.org or +49 170 123 45 67 please")

    kept = SearchQuery.objects.get()
    assert kept.query == "mail to … or … please"
    assert not {"user", "address", "session"} & {
        field.name for field in SearchQuery._meta.get_fields()
    }


def test_one_reader_is_known_for_a_day_and_not_by_address(client):
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.9"):
        searched(client, address=address)

    assert len(set(SearchQuery.objects.values_list("visitor", flat=True))) == 2


def test_who_asked_not_to_be_counted_is_not(client):
    searched(client, headers={"DNT": "1"})
    searched(client, headers={"Sec-GPC": "1"})
    send(
        client,
        {"id": str(uuid4()), "query": "x", "outcome": "found", "results": 1},
        agent="Googlebot/2.1",
    )

    assert not SearchQuery.objects.exists()


def test_a_program_does_not_fill_the_table(client, monkeypatch):
    monkeypatch.setattr(beacon, "AN_HOUR", 3)
    for _ in range(5):
        searched(client)
    searched(client, address="192.0.2.2")

    assert SearchQuery.objects.count() == 4


def test_nobody_opens_what_another_searched(client):
    pk = searched(client)
    opened(client, pk, uuid4(), address="192.0.2.99")
    opened(client, uuid4(), uuid4())

    assert not SearchClick.objects.exists()


def test_nonsense_is_taken_without_a_word_and_not_kept(client):
    good = {"id": str(uuid4()), "query": "x", "outcome": "found", "results": 1}
    for body in (
        b"\xff\xfe",
        "[]",
        "null",
        "{" * 3000,
        "[" * 4000,
        '"' + "x" * 10_000 + '"',
        good | {"id": "no"},
        good | {"query": ""},
        good | {"query": 5},
        good | {"outcome": "maybe"},
        good | {"results": "many"},
        good | {"results": True},
        good | {"page": "1; DROP TABLE"},
        good | {"event": "click"},
        good | {"event": "click", "kind": "user", "item": str(uuid4()), "position": 1},
    ):
        send(client, body)
    assert not SearchQuery.objects.exists()

    odd = {"query": "nul\x00 \ud800 x" * 40, "filters": "sea", "results": 1e300}
    send(client, good | odd)
    assert len(SearchQuery.objects.get().query) <= 200
    assert client.get(reverse("engagement:searches")).status_code == 405


def test_it_goes_on_without_redis_and_ends_quietly_without_its_database(
    client, settings
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    searched(client)
    assert SearchQuery.objects.count() == 1


@pytest.mark.django_db(databases=[EDITORIAL, ENGAGEMENT], transaction=True)
def test_a_search_is_lost_and_no_reader_hears_of_it_without_the_database(client):
    with down(ENGAGEMENT):
        searched(client)


def test_searches_are_forgotten_after_half_a_year(client, monkeypatch):
    old, new = searched(client), searched(client, "fog")
    opened(client, old, uuid4())
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            "UPDATE search_queries SET searched_at = now() - interval '181 days' "
            "WHERE id = %s",
            [old],
        )
    monkeypatch.setattr(keeping, "BATCH", 1)

    assert keeping.forget_old_searches() == 1
    assert SearchQuery.objects.get().pk == new
    assert not SearchClick.objects.exists()


# --- The report ------------------------------------------------------------------


@pytest.fixture
def as_ines(client, ines):
    client.force_login(ines)
    return client


def report(client, **asked):
    return client.get(reverse("admin:searches"), asked)


def queries(response):
    return [row.query for row, _, _ in response.context["rows"]]


@pytest.fixture
def told(client):
    """Of five searches: three for tides (one opened), one for fog, one for nothing."""
    item = content(title="Low water")
    for number in range(3):
        pk = searched(client, "tide", address=f"192.0.2.{number}")
    opened(client, pk, item.pk, address="192.0.2.2")
    searched(client, "tide", page=2)
    searched(client, "fog")
    searched(client, "=unicorns", outcome="nothing", results=0)
    searched(client, "hrabour", outcome="corrected", corrected="harbour")
    return item


def test_editors_see_what_is_searched_missed_and_passed_by(client, told, ines):
    client.force_login(ines)

    most = report(client)
    assert queries(most)[0] == "tide"
    row = most.context["rows"][0][0]
    assert (row.searches, row.readers, row.opened, row.results) == (3, 3, 1, 3)
    nothing = report(client, list="nothing")
    assert queries(nothing) == ["=unicorns"]
    assert "editorial/article/add/?title=%3Dunicorns" in nothing.content.decode()
    assert queries(report(client, list="unopened")) == ["fog", "hrabour"]
    otherwise = report(client, list="otherwise")
    assert queries(otherwise) == ["hrabour"]
    assert "harbour" in otherwise.content.decode()
    assert queries(report(client, to="2020-01-01")) == []


def test_one_query_is_looked_at_closely(client, told, ines):
    from tests.publishing.factories import ArticleFactory

    ArticleFactory(title="Tides and moons", slug="tides")
    client.force_login(ines)

    page = report(client, query="Tide").content.decode()

    assert "Low water" in page
    assert "/articles/tides/" in page
    assert "/search/?q=tide" in page


def test_the_sheet_runs_nothing(client, told, ines):
    client.force_login(ines)

    sheet = report(client, list="nothing", format="csv")

    assert sheet["Content-Type"].startswith("text/csv")
    assert sheet.content.decode().splitlines()[1].startswith("'=unicorns,1,1,1,0,0,0")


def test_the_report_costs_the_same_however_much_was_searched(client, told, ines):
    client.force_login(ines)
    report(client)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connections[ENGAGEMENT]) as sent:
            report(client)
        counts.append(len(sent))
        for number in range(20):
            searched(client, f"more {number}", address=f"198.51.100.{number}")

    assert counts == [2, 2]


def test_the_report_is_for_those_who_write_here(client, rosa, cleo):
    assert report(client).status_code == 302
    client.force_login(rosa)
    assert report(client).status_code == 302
    client.force_login(cleo)
    assert report(client).status_code == 200


def test_odd_questions_to_the_report_are_answered(as_ines):
    for asked in (
        {"list": "all'; --"},
        {"query": "nul\x00"},
        {"query": "a" * 10_000},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"to": "9999-12-31"},
        {"days": "x"},
    ):
        assert report(as_ines, **asked).status_code == 200, asked
