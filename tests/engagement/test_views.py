import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from django.utils import timezone

from cms.databases import EDITORIAL, ENGAGEMENT
from cms.uuids import uuid7
from engagement.counters import ledger, reconciling
from engagement.counters.models import CounterTotal
from engagement.views import beacon, days, drain, partitions, stream, visitors
from engagement.views.models import (
    IngestBatch,
    PageView,
    ViewBreakdown,
    ViewDay,
    ViewRollup,
)

from .conftest import at_once, content, down

DATABASES = [EDITORIAL, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def _awake():
    stream.wake()
    stream._salt = (None, b"")
    beacon._seen.clear()


@pytest.fixture
def redis_down(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def look(client, ref, *, agent=BROWSER, address="192.0.2.1", headers=None, **said):
    return client.post(
        reverse("engagement:views"),
        json.dumps({"kind": ref.kind, "id": str(ref.pk)} | said),
        content_type="application/json",
        headers={"User-Agent": agent} | (headers or {}),
        REMOTE_ADDR=address,
    )


def counted(ref):
    return CounterTotal.objects.of([ref.pk])[ref.pk].get("view", 0)


def waiting():
    return stream.read(after=None, count=10_000)[0]


def put(*entries):
    """Entries as the beacon makes them, straight into the stream."""
    for one in entries:
        stream.add(drain.line(one), seen=uuid4().hex)


def entry(ref, **fields):
    return {
        "event": "v",
        "content_kind": ref.kind,
        "content_id": ref.pk.hex,
        "at": int(datetime.now(UTC).timestamp() * 1000),
        "visitor": uuid4().hex,
        "device": "desktop",
        "source": "direct",
    } | fields


# --- The beacon ----------------------------------------------------------------------


def test_a_view_is_taken_and_counted(client, article):
    response = look(
        client,
        article,
        agent=PHONE,
        referrer="https://search.example/?q=private",
        utm_source="letter",
    )
    assert (response.status_code, response.content) == (204, b"")

    assert drain.drain_views() == 1

    view = PageView.objects.get()
    assert (view.content_kind, view.content_id) == ("article", article.pk)
    assert (view.device, view.utm_source) == ("mobile", "letter")
    assert view.referrer_host == "search.example", "the host, never the query"
    assert counted(article) == 1
    assert ViewRollup.objects.get().view_count == 1


def test_the_beacon_asks_no_database_and_sets_no_cookie(
    client, article, django_assert_num_queries
):
    with (
        django_assert_num_queries(0, using=EDITORIAL),
        django_assert_num_queries(0, using=ENGAGEMENT),
    ):
        response = look(client, article)

    assert not response.cookies


def test_the_same_reader_counts_once_in_half_an_hour(client, article):
    for _ in range(3):
        look(client, article)
    look(client, article, address="192.0.2.2")
    look(client, article, agent=PHONE)
    look(client, content())

    drain.drain_views()

    assert counted(article) == 3


def test_bots_are_not_counted(client, article):
    for agent in (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "GPTBot/1.2",
        "curl/8.5.0",
        "python-requests/2.32",
        "",
    ):
        assert look(client, article, agent=agent).status_code == 204

    assert drain.drain_views() == 5
    assert counted(article) == 0
    hour = ViewRollup.objects.get()
    assert (hour.view_count, hour.bot_count) == (0, 5), "one sees how many there were"
    assert not PageView.objects.exists()


@pytest.mark.django_db(databases="__all__")
def test_who_works_at_the_desk_is_no_reader(client, article, ines):
    client.force_login(ines)
    client.get(reverse("admin:index"))

    look(client, article)

    assert waiting() == 0


def test_who_asks_not_to_be_counted_is_not(client, article):
    look(client, article, headers={"DNT": "1"})
    look(client, article, headers={"Sec-GPC": "1"})
    look(client, article, headers={"Sec-Purpose": "prefetch;prerender"})

    assert waiting() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"article"',
        b'{"kind": "article"}',
        b'{"kind": "article", "id": "x"}',
        b'{"kind": "article", "id": 7}',
        b'{"kind": ["article"], "id": "01a1fe70-29aa-7003-b2d3-64156f60b301"}',
        b'{"kind": "secret", "id": "01a1fe70-29aa-7003-b2d3-64156f60b301"}',
        b'{"kind": "article", "id": "01a1fe70-29aa-7003-b2d3-64156f60b301", '
        b'"event": "read", "seconds": "long"}',
        b"\xff\xfe",
        b"[" * 2000,
        b'{"kind": "article", "x": "' + b"x" * 5000 + b'"}',
    ],
)
def test_nonsense_is_answered_and_dropped(client, body):
    response = client.post(
        reverse("engagement:views"),
        body,
        content_type="application/json",
        headers={"User-Agent": BROWSER},
    )

    assert response.status_code == 204
    assert waiting() == 0


