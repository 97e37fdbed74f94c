import re
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from engagement.comments import actions
from engagement.comments.models import Comment
from engagement.counters import ledger, public
from engagement.reactions.actions import react
from engagement.reactions.models import Reaction
from engagement.refs.models import UserRef

from .conftest import content, down, person

DATABASES = [EDITORIAL, PUBLIC, ENGAGEMENT]
pytestmark = pytest.mark.django_db(databases=DATABASES)
FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def comment(article, rosa_ref):
    return actions.post(by=rosa_ref, ref=article, body="The harbour at *five*.")


@pytest.fixture
def as_rosa(client, rosa):
    client.force_login(rosa)
    return client


@pytest.fixture
def as_omar(omar):
    client = Client()
    client.force_login(omar)
    return client


def fragment_url(ref):
    return reverse("engagement:discussion-fragment", args=[ref.kind, ref.pk])


def page_url(ref):
    return reverse("engagement:discussion", args=[ref.kind, ref.pk])


def comment_url(name, comment):
    return reverse(f"engagement:comment-{name}", args=[comment.pk])


def react_url(kind, pk):
    return reverse("engagement:react", args=[kind, pk])


def text(response):
    return response.content.decode()


# --- Reading -------------------------------------------------------------------------


def test_anybody_reads_the_discussion(client, comment, article):
    response = client.get(fragment_url(article))

    shown = text(response)
    assert response.status_code == 200
    assert "<p>The harbour at <em>five</em>.</p>" in shown
    assert "1 comment" in shown
    assert f"/accounts/login/?next=%2Farticles%2F{article.url[10:-1]}" in shown
    assert '<form class="comment-form"' not in shown
    assert "csrfmiddlewaretoken" not in shown


def test_an_anonymous_fragment_sets_no_cookie_and_is_not_stored(
    client, comment, article
):
    response = client.get(fragment_url(article))

    assert not response.cookies
    assert "no-store" in response["Cache-Control"]


def test_the_page_is_the_same_and_stands_alone(client, comment, article):
    shown = text(client.get(page_url(article)))

    assert "<h1" in shown
    assert f'href="{article.url}"' in shown
    assert "<em>five</em>" in shown


def test_a_fetched_page_is_the_fragment(client, comment, article):
    assert "<html" not in text(client.get(page_url(article), headers=FETCH))


def test_a_member_sees_the_forms_and_the_own_reaction(as_rosa, rosa, comment, article):
    react(by=rosa.pk, kind="article", target_id=article.pk, reaction="love")

    shown = text(as_rosa.get(fragment_url(article)))

    assert "csrfmiddlewaretoken" in shown
    assert comment_url("edit", comment) in shown
    assert re.search(r'value="" aria-pressed="true"><span[^>]*>Love<', shown)


def test_replies_stand_below_what_they_answer(client, article, rosa_ref, omar_ref):
    first = actions.post(by=rosa_ref, ref=article, body="First")
    actions.post(by=rosa_ref, ref=article, body="Second")
    actions.post(by=omar_ref, ref=article, body="To the first", parent_id=first.pk)

    shown = text(client.get(fragment_url(article)))

    assert shown.index("Second") < shown.index("First") < shown.index("To the first")
    assert "comment--level-1" in shown


def test_a_deleted_comment_leaves_a_place_for_its_replies(
    client, comment, article, rosa, omar_ref
):
    actions.post(by=omar_ref, ref=article, body="I agree", parent_id=comment.pk)
    actions.delete(comment.pk, by=rosa.pk)

    shown = text(client.get(fragment_url(article)))

    assert "deleted by its author" in shown
    assert "I agree" in shown
    assert "five" not in shown


def test_a_rejected_comment_never_shows_its_text(client, comment, article, omar_ref):
    actions.post(by=omar_ref, ref=article, body="I agree", parent_id=comment.pk)
    actions.moderate(comment.pk, by=uuid4(), status="rejected", reason="abuse")

    shown = text(client.get(fragment_url(article)))

    assert "removed by a moderator" in shown
    assert "five" not in shown


def test_only_its_writer_sees_a_waiting_comment_and_why(
    as_rosa, as_omar, article, rosa_ref
):
    body = " ".join(f"https://example.org/{n}" for n in range(3))
    actions.post(by=rosa_ref, ref=article, body=body)

    assert "It has many links." in text(as_rosa.get(fragment_url(article)))
    assert "example.org" not in text(as_omar.get(fragment_url(article)))


def test_deep_replies_say_whom_they_answer(client, article, rosa_ref, settings):
    settings.COMMENTS_PER_MINUTE = 100
    parent = None
    for n in range(7):
        parent = actions.post(
            by=rosa_ref, ref=article, body=f"Number {n}", parent_id=parent and parent.pk
        )

    shown = text(client.get(fragment_url(article)))

    assert "comment--level-4" in shown
    assert "comment--level-5" not in shown
    assert "in reply to" in shown


