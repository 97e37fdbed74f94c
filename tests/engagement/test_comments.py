from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from cms.databases import EDITORIAL, ENGAGEMENT
from cms.uuids import uuid7
from engagement.activity.models import Activity
from engagement.comments import actions
from engagement.comments.models import Comment
from engagement.comments.screening import Refused
from engagement.counters.models import CounterTotal
from engagement.refs.models import UserRef

from .conftest import at_once, content, person

DATABASES = [EDITORIAL, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)
Status, Reason = Comment.Status, Comment.Reason


@pytest.fixture
def comment(article, rosa_ref):
    return actions.post(by=rosa_ref, ref=article, body="The harbour at five.")


@pytest.fixture
def moderator_id():
    return uuid4()


def reply_to(comment, by, ref, body=None):
    body = body or f"Reply {uuid4().hex}"
    return actions.post(by=by, ref=ref, body=body, parent_id=comment.pk)


def counted(ref):
    return CounterTotal.objects.of([ref.pk])[ref.pk].get("comment", 0)


def reject(comment, by):
    return actions.moderate(
        comment.pk, by=by, status=Status.REJECTED, reason=Reason.ABUSE
    )


# --- Posting -------------------------------------------------------------------------


def test_a_comment_is_visible_counted_and_in_the_activity(comment, article, rosa):
    assert Comment.objects.visible().on("article", article.pk).get() == comment
    assert counted(article) == 1
    line = Activity.objects.by(rosa.pk).get()
    assert (line.verb, line.target_id, line.object_id) == (
        "commented",
        article.pk,
        comment.pk,
    )


def test_a_reply_knows_its_thread_and_is_counted_above(
    comment, article, rosa_ref, omar_ref
):
    first = reply_to(comment, omar_ref, article)
    second = reply_to(first, rosa_ref, article)

    assert (second.root_id, second.thread_depth) == (comment.pk, 2)
    comment.refresh_from_db()
    first.refresh_from_db()
    assert (comment.reply_count, first.reply_count) == (2, 1)


def test_the_author_of_the_content_is_recognised(wim, omar_ref):
    ref = content(author_id=wim.pk)

    by_author = actions.post(by=UserRef.objects.remember(wim), ref=ref, body="Thanks")
    by_reader = actions.post(by=omar_ref, ref=ref, body="Thanks")

    assert by_author.is_author_reply
    assert not by_reader.is_author_reply


def test_replies_beyond_the_deepest_stay_beside_the_one_they_answer(
    comment, article, rosa_ref, settings
):
    settings.COMMENTS_PER_MINUTE = 100
    deepest = comment
    for _ in range(actions.MAX_DEPTH + 2):
        deepest = reply_to(deepest, rosa_ref, article)

    assert deepest.thread_depth == actions.MAX_DEPTH


# --- Refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("  \n ", "Please write something"),
        ("\x00\x01", "Please write something"),
        ("x" * 5001, "at most 5000"),
    ],
)
def test_what_is_no_comment_is_refused(article, rosa_ref, body, sentence):
    with pytest.raises(Refused, match=sentence):
        actions.post(by=rosa_ref, ref=article, body=body)
    assert not Comment.objects.exists()


def test_closed_content_takes_no_comments(rosa_ref):
    with pytest.raises(Refused, match="closed"):
        actions.post(by=rosa_ref, ref=content(comments_open=False), body="Hello")


def test_content_that_is_gone_takes_no_comments(rosa_ref):
    with pytest.raises(Refused, match="no longer published"):
        actions.post(by=rosa_ref, ref=content(state="gone"), body="Hello")


def test_saying_the_same_twice_is_refused(comment, article, rosa_ref, omar_ref):
    with pytest.raises(Refused, match="exactly this"):
        actions.post(by=rosa_ref, ref=article, body=comment.body)

    actions.post(by=omar_ref, ref=article, body=comment.body)


def test_a_flood_is_refused(article, rosa_ref):
    for n in range(5):
        actions.post(by=rosa_ref, ref=article, body=f"Number {n}")

    with pytest.raises(Refused, match="wait a minute"):
        actions.post(by=rosa_ref, ref=article, body="Number 5")


def test_a_reply_to_a_comment_on_other_content_is_refused(comment, omar_ref):
    with pytest.raises(Refused, match="not there"):
        reply_to(comment, omar_ref, content())


def test_a_reply_to_a_deleted_comment_is_refused(comment, article, rosa, omar_ref):
    actions.delete(comment.pk, by=rosa.pk)

    with pytest.raises(Refused, match="not there"):
        reply_to(comment, omar_ref, article)


