"""Nobody gets more than they were given, and what is taken away is gone at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.models import RoleAssignment, User
from accounts.permissions import ROLES, may
from cms.databases import ALIASES
from editorial.models import Article
from tests import factories

pytestmark = pytest.mark.django_db(databases=list(ALIASES))


def rights():
    return set(RoleAssignment.objects.values_list("user_id", "role_id", "category_id"))


def give(client, person, role):
    """Everything that the page of a person could be sent."""
    sent = {
        "email": person.email,
        "display_name": person.display_name,
        "slug": person.slug,
        "is_active": "on",
        "is_superuser": "on",
        "is_staff": "on",
        "role_assignments-TOTAL_FORMS": "1",
        "role_assignments-INITIAL_FORMS": "0",
        "role_assignments-0-user": str(person.pk),
        "role_assignments-0-role": role,
        "role_assignments-0-category_id": "",
        "role_assignments-0-expires_at": "",
    }
    return client.post(
        reverse("admin:accounts_user_change", args=[person.pk]), sent
    ).status_code


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gives_themselves_or_others_more_than_they_have(role, client, omar):
    person = factories.staff("pat", role)
    client.force_login(person)
    before = rights()
    rank = ROLES[role][1]

    give(client, person, "super_admin")
    for code, (_, above, _) in ROLES.items():
        if above > rank:
            give(client, omar, code)

    assert {one for one in rights() - before if ROLES[one[1]][1] > rank} == set()
    assert (person.pk, "super_admin", None) not in rights() - before
    assert not User.objects.filter(is_superuser=True).exists()


def test_a_role_that_ends_ends_in_an_open_session(client, wim):
    lena = factories.staff(
        "lena", "editor", expires_at=timezone.now() + timedelta(hours=1)
    )
    article = factories.article(by=wim)
    page = reverse("admin:editorial_article_change", args=[article.pk])
    api = f"/api/v1/editorial/articles/{article.pk}/"
    client.force_login(lena)
    assert client.get(page).status_code == client.get(api).status_code == 200

    lena.role_assignments.update(expires_at=timezone.now())

    assert client.get(page).status_code == 302
    assert client.get(api).status_code in (403, 404)


def test_who_is_deactivated_is_signed_out_at_once(client, ines, wim):
    article = factories.article(by=wim)
    client.force_login(ines)
    api = f"/api/v1/editorial/articles/{article.pk}/"
    assert client.get(api).status_code == 200

    User.objects.filter(pk=ines.pk).update(is_active=False)

    assert client.get(api).status_code in (401, 403)
    assert client.get("/api/v1/me/").status_code in (401, 403)
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_token_of_somebody_deactivated_or_without_a_role_opens_nothing(wim):
    from accounts.tokens import SCOPES, ApiToken

    eva = factories.staff("eva", "editor")
    article = factories.article(by=wim)
    _, secret = ApiToken.objects.issue(
        eva, "All", list(SCOPES), expires_at=timezone.now() + timedelta(days=1)
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    api = f"/api/v1/editorial/articles/{article.pk}/"
    assert client.get(api).status_code == 200

    eva.role_assignments.update(expires_at=timezone.now())
    assert client.get(api).status_code in (403, 404)
    User.objects.filter(pk=eva.pk).update(is_active=False)
    assert client.get(api).status_code == 401


def test_a_token_of_an_editor_does_no_more_than_its_scopes(wim, ines):
    from accounts.tokens import ApiToken

    article = factories.approve(factories.article(by=wim), editor=ines)
    api = f"/api/v1/editorial/articles/{article.pk}/"
    later = timezone.now() + timedelta(days=1)

    def as_program(*scopes):
        _, secret = ApiToken.objects.issue(ines, "One", scopes, expires_at=later)
        return Client(headers={"Authorization": f"Bearer {secret}"})

    def publish(client):
        return client.post(f"{api}publish/", {}, content_type="application/json")

    for scopes in (["content:read"], ["editorial:read"], ["editorial:write"]):
        assert publish(as_program(*scopes)).status_code == 403, scopes
    assert as_program("content:read").get(api).status_code == 403
    article.refresh_from_db()
    assert article.status == "approved"
    assert publish(as_program("editorial:read", "editorial:publish")).status_code == 200


def test_moving_an_article_into_ones_own_section_gives_no_rights_over_it(wim):
    """A co-author who edits Arts would take an article of Science with them."""
    science, arts = factories.CategoryFactory(), factories.CategoryFactory()
    otto = factories.staff("otto", "editor", category=arts)
    article = factories.article(by=wim, category=science)
    assign_perm("co_author", otto, article)
    article = Article.objects.get(pk=article.pk)
    assert may(otto, "edit", article) and not may(otto, "publish", article)

    with pytest.raises(Exception, match="Ask an editor"):
        factories.edit(article, by=otto, category=arts)

    article = Article.objects.get(pk=article.pk)
    assert article.category_id == science.pk
    assert not may(otto, "publish", article)


def test_an_editor_of_one_section_puts_nothing_live_in_another(wim):
    science, arts = factories.CategoryFactory(), factories.CategoryFactory()
    otto = factories.staff("otto", "editor", category=arts)
    article = factories.approve(factories.article(by=wim, category=arts), editor=otto)

    with pytest.raises(Exception, match="other categories"):
        factories.edit(article, by=otto, category=science)

    article = Article.objects.get(pk=article.pk)
    assert (article.category_id, article.status) == (arts.pk, "approved")
