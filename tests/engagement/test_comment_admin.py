import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from engagement.comments import actions
from engagement.comments.models import Comment
from engagement.refs.models import UserRef
from tests import factories

from .conftest import content

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])
LIST = "admin:engagement_comment_changelist"
CHANGE = "admin:engagement_comment_change"


@pytest.fixture
def mona():
    """Moderator."""
    return factories.staff("mona", "moderator")


@pytest.fixture
def as_mona(client, mona):
    client.force_login(mona)
    return client


@pytest.fixture
def comments(article, rosa_ref):
    return [
        actions.post(by=rosa_ref, ref=article, body=f"Number {n}") for n in range(3)
    ]


def decide(client, action, *comments, **fields):
    return client.post(
        reverse(LIST),
        {
            "action": action,
            "_selected_action": [str(comment.pk) for comment in comments],
        }
        | fields,
        follow=True,
    )


def test_the_desk_lists_comments_with_writer_and_content(as_mona, comments):
    shown = as_mona.get(reverse(LIST)).content.decode()

    assert "Number 2" in shown
    assert "Rosa" in shown
    assert "First light" in shown


def test_the_queue_holds_what_waits(as_mona, comments, mona):
    actions.moderate(comments[0].pk, by=mona.pk, status="withheld")

    shown = as_mona.get(reverse(LIST), {"queue": "waiting"}).content.decode()

    assert "Number 0" in shown
    assert "Number 1" not in shown


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("decide_approved", "approved"),
        ("decide_withheld", "withheld"),
        ("decide_rejected", "rejected"),
        ("decide_spam", "spam"),
    ],
)
def test_each_decision_is_one_action(as_mona, comments, mona, action, status):
    response = decide(
        as_mona, action, *comments[:2], reason="off_topic", note="See the rules."
    )

    assert "2 comments are now" in response.content.decode()
    for comment in comments[:2]:
        comment.refresh_from_db()
        assert (comment.status, comment.reason) == (status, "off_topic")
        assert (comment.moderated_by, comment.reason_note) == (
            mona.pk,
            "See the rules.",
        )
    comments[2].refresh_from_db()
    assert comments[2].moderated_by is None


def test_a_rejection_needs_a_reason(as_mona, comments):
    response = decide(as_mona, "decide_rejected", comments[0], reason="")

    assert "choose a reason" in response.content.decode()
    comments[0].refresh_from_db()
    assert comments[0].is_visible


def test_an_invented_reason_decides_nothing(as_mona, comments):
    response = decide(as_mona, "decide_spam", comments[0], reason="because")

    assert "No action selected" in response.content.decode()
    comments[0].refresh_from_db()
    assert comments[0].is_visible


def test_one_that_cannot_be_decided_does_not_stop_the_others(as_mona, comments, rosa):
    actions.delete(comments[0].pk, by=rosa.pk)

    response = decide(as_mona, "decide_spam", *comments, reason="advert")

    shown = response.content.decode()
    assert "Its author has deleted this comment." in shown
    assert "2 comments are now spam" in shown


def test_threads_are_pinned_and_unpinned(as_mona, comments):
    decide(as_mona, "pin", comments[0])
    comments[0].refresh_from_db()
    assert comments[0].is_pinned

    decide(as_mona, "unpin", comments[0])
    comments[0].refresh_from_db()
    assert not comments[0].is_pinned


def test_the_text_of_others_is_read_only(as_mona, comments):
    url = reverse(CHANGE, args=[comments[0].pk])

    assert "Number 0" in as_mona.get(url).content.decode()
    as_mona.post(url, {"body": "Changed", "status": "spam"})
    comments[0].refresh_from_db()
    assert (comments[0].body, comments[0].status) == ("Number 0", "approved")


def test_nobody_adds_or_deletes_here(as_mona, comments):
    assert as_mona.get(reverse("admin:engagement_comment_add")).status_code == 403
    url = reverse("admin:engagement_comment_delete", args=[comments[0].pk])
    assert as_mona.post(url, {"post": "yes"}).status_code == 403
    decide(as_mona, "delete_selected", *comments)
    assert Comment.objects.count() == 3


@pytest.mark.parametrize("role", ["author", "reviewer", "creator", "contributor"])
def test_other_roles_do_not_moderate(client, comments, role):
    client.force_login(factories.staff("nora", role))

    assert client.get(reverse(LIST)).status_code == 403
    assert decide(client, "decide_spam", comments[0]).status_code == 403
    comments[0].refresh_from_db()
    assert comments[0].is_visible


def test_an_editor_of_one_section_does_not_moderate(client, comments):
    section = factories.CategoryFactory()
    client.force_login(factories.staff("nora", "editor", category=section))

    assert client.get(reverse(LIST)).status_code == 403


def test_members_and_strangers_do_not_get_in(client, comments, rosa):
    assert client.get(reverse(LIST)).status_code == 302
    client.force_login(rosa)
    assert client.get(reverse(LIST)).status_code in (302, 403)


def test_the_list_costs_the_same_with_many_comments(as_mona, article, rosa_ref):
    from datetime import timedelta

    from django.utils import timezone

    from engagement.comments.imports import ImportedComment, take_in

    def cost():
        with CaptureQueriesContext(connections[ENGAGEMENT]) as queries:
            as_mona.get(reverse(LIST))
        return len(queries)

    actions.post(by=rosa_ref, ref=article, body="One")
    few = cost()
    other = content()
    take_in(
        ImportedComment(
            source_key=f"wp:{n}",
            content_kind="article",
            content_id=other.pk,
            created_at=timezone.now() - timedelta(minutes=n),
            body=f"Old {n}",
            user_id=UserRef.objects.get(pk=rosa_ref.pk).pk,
        )
        for n in range(60)
    )

    assert cost() == few