def threads(ref, number, *, replies=0):
    """Many threads, written in bulk."""
    from datetime import timedelta

    from django.utils import timezone

    from engagement.comments.imports import ImportedComment, take_in

    start = timezone.now() - timedelta(days=1)
    rows = []
    for n in range(number):
        key = uuid4().hex
        rows.append((key, None, f"Thread {n:03}", n))
        rows += [(uuid4().hex, key, f"Reply {r:03}", n) for r in range(replies)]
    take_in(
        ImportedComment(
            source_key=key,
            parent_key=parent,
            content_kind=ref.kind,
            content_id=ref.pk,
            created_at=start + timedelta(seconds=place),
            body=body,
            guest_name="Ada",
        )
        for place, (key, parent, body, _) in enumerate(rows)
    )


@pytest.mark.parametrize("order", ["new", "old", "top"])
def test_pages_follow_each_other_without_gap_or_repetition(client, article, order):
    threads(article, 45)
    for number, comment in enumerate(Comment.objects.all()[:30]):
        Comment.objects.filter(pk=comment.pk).update(like_count=number % 4)

    url, found = f"{page_url(article)}?order={order}", []
    while url:
        shown = text(client.get(url))
        found += re.findall(r"Thread \d+", shown)
        link = re.search(r'rel="nofollow" href="([^"]+)"', shown)
        url = link and link[1].replace("&amp;", "&")

    assert len(found) == len(set(found)) == 45
    if order != "top":
        assert found == sorted(found, reverse=order == "new")


def test_a_long_thread_is_cut_and_has_a_page_of_its_own(client, article):
    threads(article, 1, replies=130)
    root = Comment.objects.threads().get()

    shown = text(client.get(fragment_url(article)))
    assert "120 more replies" in shown
    first = text(client.get(f"{page_url(article)}?thread={root.pk}"))
    link = re.search(r'rel="nofollow" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = text(client.get(link))

    found = re.findall(r"Reply \d+", first + second)
    assert found == [f"Reply {n:03}" for n in range(130)]


def test_a_pinned_thread_stands_on_top_of_the_first_page_only(client, article):
    threads(article, 25)
    actions.pin(Comment.objects.order_by("created_at").first().pk)

    first = text(client.get(page_url(article)))
    link = re.search(r'rel="nofollow" href="([^"]+)"', first)[1].replace("&amp;", "&")

    assert re.findall(r"Thread \d+", first)[0] == "Thread 000"
    assert "Thread 000" not in text(client.get(link))


def queries(client, url):
    with (
        CaptureQueriesContext(connections[EDITORIAL]) as accounts,
        CaptureQueriesContext(connections[PUBLIC]) as reading,
        CaptureQueriesContext(connections[ENGAGEMENT]) as engagement,
    ):
        assert client.get(url).status_code == 200
    return len(accounts), len(reading), len(engagement)


def test_the_queries_do_not_grow_with_the_comments(client, as_omar, article):
    few = content()
    threads(few, 1, replies=1)
    threads(article, 20, replies=10)

    assert queries(client, fragment_url(few)) == queries(client, fragment_url(article))
    assert queries(client, fragment_url(article)) == (0, 0, 5)
    assert queries(as_omar, fragment_url(article)) == (2, 0, 6)


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=nonsense",
        "?cursor=WyJ4Il0",
        "?cursor=W251bGwsbnVsbF0",
        "?cursor=WyI5OTk5LTAxLTAxIiwgIngiXQ",
        "?cursor=" + "A" * 5000,
        "?cursor=%00",
        "?order=drop",
        "?thread=x",
        "?thread=01a1fe70-29aa-7003-b2d3-64156f60b301",
        "?order=top&cursor=WyI5OTk5OTk5OTk5OTk5OTk5IiwiMjAyNi0wMS0wMVQwMDowMDowMFoiLCIwMWExZmU3MC0yOWFhLTcwMDMtYjJkMy02NDE1NmY2MGIzMDEiXQ",
    ],
)
def test_addresses_nobody_gave_out_show_the_first_page(client, comment, article, query):
    response = client.get(fragment_url(article) + query)

    assert response.status_code == 200
    assert "five" in text(response)


@pytest.mark.parametrize("state", ["gone", "unknown", "other kind"])
def test_what_is_not_public_has_no_discussion(client, state, article):
    ref = content(state="gone") if state == "gone" else article
    kind = "course" if state == "other kind" else ref.kind
    pk = uuid4() if state == "unknown" else ref.pk

    fragment = client.get(reverse("engagement:discussion-fragment", args=[kind, pk]))

    assert fragment.status_code == 404
    assert "<html" not in text(fragment)
    assert (
        client.get(reverse("engagement:discussion", args=[kind, pk])).status_code == 404
    )