# --- Screening -----------------------------------------------------------------------


def test_many_links_wait_for_a_moderator(article, rosa_ref):
    links = " ".join(f"https://example.org/{n}" for n in range(3))

    waiting = actions.post(by=rosa_ref, ref=article, body=links)

    assert (waiting.status, waiting.reason) == (Status.PENDING, Reason.LINKS)
    assert counted(article) == 0
    assert not Activity.objects.exists()


def test_the_first_comment_waits_if_the_house_wants_it(
    article, rosa_ref, settings, moderator_id
):
    settings.COMMENT_FIRST_IS_HELD = True

    first = actions.post(by=rosa_ref, ref=article, body="My first")
    actions.moderate(first.pk, by=moderator_id, status=Status.APPROVED)
    second = actions.post(by=rosa_ref, ref=article, body="My second")

    assert (first.status, second.status) == (Status.PENDING, Status.APPROVED)


def test_checked_words_are_withheld(article, rosa_ref, settings):
    settings.COMMENT_CHECKED_WORDS = ["casino"]

    withheld = actions.post(by=rosa_ref, ref=article, body="Best CASINO in town")

    assert (withheld.status, withheld.reason) == (Status.WITHHELD, Reason.WORDS)


def test_who_was_rejected_often_waits(article, rosa_ref, moderator_id):
    for n in range(3):
        reject(actions.post(by=rosa_ref, ref=article, body=f"Bad {n}"), moderator_id)

    assert actions.post(by=rosa_ref, ref=article, body="Good").reason == Reason.HISTORY


# --- Editing and deleting ------------------------------------------------------------


def test_the_author_may_edit_for_a_while(comment, rosa):
    edited = actions.edit(comment.pk, by=rosa.pk, body="The harbour at *six*.")

    assert edited.is_edited
    assert edited.body_html == "<p>The harbour at <em>six</em>.</p>"
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=16)),
        pytest.raises(Refused, match="over"),
    ):
        actions.edit(comment.pk, by=rosa.pk, body="At seven")


def test_nobody_else_may_edit_or_delete(comment, omar):
    with pytest.raises(Refused, match="Only its author"):
        actions.edit(comment.pk, by=omar.pk, body="Mine now")
    with pytest.raises(Refused, match="Only its author"):
        actions.delete(comment.pk, by=omar.pk)


def test_an_edit_is_screened_again(comment, article, rosa):
    spam = "Buy " + " ".join(f"https://example.org/{n}" for n in range(3))

    actions.edit(comment.pk, by=rosa.pk, body=spam)

    comment.refresh_from_db()
    assert (comment.status, comment.reason) == (Status.PENDING, Reason.LINKS)
    assert counted(article) == 0


def test_a_deleted_comment_loses_its_text_and_keeps_its_thread(
    comment, article, rosa, omar_ref
):
    reply_to(comment, omar_ref, article)

    actions.delete(comment.pk, by=rosa.pk)

    comment.refresh_from_db()
    assert (comment.status, comment.body, comment.body_html) == ("deleted", "", "")
    assert comment in Comment.objects.shown_to(None)
    assert comment not in Comment.objects.visible()
    assert counted(article) == 1


def test_deleting_twice_counts_once(comment, article, rosa):
    for _ in range(2):
        actions.delete(comment.pk, by=rosa.pk)

    assert counted(article) == 0


# --- Moderating ----------------------------------------------------------------------


def test_every_decision_moves_the_count_with_the_visibility(
    comment, article, moderator_id
):
    numbers = []
    for status in ("withheld", "rejected", "approved", "approved", "spam"):
        actions.moderate(comment.pk, by=moderator_id, status=status)
        numbers.append(counted(article))

    assert numbers == [0, 0, 1, 1, 0]


def test_a_decision_has_who_when_and_why(comment, moderator_id):
    rejected = reject(comment, moderator_id)

    assert rejected.moderated_by == moderator_id
    assert rejected.moderated_at
    assert rejected.get_reason_display() == "It attacks somebody."


def test_what_its_author_deleted_stays_deleted(comment, rosa, moderator_id):
    actions.delete(comment.pk, by=rosa.pk)

    with pytest.raises(Refused, match="deleted"):
        actions.moderate(comment.pk, by=moderator_id, status=Status.APPROVED)


def test_what_a_moderator_rejected_is_not_for_its_author_to_change(
    comment, rosa, moderator_id
):
    reject(comment, moderator_id)

    with pytest.raises(Refused):
        actions.edit(comment.pk, by=rosa.pk, body="Better")
    with pytest.raises(Refused):
        actions.delete(comment.pk, by=rosa.pk)


