"""Seeing the desk as somebody else sees it, and no more than that."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory
from django.urls import reverse

from accounts import simulation
from accounts.models import RoleAssignment, User
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from editorial.models import Article, AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

LEAVE = "/admin/accounts/user/simulation/leave/"


@pytest.fixture
def as_cleo(signed_in, ada, cleo):
    """Ada's browser, in which she sees the desk as Cleo."""
    browser = signed_in(ada)
    answer = browser.post(reverse("admin:accounts_user_simulate", args=[cleo.pk]))
    assert (answer.status_code, answer.url) == (302, "/admin/")
    return browser


def trail():
    rows = AuditLog.objects.filter(action__startswith="simulate").order_by("number")
    return [(row.action, row.user_label, row.new_values.get("reason")) for row in rows]


def test_an_admin_sees_what_the_other_one_sees(as_cleo, cleo, draft):
    own = factories.article(by=cleo, title="Cleo's own")

    page = as_cleo.get("/admin/editorial/article/").content.decode()

    assert "You see the desk as <strong>Cleo</strong>" in page
    assert "Cleo&#x27;s own" in page
    assert draft.title not in page
    change = reverse("admin:editorial_article_change", args=[own.pk])
    assert as_cleo.get(change).status_code == 200
    hidden = reverse("admin:editorial_article_change", args=[draft.pk])
    assert as_cleo.get(hidden).status_code == 404
    assert as_cleo.get("/admin/").status_code == 200


def test_nothing_can_be_sent(as_cleo, cleo):
    own = factories.article(by=cleo)
    before = AuditLog.objects.count()
    for address in (
        reverse("admin:editorial_article_do", args=[own.pk, "submit"]),
        reverse("admin:editorial_article_change", args=[own.pk]),
        reverse("admin:editorial_article_add"),
        "/admin/",
        "/admin/logout/",
        reverse("admin:accounts_user_simulate", args=[cleo.pk]),
    ):
        for send in (as_cleo.post, as_cleo.put, as_cleo.patch, as_cleo.delete):
            answer = send(address)
            assert answer.status_code == 403, address
            assert "nothing can be changed" in answer.content.decode()
    assert Article.objects.get(pk=own.pk).status == "draft"
    assert AuditLog.objects.count() == before


def test_a_page_that_writes_by_mistake_is_stopped_by_postgresql(ada, cleo):
    request = RequestFactory().get("/admin/")
    request.user, request.session = ada, {}
    simulation.start(request, cleo)

    def careless(request):
        assert request.user == cleo
        with transaction.atomic(using=EDITORIAL):
            User.objects.update(bio="Oops")

    with pytest.raises(DatabaseError, match="read-only"):
        simulation.AsSomebodyElse(careless)(request)

    User.objects.update(bio="Writing works again.")


def test_people_tokens_and_second_factors_are_not_shown(signed_in, ada, as_cleo):
    chief = factories.staff("helen", "editor_chief")
    as_cleo.post(LEAVE)
    as_cleo.post(reverse("admin:accounts_user_simulate", args=[chief.pk]))

    for address in (
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_user_change", args=[chief.pk]),
        reverse("admin:accounts_user_rights", args=[chief.pk]),
        reverse("admin:accounts_role_changelist"),
        "/admin/password_change/",
        "/admin/no/such/page/",
    ):
        answer = as_cleo.get(address)
        assert answer.status_code == 403, address
    # The pages of an account are the admin's own.
    account = as_cleo.get("/accounts/")
    assert ada.email in account.content.decode()
    assert chief.email not in account.content.decode()


def test_one_click_leaves_and_the_log_tells(as_cleo):
    answer = as_cleo.post(LEAVE, follow=True)

    assert "as yourself again" in answer.content.decode()
    assert "You see the desk as <strong>" not in answer.content.decode()
    as_cleo.post(LEAVE)
    assert trail() == [("simulate", "Ada", None), ("simulate_end", "Ada", "Left.")]


def test_it_ends_by_itself_after_half_an_hour(as_cleo):
    session = as_cleo.session
    session["simulation"] |= {
        "since": session["simulation"]["since"]
        - timedelta(minutes=30, seconds=1).total_seconds()
    }
    session.save()

    answer = as_cleo.get("/admin/", follow=True)

    assert "Half an hour is over" in answer.content.decode()
    assert trail()[-1][0] == "simulate_end"


def test_it_ends_when_the_right_to_it_does(as_cleo, ada, cleo):
    factories.give_role(cleo, "super_admin")
    assert "as yourself again" in as_cleo.get("/admin/", follow=True).content.decode()

    cleo.role_assignments.filter(role="super_admin").delete()
    as_cleo.post(reverse("admin:accounts_user_simulate", args=[cleo.pk]))
    RoleAssignment.objects.filter(user=ada).delete()
    assert as_cleo.get("/admin/editorial/article/").status_code in (302, 403)
    assert trail()[-1][0] == "simulate_end"


def test_signing_out_ends_it(as_cleo):
    as_cleo.post("/accounts/logout/")

    assert trail()[-1] == ("simulate_end", "Ada", "Signed out.")


def test_who_may_not_be_seen_as_or_may_not_look(signed_in, ada, ines, wim, rosa):
    above = factories.staff("mara", "super_admin")
    gone = factories.staff("gone", "author")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    chief = factories.staff("helen", "editor_chief")
    for by, whom in (
        (ada, above),
        (ada, ada),
        (ada, rosa),
        (ada, gone),
        (chief, wim),
        (ines, wim),
    ):
        page = reverse("admin:accounts_user_simulate", args=[whom.pk])
        answer = signed_in(by).post(page)
        assert answer.status_code in (403, 404), (by, whom)
    assert trail() == []


def test_it_costs_a_few_queries_more(as_cleo, cleo, django_assert_max_num_queries):
    for n in range(8):
        factories.article(by=cleo, title=f"Article {n}")
    with django_assert_max_num_queries(24):
        assert as_cleo.get("/admin/editorial/article/").status_code == 200