def test_unpublishing_hides_the_thread_and_takes_nothing(as_rosa, comment, article):
    article.state = "gone"
    article.save()

    assert as_rosa.get(page_url(article)).status_code == 404
    assert as_rosa.post(page_url(article), {"body": "Hi"}).status_code == 404
    for name in ("reply", "edit", "delete"):
        assert (
            as_rosa.post(comment_url(name, comment), {"body": "x"}).status_code == 404
        )
    assert as_rosa.post(react_url("comment", comment.pk)).status_code == 404


# --- Writing -------------------------------------------------------------------------


def test_a_plain_form_posts_and_comes_back(as_rosa, article):
    response = as_rosa.post(page_url(article), {"body": "Hello"})

    comment = Comment.objects.get()
    assert response.status_code == 302
    assert response.url.endswith(f"#comment-{comment.pk}")
    assert "Hello" in text(as_rosa.get(response.url))


def test_a_fetched_form_gets_the_fragment_back(as_rosa, article):
    response = as_rosa.post(page_url(article), {"body": "Hello"}, headers=FETCH)

    assert response.status_code == 200
    assert "<html" not in text(response)
    assert "<p>Hello</p>" in text(response)
    assert "1 comment" in text(response)


def test_reply_edit_delete(as_rosa, as_omar, comment, article):
    as_omar.post(comment_url("reply", comment), {"body": "I agree"})
    as_rosa.post(comment_url("edit", comment), {"body": "At six."})
    reply = Comment.objects.get(parent=comment)
    as_omar.post(comment_url("delete", reply))

    comment.refresh_from_db()
    reply.refresh_from_db()
    assert (comment.body, comment.is_edited) == ("At six.", True)
    assert reply.status == "deleted"


@pytest.mark.parametrize("name", ["reply", "edit", "delete"])
def test_each_form_has_a_page_for_those_without_javascript(as_rosa, comment, name):
    shown = text(as_rosa.get(comment_url(name, comment)))

    assert "<form" in shown
    assert "csrfmiddlewaretoken" in shown


def test_reactions_are_put_switched_and_taken_back(as_rosa, rosa, article):
    url = react_url("article", article.pk)
    assert as_rosa.post(url, {"reaction": "like"}).status_code == 302
    shown = text(as_rosa.post(url, {"reaction": "love"}, headers=FETCH))

    assert Reaction.objects.by(rosa.pk).get().kind == "love"
    assert re.search(r'aria-pressed="true"><span[^>]*>Love</span> <span[^>]*>1<', shown)
    as_rosa.post(url, {"reaction": ""})
    assert not Reaction.objects.exists()


def test_a_comment_can_be_liked_and_sorted_by_it(as_omar, comment):
    as_omar.post(react_url("comment", comment.pk), {"reaction": "like"})

    ledger.fold()
    public.publish_counters()
    comment.refresh_from_db()
    assert comment.like_count == 1


def test_a_refused_comment_comes_back_with_its_text(as_rosa, comment, article):
    for headers in ({}, FETCH):
        response = as_rosa.post(
            page_url(article), {"body": comment.body}, headers=headers
        )

        assert response.status_code == 422
        assert "exactly this here already" in text(response)
        assert f">{comment.body}</textarea>" in text(response)


def test_a_refused_reply_comes_back_open(as_rosa, comment):
    response = as_rosa.post(comment_url("reply", comment), {"body": " "}, headers=FETCH)

    assert response.status_code == 422
    assert "Please write something" in text(response)
    plain = as_rosa.post(comment_url("reply", comment), {"body": " "})
    assert "Please write something" in text(plain)


@pytest.mark.parametrize(("name", "shown"), [("reply", "reply"), ("edit", "edit")])
def test_the_form_that_was_refused_is_the_one_that_opens(as_rosa, comment, name, shown):
    response = as_rosa.post(
        comment_url(name, comment), {"body": "x" * 5001}, headers=FETCH
    )

    assert response.status_code == 422
    assert re.findall(r'<details class="comment__(\w+)" open', text(response)) == [
        shown
    ]


@pytest.mark.parametrize("reaction", [None, "hate", "\x00"])
def test_unknown_reactions_are_refused(as_rosa, article, reaction):
    data = {} if reaction is None else {"reaction": reaction}

    assert as_rosa.post(react_url("article", article.pk), data).status_code == 422
    assert not Reaction.objects.exists()


# --- Who may not ---------------------------------------------------------------------


