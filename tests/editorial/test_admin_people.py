"""Who has a hand in an item, on its page of the desk."""

import pytest
from django.urls import reverse

from accounts.permissions import may
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from editorial import actions, byline
from editorial.models import Article
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])


@pytest.fixture
def open_as(client):
    def enter(person):
        client.force_login(person, backend="accounts.backends.RoleBackend")
        return client

    return enter


def address(item):
    return reverse(f"admin:editorial_{item.KIND}_people", args=[item.pk])


def fresh(item):
    return type(item).objects.get(pk=item.pk)


def test_an_author_names_a_co_author_and_takes_it_back(open_as, draft, wim, omar):
    client = open_as(wim)
    page = client.get(address(draft)).content.decode()
    assert "Co-author: Writes and submits it." in page
    assert "may approve it" not in page, "an author does not choose who approves"

    done = client.post(address(draft), {"person": omar.pk, "hand": "co_author"})
    assert done.status_code == 302
    assert may(omar, "edit", fresh(draft))
    assert "Remove" in client.get(address(draft)).content.decode()

    client.post(address(draft), {"remove": f"co_author:{omar.pk}"})
    assert not may(omar, "edit", fresh(draft))


def test_courses_have_the_same_page(open_as, wim, omar, ines):
    course = factories.course(by=wim)

    open_as(ines).post(address(course), {"person": omar.pk, "hand": "approve_review"})

    assert may(omar, "approve", fresh(course))
    assert (
        address(course)
        in open_as(wim)
        .get(reverse("admin:editorial_course_change", args=[course.pk]))
        .content.decode()
    )


def test_the_page_tells_who_may_do_what_and_why(open_as, draft, wim, ines, omar):
    actions.submit(draft, by=wim)
    page = open_as(ines).get(f"{address(draft)}?person={wim.pk}").content.decode()

    assert "What may Wim do with" in page
    assert "Is the owner of this item." in page
    assert "No role in force allows to publish." in page
    mine = open_as(wim).get(address(draft)).content.decode()
    assert "What may you do with" in mine


def test_the_past_of_the_item_counts_too(open_as, ines, wim):
    item = factories.article(by=ines)
    factories.edit(item, by=ines, author=wim)

    page = open_as(ines).get(address(item)).content.decode()

    assert "Whoever was an author of this text" in page


def test_it_costs_the_same_with_many_people(
    open_as, draft, ines, django_assert_max_num_queries
):
    for n in range(15):
        person = factories.staff(f"person{n}", "author", "reviewer")
        if n % 3 == 0:
            actions.grant(draft, person, "review", by=ines)
    with django_assert_max_num_queries(33):
        assert open_as(ines).get(address(draft)).status_code == 200


def test_who_may_not(open_as, draft, wim, omar, cleo, rosa):
    own = factories.article(by=cleo)
    reviewer = factories.staff("rex", "reviewer")
    posted = {"person": omar.pk, "hand": "co_author"}

    assert open_as(omar).get(address(draft)).status_code == 404
    assert open_as(omar).post(address(draft), posted).status_code == 404
    seen = open_as(reviewer).get(address(draft))
    assert seen.status_code == 200
    assert "Who may do what here" not in seen.content.decode()
    assert "Name them" not in seen.content.decode()
    for person, item in ((reviewer, draft), (cleo, own)):
        for data in (posted, {"remove": f"co_author:{omar.pk}"}):
            assert open_as(person).post(address(item), data).status_code == 403
    assert (
        open_as(wim)
        .post(address(draft), {"person": omar.pk, "hand": "approve_review"})
        .status_code
        == 422
    )
    assert byline.people(draft) == byline.people(own) == []


def test_bad_input_is_told_in_a_sentence(open_as, draft, wim, rosa, omar):
    client = open_as(wim)
    for data, status in (
        ({}, 422),
        ({"person": rosa.pk, "hand": "co_author"}, 422),
        ({"person": "x", "hand": "king"}, 422),
        ({"remove": "x"}, 200),
        ({"remove": f"king:{omar.pk}"}, 200),
        ({"remove": f"co_author:{omar.pk}"}, 200),
        ({"remove": "co_author:" + "z" * 36}, 200),
    ):
        answer = client.post(address(draft), data)
        assert answer.status_code in (status, 422), data
    assert byline.people(draft) == []
    assert Article.objects.count() == 1
