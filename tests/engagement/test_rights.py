"""The running services have less rights than the tests: everything works with them."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import ProgrammingError, connections, transaction

from cms import embedded  # noqa: F401  (its credentials are read below)
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from cms.embedded import credentials
from engagement import tasks
from engagement.activity.models import Activity
from engagement.comments import actions
from engagement.comments.imports import ImportedComment, take_in
from engagement.counters import ledger, public, reconciling
from engagement.reactions.actions import react
from engagement.refs.models import UserRef
from engagement.views import drain, stream
from engagement.views.models import PageView
from publishing.models import ContentCounter

DATABASES = [EDITORIAL, PUBLIC, ENGAGEMENT]
pytestmark = [
    pytest.mark.django_db(databases=DATABASES, transaction=True),
    pytest.mark.skipif(
        not settings.EMBEDDED, reason="needs the passwords of the embedded roles"
    ),
]


@contextmanager
def as_role(alias, role):
    connection = connections[alias]
    kept = connection.settings_dict.copy()
    connection.close()
    connection.settings_dict.update(
        USER=role, PASSWORD=credentials.read()["passwords"][role]
    )
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def old_view(article):
    return {
        "event": "v",
        "content_kind": "article",
        "content_id": article.pk.hex,
        "at": 10**12,
        "visitor": uuid4().hex,
    }


def test_readers_and_the_worker_need_no_more_than_their_roles(rosa, article):
    with as_role(ENGAGEMENT, "cms_engagement"), as_role(PUBLIC, "cms_sync"):
        member = UserRef.objects.remember(rosa)
        comment = actions.post(by=member, ref=article, body="Hello")
        actions.edit(comment.pk, by=rosa.pk, body="Hello there")
        actions.moderate(comment.pk, by=uuid4(), status="approved")
        react(by=rosa.pk, kind="article", target_id=article.pk, reaction="like")
        react(by=rosa.pk, kind="comment", target_id=comment.pk, reaction="like")
        take_in(
            [
                ImportedComment(
                    source_key="wp:1",
                    content_kind="article",
                    content_id=article.pk,
                    created_at=comment.created_at,
                    body="Old",
                )
            ]
        )
        stream.wake()
        stream.add(drain.line(old_view(article)), seen="x")

        assert tasks.drain_views() == 1
        tasks.fold()
        assert tasks.publish_counters() == 2
        assert tasks.reconcile() == 0
        assert tasks.tally_views() == 7
        tasks.keep_partitions()

        row = ContentCounter.objects.get(pk=article.pk)
        assert (row.view_count, row.comment_count, row.like_count) == (1, 2, 1)
        assert ledger.fold() == 0
        assert public.publish_everything() == 2
        assert reconciling.reconcile() == []


def test_postgresql_lets_nobody_rewrite_the_activity(rosa, article):
    with as_role(ENGAGEMENT, "cms_engagement"):
        react(by=rosa.pk, kind="article", target_id=article.pk, reaction="like")
        for rewrite in (
            lambda: Activity.objects.update(verb="commented"),
            lambda: Activity.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                rewrite()


def test_postgresql_lets_the_service_drop_nothing_by_itself():
    with (
        as_role(ENGAGEMENT, "cms_engagement"),
        pytest.raises(ProgrammingError, match="must be owner"),
        transaction.atomic(using=ENGAGEMENT),
        connections[ENGAGEMENT].cursor() as cursor,
    ):
        cursor.execute("DROP TABLE content_views")


def test_an_old_view_that_is_drained_late_lands_somewhere(article):
    drain.write_directly(old_view(article))

    assert PageView.objects.get().viewed_at.year == 2001