def test_who_is_not_signed_in_writes_nothing(client, comment, article):
    posts = [
        (page_url(article), {"body": "Hello"}),
        (comment_url("reply", comment), {"body": "Hello"}),
        (comment_url("edit", comment), {"body": "Hello"}),
        (comment_url("delete", comment), {}),
        (react_url("article", article.pk), {"reaction": "like"}),
    ]
    for url, data in posts:
        plain = client.post(url, data)
        fetched = client.post(url, data, headers=FETCH)

        assert plain.status_code == 302
        assert plain.url.startswith("/accounts/login/?next=%2F")
        assert fetched.status_code == 403
        assert "sign in" in text(fetched).lower()
    assert Comment.objects.count() == 1
    assert not Reaction.objects.exists()


def test_comments_of_others_are_not_there_to_edit_or_delete(as_omar, comment):
    for name in ("edit", "delete"):
        assert as_omar.get(comment_url(name, comment)).status_code == 404
        assert (
            as_omar.post(comment_url(name, comment), {"body": "x"}).status_code == 404
        )
    comment.refresh_from_db()
    assert comment.is_visible


def test_a_form_without_its_token_is_refused(rosa, comment, article):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(rosa)

    for url in (page_url(article), comment_url("delete", comment)):
        assert strict.post(url, {"body": "x"}).status_code == 403


def test_an_inactive_member_is_a_stranger(as_rosa, rosa, article):
    rosa.is_active = False
    rosa.save()

    assert as_rosa.post(page_url(article), {"body": "x"}).status_code == 302
    assert not Comment.objects.exists()


def test_a_hidden_comment_takes_neither_replies_nor_likes(as_omar, comment):
    actions.moderate(comment.pk, by=uuid4(), status="withheld")

    assert as_omar.post(comment_url("reply", comment), {"body": "x"}).status_code == 404
    url = react_url("comment", comment.pk)
    assert as_omar.post(url, {"reaction": "like"}).status_code == 404


def test_closed_comments_are_read_and_not_written(as_rosa, comment, article):
    article.comments_open = False
    article.save()

    shown = text(as_rosa.get(fragment_url(article)))
    assert "Comments are closed" in shown
    assert "comment-form" not in shown
    assert as_rosa.post(page_url(article), {"body": "x"}).status_code == 422


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(as_rosa, comment, article, method):
    for url in (page_url(article), fragment_url(article), comment_url("edit", comment)):
        assert getattr(as_rosa, method)(url).status_code == 405


def test_names_and_titles_are_escaped(client, article):
    article.title = "<script>alert(1)</script>"
    article.save()
    mallory = person("mallory", display_name="<img src=x onerror=alert(1)>")
    ref = UserRef.objects.remember(mallory)
    actions.post(by=ref, ref=article, body="<b onclick=alert(1)>Hi</b>")

    shown = text(client.get(page_url(article)))

    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "<b onclick" not in shown


@pytest.mark.parametrize(
    ("url", "linked"),
    [("https://ada.example/", True), ("javascript:alert(1)", False), ("", False)],
)
def test_guests_are_linked_to_real_addresses_only(client, article, url, linked):
    threads(article, 1)
    Comment.objects.update(guest_url=url)

    shown = text(client.get(fragment_url(article)))

    assert (f'href="{url}" rel="nofollow ugc noopener"' in shown) is linked
    assert "javascript:" not in shown


def test_fragments_obey_the_strict_policy(as_rosa, comment, article):
    shown = text(as_rosa.get(page_url(article)))

    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", shown)


# --- With a database down ------------------------------------------------------------


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_with_the_accounts_down_a_member_reads_like_anybody(as_rosa, comment, article):
    with down(EDITORIAL):
        response = as_rosa.get(fragment_url(article))

    assert response.status_code == 200
    assert "five" in text(response)
    assert "Sign in to join" in text(response)


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_with_the_accounts_down_writing_says_so_and_keeps_the_text(as_rosa, article):
    with down(EDITORIAL):
        plain = as_rosa.post(page_url(article), {"body": "My long text"})
        fetched = as_rosa.post(
            react_url("article", article.pk), {"reaction": "like"}, headers=FETCH
        )

    assert plain.status_code == fetched.status_code == 503
    assert "Signing in does not work right now" in text(plain)
    assert ">My long text</textarea>" in text(plain)
    assert not Comment.objects.exists()


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_with_the_engagement_database_down_a_quiet_sentence_is_left(as_rosa, article):
    with down(ENGAGEMENT):
        fragment = as_rosa.get(fragment_url(article))
        posted = as_rosa.post(page_url(article), {"body": "My long text"})

    assert fragment.status_code == posted.status_code == 503
    assert "resting" in text(fragment)
    assert "<html" not in text(fragment)
    assert ">My long text</textarea>" in text(posted)
    assert posted["Retry-After"] == "60"


@pytest.mark.django_db(databases=DATABASES, transaction=True)
def test_fragments_never_ask_the_public_store(as_rosa, comment, article):
    with down(PUBLIC):
        assert as_rosa.get(fragment_url(article)).status_code == 200
