"""Sign-in with the provider of the house, over real HTTP: works, who may not."""

import pytest
from allauth.socialaccount.models import SocialAccount

from accounts.models import Role, User
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from editorial.models import AuditLog
from tests import factories
from tests.accounts.conftest import NORA, Visitor, come_in

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])


def roles_of(email="nora@example.org"):
    user = User.objects.get(email=email)
    return set(user.role_assignments.values_list("role_id", flat=True))


# --- Works --------------------------------------------------------------------


def test_somebody_new_comes_in_with_the_roles_of_their_groups(provider, mailbox):
    page = Visitor().get("/accounts/login/").content.decode()
    assert "Sign in with The House" in page
    browser = Visitor()

    answer = come_in(provider, browser)

    assert answer.url == "/admin/"
    nora = User.objects.get(email="nora@example.org")
    assert (nora.display_name, nora.slug) == ("Nora Lind", "nora-lind")
    assert nora.email_verified_at and not nora.has_usable_password()
    assert roles_of() == {"author"}
    assert browser.get("/admin/").status_code == 200
    assert len(mailbox) == 0, "the provider verified the address"
    assert AuditLog.objects.filter(resource_id=nora.pk).exists()


def test_roles_follow_the_groups_at_each_sign_in(provider):
    come_in(provider)
    for groups, roles in (
        (["newsroom-chiefs", "newsroom"], {"author", "editor_chief"}),
        (["newsroom-chiefs"], {"editor_chief"}),
        ("newsroom newsroom-chiefs", {"author", "editor_chief"}),
        ([], set()),
        ({"newsroom": True}, set()),
        (None, set()),
    ):
        provider.person = NORA | {"groups": groups}
        come_in(provider)
        assert roles_of() == roles, groups


def test_what_was_given_by_hand_stays(provider):
    come_in(provider)
    nora = User.objects.get(email="nora@example.org")
    factories.give_role(nora, "reviewer")

    provider.person = NORA | {"groups": []}
    come_in(provider)

    assert roles_of() == {"reviewer"}


def test_a_claim_may_lie_deeper(provider, settings):
    settings.OIDC_ROLES_CLAIM = "realm_access.roles"
    provider.person = NORA | {"realm_access": {"roles": ["newsroom-chiefs"]}}

    come_in(provider)

    assert roles_of() == {"editor_chief"}


def test_somebody_who_has_an_account_connects_it_and_then_comes_in(provider, mailbox):
    nora = factories.UserFactory(email="nora@example.org")
    browser = Visitor()
    browser.post(
        "/accounts/login/", {"login": nora.email, "password": factories.PASSWORD}
    )

    come_in(provider, browser, "/accounts/oidc/oidc/login/?process=connect")

    assert SocialAccount.objects.get(user=nora).uid == "nora-1"
    assert "connected" in mailbox.last.subject
    come_in(provider, another := Visitor())
    assert str(nora.pk) == another.session["_auth_user_id"]
    assert User.objects.filter(email=nora.email).count() == 1


# --- Who may not --------------------------------------------------------------


def test_nobody_becomes_super_admin_through_the_provider(provider):
    provider.person = NORA | {"groups": ["root"]}
    factories.staff("some", "super_admin")

    come_in(provider)

    assert roles_of() == set()
    assert not User.objects.get(email="nora@example.org").is_superuser


def test_a_role_that_is_not_open_to_the_provider_is_not_given(provider):
    Role.objects.filter(code="editor_chief").update(from_provider=False)
    provider.person = NORA | {"groups": ["newsroom-chiefs", "editor_chief", "admin"]}

    come_in(provider)

    assert roles_of() == set()


def test_an_address_alone_opens_nobodys_account(provider, mailbox):
    nora = factories.UserFactory(email="nora@example.org")
    browser = Visitor()

    answer = come_in(provider, browser)

    assert answer.url == "/accounts/confirm-email/"
    assert "_auth_user_id" not in browser.session
    assert mailbox.last.subject == "You have an account already"
    assert not SocialAccount.objects.filter(user=nora).exists()


def test_an_address_opens_the_account_where_the_house_trusts_the_provider(provider):
    provider.app["settings"]["email_authentication"] = True
    nora = factories.UserFactory(email="nora@example.org")
    for verified, is_in in ((False, False), (True, True)):
        provider.person = NORA | {"email_verified": verified}
        come_in(provider, browser := Visitor())
        assert ("_auth_user_id" in browser.session) is is_in
    assert browser.session["_auth_user_id"] == str(nora.pk)


def test_somebody_deactivated_does_not_come_in(provider):
    come_in(provider)
    nora = User.objects.get(email="nora@example.org")
    nora.is_active = False
    nora.save()
    provider.person = NORA | {"groups": ["newsroom-chiefs"]}

    answer = come_in(provider, browser := Visitor())

    assert answer.url == "/accounts/inactive/"
    assert "_auth_user_id" not in browser.session
    assert roles_of() == {"author"}, "nothing is given to whoever stays outside"


def test_whoever_has_roles_from_the_provider_stays_connected(provider):
    come_in(provider, browser := Visitor())
    account = SocialAccount.objects.get(uid="nora-1")

    page = browser.post("/accounts/3rdparty/", {"account": account.pk})

    assert SocialAccount.objects.filter(pk=account.pk).exists()
    assert page.status_code == 200


def test_no_new_accounts_where_the_house_makes_them_itself(provider, settings):
    settings.OIDC_MAKES_ACCOUNTS = False

    page = come_in(provider)

    assert "makes no accounts by itself" in page.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()


# --- Bad input ----------------------------------------------------------------


def test_what_did_not_come_from_the_provider_opens_nothing(provider):
    browser = Visitor()
    there = browser.post("/accounts/oidc/oidc/login/")
    back = provider.say_yes(there.url)
    for name, address in (
        ("another state", back.replace("state=", "state=x")),
        ("another code", back.replace("code=", "code=x")),
        ("no code", back.partition("?")[0]),
        ("an error", back.partition("?")[0] + "?error=access_denied"),
    ):
        answer = browser.get(address, follow=True)
        assert answer.status_code < 500, name
        assert "_auth_user_id" not in browser.session, name
    stranger = Visitor()
    stranger.get(provider.say_yes(there.url))
    assert "_auth_user_id" not in stranger.session, "another browser than the one"


def test_a_provider_that_is_away_is_said_in_a_sentence(provider):
    provider.app["settings"]["server_url"] = "http://127.0.0.1:9"

    page = Visitor().post("/accounts/oidc/oidc/login/")

    assert page.status_code == 502
    assert "could not be reached" in page.content.decode()
