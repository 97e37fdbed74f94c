import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections, transaction

from cms.databases import EDITORIAL, ENGAGEMENT
from engagement.activity.models import Activity
from engagement.comments import actions, wordpress
from engagement.comments.imports import ImportedComment, take_in
from engagement.comments.models import Comment
from engagement.counters import reconciling
from engagement.counters.models import CounterTotal

from .conftest import at_once, content

DATABASES = [EDITORIAL, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)
LONG_AGO = datetime(2011, 4, 1, 9, tzinfo=UTC)


def row(number, ref, *, parent=None, **fields):
    return ImportedComment(
        source_key=f"wp:{number}",
        content_kind=ref.kind,
        content_id=ref.pk,
        created_at=LONG_AGO + timedelta(minutes=number),
        parent_key=f"wp:{parent}" if parent else None,
        **{"body": f"Comment {number}", "guest_name": "Ada"} | fields,
    )


def counted(ref):
    return CounterTotal.objects.of([ref.pk])[ref.pk].get("comment", 0)


def test_a_thread_comes_in_whole_in_whatever_order(article):
    rows = [row(3, article, parent=2), row(2, article, parent=1), row(1, article)]

    assert take_in(rows) == 3

    first, second, third = Comment.objects.order_by("created_at")
    assert [one.thread_depth for one in (first, second, third)] == [0, 1, 2]
    assert {one.root_id for one in (first, second, third)} == {first.pk}
    assert [one.reply_count for one in (first, second, third)] == [2, 1, 0]
    assert third.created_at == LONG_AGO + timedelta(minutes=3)
    assert counted(article) == 3


def test_importing_again_changes_nothing(article):
    rows = [row(1, article), row(2, article, parent=1)]
    take_in(rows)

    assert take_in(rows) == 0
    assert counted(article) == Comment.objects.count() == 2


def test_replies_of_a_later_import_find_their_thread(article):
    take_in([row(1, article), row(2, article, parent=1)])

    assert take_in([row(3, article, parent=2), row(4, article, parent=3)]) == 2

    assert Comment.objects.get(source_key="wp:4").thread_depth == 3
    assert Comment.objects.get(source_key="wp:1").reply_count == 3
    assert Comment.objects.get(source_key="wp:2").reply_count == 2


def test_what_our_moderators_decided_stands(article):
    take_in([row(1, article)])
    comment = Comment.objects.get()
    actions.moderate(comment.pk, by=uuid4(), status="spam")

    take_in([row(1, article)])

    comment.refresh_from_db()
    assert comment.status == "spam"
    assert counted(article) == 0


def test_only_what_is_visible_counts(article):
    take_in(
        [
            row(1, article, status="pending"),
            row(2, article, status="spam"),
            row(3, article),
            row(4, article, parent=3, status="spam"),
        ]
    )

    assert counted(article) == 1
    assert Comment.objects.get(source_key="wp:3").reply_count == 0


def test_guests_pingbacks_and_html_keep_what_is_theirs(article):
    take_in(
        [
            row(
                1,
                article,
                kind="pingback",
                body="",
                body_html="<p>Seen <b>here</b><script>x()</script></p>",
                guest_name="Another blog",
                guest_url="https://example.org/post",
                guest_email_hash="ab12",
            )
        ]
    )

    comment = Comment.objects.get()
    assert (comment.kind, comment.author_name) == ("pingback", "Another blog")
    assert comment.body == "Seen here"
    assert comment.body_html == "<p>Seen <b>here</b></p>"
    assert comment.is_by_guest


def test_an_import_is_no_news(article):
    take_in([row(1, article)])

    assert not Activity.objects.exists()


def test_parents_elsewhere_unknown_or_in_a_circle_begin_a_thread(article):
    other = content()
    take_in(
        [
            row(1, other),
            row(2, article, parent=1),
            row(3, article, parent=99),
            row(4, article, parent=5),
            row(5, article, parent=4),
        ]
    )

    depths = dict(Comment.objects.values_list("source_key", "thread_depth"))
    assert depths["wp:2"] == depths["wp:3"] == 0
    assert sorted([depths["wp:4"], depths["wp:5"]]) == [0, 1]


def test_a_chain_of_any_length_keeps_its_depth(article):
    take_in([row(1, article), *(row(n, article, parent=n - 1) for n in range(2, 200))])

    assert Comment.objects.get(source_key="wp:199").thread_depth == 198


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_two_imports_at_once_bring_each_comment_once(article):
    rows = [row(n, article, parent=n // 2) for n in range(1, 40)]

    results = at_once(*[lambda: take_in(rows)] * 3)

    assert sorted(results) == [0, 0, 39]
    assert counted(article) == 39
    assert reconciling.reconcile() == []


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_readers_reply_while_an_import_runs(article, rosa_ref):
    take_in([row(1, article)])
    first = Comment.objects.get()

    results = at_once(
        lambda: take_in([row(n, article, parent=1) for n in range(2, 300)]),
        *[
            lambda n=n: actions.post(
                by=rosa_ref, ref=article, body=f"Reply {n}", parent_id=first.pk
            )
            for n in range(3)
        ],
    )

    assert not [result for result in results if isinstance(result, Exception)]
    first.refresh_from_db()
    assert first.reply_count == 298 + 3
    assert counted(article) == 302


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_an_import_holds_no_thread_while_it_waits_for_another(article):
    take_in([row(1, article), row(2, article)])
    first, second = Comment.objects.order_by("pk")
    changed = [row(n, article, body_html="<p>Mended.</p>") for n in (2, 1)]

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(using=ENGAGEMENT):
            held = Comment.objects.select_for_update()
            held.get(pk=first.pk)
            run = pool.submit(then_hang_up, lambda: wordpress.keep([], changed))
            wait_until_somebody_waits_for_us()
            held.get(pk=second.pk)  # at once, or the server ends one of the two
        assert len(run.result(timeout=10)) == 2

    assert set(Comment.objects.values_list("body", flat=True)) == {"Mended."}


def then_hang_up(function):
    try:
        return function()
    finally:
        connections.close_all()


def wait_until_somebody_waits_for_us():
    until = time.monotonic() + 10
    with connections[ENGAGEMENT].cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted "
                "AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