def test_odd_texts_do_not_stop_the_drain(client, article):
    look(
        client,
        article,
        utm_source="a\x00b\ud800" + "x" * 300,
        utm_campaign="tab\there, line\nthere, \\N and \\. the end",
        utm_medium={"a": 1},
        referrer="https://[broken",
    )

    assert drain.drain_views() == 1
    assert counted(article) == 1
    view = PageView.objects.get()
    assert (view.utm_source[:3], view.utm_medium) == ("abx", "")
    assert view.utm_campaign == "tab\there, line\nthere, \\N and \\. the end"


def test_only_post_is_a_view(client):
    assert client.get(reverse("engagement:views")).status_code == 405


def test_reading_time_is_summed_and_bounded(client, article):
    look(client, article, event="read", seconds=84.6, scroll=70)
    look(client, article, event="read", seconds=9e9, scroll=-5, address="192.0.2.2")

    drain.drain_views()

    hour = ViewRollup.objects.get()
    assert (hour.read_count, hour.read_seconds_sum) == (2, 84 + 3600)
    assert (hour.scroll_percent_sum, hour.view_count) == (70, 0)
    assert hour.finished_count == 0
    assert not PageView.objects.exists()


@pytest.mark.parametrize(
    ("referrer", "medium", "source"),
    [
        (None, "", "direct"),
        ("", "", "direct"),
        ("https://testserver/articles/x/", "", "internal"),
        ("https://www.google.co.uk/", "", "search"),
        ("https://duckduckgo.com/", "", "search"),
        ("https://l.facebook.com/", "", "social"),
        ("https://t.co/abc", "", "social"),
        ("https://news.ycombinator.com/item?id=1", "", "social"),
        ("https://mail.example.org/", "", "mail"),
        ("https://www.google.com/", "Email", "mail"),
        ("https://notgoogle.com.example/", "", "other"),
        ("https://part.co/", "", "other"),
    ],
)
def test_where_a_reader_came_from_is_a_class(client, article, referrer, medium, source):
    here = {"Host": "testserver"}
    look(client, article, headers=here, referrer=referrer, utm_medium=medium)
    drain.drain_views()

    assert PageView.objects.get().source == source


def test_the_country_is_what_our_own_proxy_says(client, article, settings):
    look(client, article, headers={"CF-IPCountry": "NZ"})
    settings.COUNTRY_HEADER = "HTTP_CF_IPCOUNTRY"
    for number, said in enumerate(("de", "XX", "T1", "<b>", "")):
        headers = {"CF-IPCountry": said}
        look(client, article, headers=headers, address=f"192.0.2.{number + 9}")
    drain.drain_views()

    countries = PageView.objects.values_list("country", flat=True)
    assert sorted(countries) == ["", "", "", "", "", "DE"]


# --- By the day ----------------------------------------------------------------------


def test_readers_of_a_day_are_counted_once_and_by_where_they_came_from(article):
    reader = uuid4().hex
    yesterday = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
    put(
        entry(article, visitor=reader),
        entry(article, visitor=reader, utm_source="letter", utm_campaign="May"),
        entry(article, source="search", referrer_host="search.example", country="NZ"),
        entry(article, visitor=reader, at=yesterday),
    )
    drain.drain_views()

    for _ in range(2):  # counting again changes nothing
        assert len(days.tally()) in (2, 7)

    readers = ViewDay.objects.order_by("day").values_list("visitor_count", flat=True)
    assert list(readers) == [1, 2]
    said = ViewBreakdown.objects.filter(day=datetime.now(UTC).date())
    assert sorted(said.values_list("dimension", "value", "view_count")) == [
        ("campaign", "letter / May", 1),
        ("country", "NZ", 1),
        ("device", "desktop", 3),
        ("host", "search.example", 1),
        ("source", "direct", 2),
        ("source", "search", 1),
    ]