def test_approving_again_is_no_second_activity(comment, moderator_id):
    reject(comment, moderator_id)
    actions.moderate(comment.pk, by=moderator_id, status=Status.APPROVED)

    assert Activity.objects.filter(object_id=comment.pk).count() == 1


def test_only_the_first_of_a_thread_can_be_pinned(comment, article, omar_ref):
    reply = reply_to(comment, omar_ref, article)

    assert actions.pin(comment.pk).is_pinned
    with pytest.raises(Refused, match="begins a thread"):
        actions.pin(reply.pk)


# --- Visibility ----------------------------------------------------------------------


def test_who_wrote_it_sees_it_waiting_and_nobody_else(
    article, rosa_ref, omar, settings
):
    settings.COMMENT_FIRST_IS_HELD = True
    waiting = actions.post(by=rosa_ref, ref=article, body="Hello")

    assert waiting in Comment.objects.visible_to(rosa_ref.pk)
    assert waiting not in Comment.objects.visible_to(omar.pk)
    assert waiting not in Comment.objects.visible_to(None)


# --- What PostgreSQL refuses ---------------------------------------------------------


def bare(**fields):
    pk = uuid7()
    return {
        "pk": pk,
        "root_id": pk,
        "content_kind": "article",
        "content_id": uuid4(),
        "body": "x",
        "status": "approved",
    } | fields


def refuses(name, **fields):
    with (
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(using=ENGAGEMENT),
    ):
        Comment.objects.create(**bare(**fields))
        connections[ENGAGEMENT].check_constraints()


@pytest.mark.parametrize(
    "wrong",
    [
        {"content_id": uuid4()},
        {"content_kind": "course"},
        {"thread_depth": 2},
        {"root_id": uuid4()},
        {"parent_id": uuid4()},
    ],
    ids=["other content", "other kind", "wrong depth", "other thread", "no parent"],
)
def test_postgresql_refuses_a_reply_that_is_not_in_its_thread(comment, wrong):
    fields = {
        "content_id": comment.content_id,
        "parent_id": comment.pk,
        "root_id": comment.pk,
        "thread_depth": 1,
    }

    refuses("reply_in_the_same_thread", **fields | wrong)


def test_postgresql_refuses_a_thread_that_does_not_begin_with_itself():
    refuses("thread_begins_with_itself", root_id=uuid4())


def test_postgresql_refuses_a_deleted_comment_without_a_date():
    refuses("deleted_has_a_date", status="deleted")


def test_postgresql_refuses_an_unknown_status():
    refuses("comment_status_is_known", status="hidden")


# --- Races ---------------------------------------------------------------------------


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_double_click_posts_once(article, rosa_ref):
    results = at_once(
        *[lambda: actions.post(by=rosa_ref, ref=article, body="Hello")] * 4
    )

    assert sum(isinstance(result, Refused) for result in results) == 3
    assert counted(article) == Comment.objects.visible().count() == 1


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_replies_at_once_are_all_counted_above(article, rosa_ref):
    comment = actions.post(by=rosa_ref, ref=article, body="What do you think?")
    people = [UserRef.objects.remember(person(f"reader{n}")) for n in range(8)]

    results = at_once(
        *[lambda one=one: reply_to(comment, one, article) for one in people]
    )

    assert not [result for result in results if isinstance(result, Exception)]
    comment.refresh_from_db()
    assert comment.reply_count == 8
    assert counted(article) == 9


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_a_reply_and_the_deletion_of_what_it_answers_agree(article, rosa_ref, omar_ref):
    for _ in range(5):
        comment = actions.post(by=rosa_ref, ref=article, body=f"Note {uuid4().hex[:8]}")
        Comment.objects.update(created_at=timezone.now() - timedelta(minutes=5))

        replied, deleted = at_once(
            lambda one=comment: reply_to(one, omar_ref, article),
            lambda one=comment: actions.delete(one.pk, by=rosa_ref.pk),
        )

        comment.refresh_from_db()
        assert deleted.status == Status.DELETED
        assert comment.reply_count == (0 if isinstance(replied, Refused) else 1)
    assert counted(article) == Comment.objects.visible().count()


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_two_moderators_at_once_count_one_change(article, rosa_ref):
    comment = actions.post(by=rosa_ref, ref=article, body="Hello")

    at_once(
        *[
            lambda status=status: actions.moderate(
                comment.pk, by=uuid4(), status=status
            )
            for status in ("rejected", "spam", "withheld", "rejected")
        ]
    )

    assert counted(article) == 0
