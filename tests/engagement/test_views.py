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
from engagement.views import beacon, drain, partitions, stream, visitors
from engagement.views.models import IngestBatch, PageView, ViewRollup

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
    for entry in entries:
        stream.add(json.dumps(entry), seen=uuid4().hex)


def entry(ref, **fields):
    return {
        "k": ref.kind,
        "c": ref.pk.hex,
        "t": int(datetime.now(UTC).timestamp() * 1000),
        "v": uuid4().hex,
        "d": "desktop",
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
        utm_medium={"a": 1},
        referrer="https://[broken",
    )

    assert drain.drain_views() == 1
    assert counted(article) == 1
    view = PageView.objects.get()
    assert (view.utm_source[:3], view.utm_medium) == ("abx", "")


def test_only_post_is_a_view(client):
    assert client.get(reverse("engagement:views")).status_code == 405


def test_reading_time_is_summed_and_bounded(client, article):
    look(client, article, event="read", seconds=84.6, scroll=70)
    look(client, article, event="read", seconds=9e9, scroll=-5, address="192.0.2.2")

    drain.drain_views()

    hour = ViewRollup.objects.get()
    assert (hour.read_count, hour.read_seconds_sum) == (2, 84 + 3600)
    assert (hour.scroll_percent_sum, hour.view_count) == (70, 0)
    assert not PageView.objects.exists()


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
    unknown = entry(article, c=uuid7().hex)
    put(entry(gone), unknown, entry(article, k="course"), entry(article))

    drain.drain_views()

    batch = IngestBatch.objects.get()
    assert (batch.entry_count, batch.view_count, batch.refused_count) == (4, 1, 3)
    assert PageView.objects.count() == counted(article) == 1


def test_one_bad_entry_does_not_hold_up_the_others(article, caplog):
    put(entry(article), entry(article, v="nobody"), entry(article, d="x" * 500))
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
            entry(article, t=int((now - timedelta(hours=n % 3)).timestamp() * 1000))
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