def test_strangers_cannot_fill_the_table_with_hosts_they_make_up(article, monkeypatch):
    monkeypatch.setattr(days, "VALUES_KEPT", 3)
    put(*[entry(article, referrer_host=f"h{n}.example") for n in range(9)])
    put(entry(article, referrer_host="h8.example"))
    drain.drain_views()
    days.tally()

    hosts = ViewBreakdown.objects.filter(dimension="host").order_by("-view_count")
    assert list(hosts.values_list("value", flat=True)) == [
        "h8.example",
        "h0.example",
        "h1.example",
    ]


# --- Privacy -------------------------------------------------------------------------


def test_the_salt_lives_in_redis_only_and_not_for_long():
    first = stream.salt()
    name = stream.key(f"salt:{datetime.now(UTC).date()}")

    assert stream.connection().get(name) == first
    assert 0 < stream.connection().ttl(name) <= 25 * 3600


def test_tomorrow_the_same_reader_is_another_visitor():
    reader = {"address": "192.0.2.1", "user_agent": BROWSER, "host": "example.org"}
    today = visitors.visitor_hash(stream.salt(), **reader)
    again = visitors.visitor_hash(stream.salt(), **reader)
    tomorrow = visitors.visitor_hash(
        stream.salt(datetime.now(UTC) + timedelta(days=1)), **reader
    )

    assert today == again != tomorrow


# --- Draining ------------------------------------------------------------------------


def test_views_of_what_is_unknown_or_gone_are_refused(article):
    gone = content(state="gone")
    unknown = entry(article, content_id=uuid7().hex)
    put(entry(gone), unknown, entry(article, content_kind="course"), entry(article))

    drain.drain_views()

    batch = IngestBatch.objects.get()
    assert (batch.entry_count, batch.view_count, batch.refused_count) == (4, 1, 3)
    assert PageView.objects.count() == counted(article) == 1


def test_one_bad_entry_does_not_hold_up_the_others(article, caplog):
    put(
        entry(article),
        entry(article, visitor="nobody"),
        entry(article, device="x" * 500),
    )
    put(entry(article))

    assert drain.drain_views() == 4

    assert counted(article) == 2
    assert "an entry that is none" in caplog.text


def test_batches_follow_each_other_and_leave_the_stream_empty(article):
    put(*[entry(article) for _ in range(25)])

    assert drain.drain_views(batch=10) == 25

    assert IngestBatch.objects.count() == 3
    assert counted(article) == 25
    assert waiting() == 0


def test_a_drain_that_dies_before_the_commit_has_done_nothing(article):
    put(entry(article))

    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ENGAGEMENT):
        drain.drain_batch()
        raise ZeroDivisionError

    assert counted(article) == 0


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_drain_that_dies_after_the_commit_counts_nothing_twice(article):
    put(*[entry(article) for _ in range(3)])
    entries = [
        (entry_id.decode(), fields[b"v"])
        for entry_id, fields in stream.connection().xrange(stream.key("stream"))
    ]
    drain.drain_views()
    # As if it had been killed before Redis forgot the entries.
    for entry_id, raw in entries:
        stream.connection().xadd(stream.key("again"), {"v": raw}, id=entry_id)
    stream.connection().rename(stream.key("again"), stream.key("stream"))

    assert drain.drain_views() == 0
    assert counted(article) == 3


def test_a_redis_that_lost_everything_begins_a_new_life(article):
    put(entry(article))
    drain.drain_views()
    for name in ("stream", "life"):
        stream.connection().delete(stream.key(name))
    put(entry(article))

    assert drain.drain_views() == 1
    assert counted(article) == 2


def test_postgresql_refuses_a_batch_that_is_in_already(article):
    put(entry(article))
    drain.drain_views()
    batch = IngestBatch.objects.get()
    batch.pk = None

    with (
        pytest.raises(IntegrityError, match="batch_id"),
        transaction.atomic(using=ENGAGEMENT),
    ):
        batch.save(force_insert=True)


def test_the_hours_add_up_to_the_counter(article):
    now = datetime.now(UTC)
    put(
        *[
            entry(article, at=int((now - timedelta(hours=n % 3)).timestamp() * 1000))
            for n in range(9)
        ]
    )
    drain.drain_views()
    ledger.fold()

    assert sum(ViewRollup.objects.values_list("view_count", flat=True)) == 9
    assert ViewRollup.objects.count() == 3
    assert reconciling.reconcile() == []


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_drains_and_readers_at_once_count_each_view_once(article):
    def read():
        put(*[entry(article) for _ in range(40)])

    def drain_often():
        for _ in range(10):
            drain.drain_views(batch=7)

    results = at_once(read, read, read, drain_often, drain_often)

    assert results == [None] * 5
    drain.drain_views()
    assert counted(article) == PageView.objects.count() == 120


# --- Without Redis, without PostgreSQL -----------------------------------------------


def test_without_redis_views_go_straight_to_postgresql(client, article, redis_down):
    for _ in range(2):
        assert look(client, article).status_code == 204
    look(client, article, address="192.0.2.2")

    assert counted(article) == PageView.objects.count() == 2
    assert drain.drain_views() == 0


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_without_either_the_page_never_notices(client, article, redis_down):
    with down(ENGAGEMENT):
        assert look(client, article).status_code == 204


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_without_postgresql_views_wait_in_redis(client, article):
    with down(ENGAGEMENT):
        assert look(client, article).status_code == 204
        with pytest.raises(Exception, match="connection"):
            drain.drain_views()

    assert drain.drain_views() == 1
    assert counted(article) == 1


# --- Partitions ----------------------------------------------------------------------


def partition_of(view):
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM content_views WHERE id = %s",
            [view.pk],
        )
        return cursor.fetchone()[0]


def id_of(when):
    """The version 7 UUID that PostgreSQL makes for a moment."""
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT uuidv7(%s - clock_timestamp())", [when])
        return cursor.fetchone()[0]


def seen_at(when):
    return PageView.objects.create(
        id=id_of(when),
        content_kind="article",
        content_id=uuid7(),
        visitor=uuid4(),
        viewed_at=when,
    )


def test_a_view_lies_in_the_partition_of_its_month():
    now = datetime.now(UTC)

    assert partition_of(seen_at(now)) == f"content_views_{now:%Y_%m}"


def test_the_bounds_are_those_of_uuid_version_7():
    when = datetime(2026, 11, 1, tzinfo=UTC)
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT uuidv7_floor(%s)", [when])
        floor = cursor.fetchone()[0]

    second = timedelta(seconds=1)
    assert id_of(when - second) < floor < id_of(when + second)


def test_rows_that_came_too_early_move_into_their_partition():
    later = datetime.now(UTC) + timedelta(days=130)
    view = seen_at(later)
    assert partition_of(view) == "content_views_rest"

    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute("SELECT ensure_partitions('content_views', 6)")
        assert f"content_views_{later:%Y_%m}" in cursor.fetchone()[0]

    assert partition_of(view) == f"content_views_{later:%Y_%m}"


def test_keeping_partitions_twice_changes_nothing():
    partitions.keep_partitions()

    assert partitions.keep_partitions() == 0


def test_old_views_go_and_their_sums_stay(article, settings):
    put(entry(article))
    drain.drain_views()
    with connections[ENGAGEMENT].cursor() as cursor:
        cursor.execute(
            """
            CREATE TABLE content_views_2020_01 PARTITION OF content_views
            FOR VALUES FROM (uuidv7_floor('2020-01-01 00:00Z'))
                TO (uuidv7_floor('2020-02-01 00:00Z'))
            """
        )
    seen_at(datetime(2020, 1, 15, tzinfo=UTC))
    seen_at(datetime(2019, 5, 1, tzinfo=UTC))

    partitions.keep_partitions()

    assert PageView.objects.get().content_id == article.pk
    assert ViewRollup.objects.get().view_count == 1


@pytest.mark.parametrize(
    "call",
    ["ensure_partitions('comments', 1)", "drop_partitions('comments', 90)"],
)
def test_the_owners_functions_touch_no_other_table(call):
    with (
        connections[ENGAGEMENT].cursor() as cursor,
        pytest.raises(Exception, match="not partitioned by month"),
    ):
        cursor.execute(f"SELECT {call}")


def test_the_position_in_the_stream_outlives_the_cleaning(article):
    put(entry(article))
    drain.drain_views()

    with time_machine.travel(timezone.now() + timedelta(days=30)):
        partitions.keep_partitions()

    assert IngestBatch.objects.count() == 1
