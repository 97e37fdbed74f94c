"""Looking after one's account: works, who may not, bad input."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import tasks
from accounts.models import User
from accounts.templatetags.devices import device
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests import factories
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


def sign_in(browser, person, password=factories.PASSWORD):
    return browser.post(
        "/accounts/login/", {"login": person.email, "password": password}
    )


def is_in(browser):
    return browser.get("/accounts/").status_code == 200


# --- Works --------------------------------------------------------------------


def test_the_page_says_who_one_is_and_saves_the_profile(visit, rosa):
    sign_in(visit, rosa)
    page = visit.get("/accounts/").content.decode()
    assert rosa.email in page and "Sign out" in page

    answer = visit.post(
        "/accounts/",
        {
            "display_name": "  Rosa   B. ",
            "bio": "Trams.",
            "website": "https://rosa.example",
            "is_superuser": "on",
            "email": "other@example.org",
            "slug": "admin",
        },
    )

    assert answer.url == "/accounts/"
    kept = User.objects.get(pk=rosa.pk)
    assert (kept.display_name, kept.bio) == ("Rosa B.", "Trams.")
    assert (kept.is_superuser, kept.email, kept.slug) == (False, rosa.email, rosa.slug)


def test_a_new_address_counts_once_its_link_is_opened_and_the_old_one_is_told(
    visit, rosa, mailbox
):
    sign_in(visit, rosa)
    visit.post("/accounts/email/", {"email": "Rosa@New.example", "action_add": ""})
    (asked,) = mailbox
    assert asked.to == ["rosa@new.example"]
    assert "rosa@new.example" in visit.get("/accounts/email/").content.decode()
    assert User.objects.get(pk=rosa.pk).email == rosa.email, "not yet"
    mailbox.empty()

    visit.post(asked.link)

    kept = User.objects.get(pk=rosa.pk)
    assert kept.email == "rosa@new.example"
    assert kept.email_verified_at > rosa.email_verified_at
    (told,) = mailbox
    assert told.to == [rosa.email]
    assert "rosa@new.example" in told.body
    assert EmailAddress.objects.filter(user=rosa).count() == 1
    assert sign_in(Visitor(), kept).status_code == 302


def test_sessions_are_listed_by_device_and_the_others_can_be_ended(rosa):
    here = Visitor(headers={"user-agent": FIREFOX})
    phone = Visitor(headers={"user-agent": SAFARI}, REMOTE_ADDR="198.51.100.7")
    for browser in (here, phone):
        sign_in(browser, rosa)

    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page and "Safari on an iPhone" in page
    assert "198.51.100.7" in page and page.count("this one") == 1

    here.post("/accounts/sessions/")

    assert is_in(here) and not is_in(phone)
    assert UserSession.objects.filter(user=rosa).count() == 1


def test_sessions_that_are_over_are_forgotten(visit, rosa, wim):
    sign_in(visit, rosa)
    with time_machine.travel(timezone.now() - timedelta(days=20)):
        sign_in(Visitor(), wim)

    tasks.forget_sessions()

    assert is_in(visit)
    assert [one.user for one in UserSession.objects.all()] == [rosa]
    assert Session.objects.count() == 1


def test_a_browser_is_named_as_a_person_would():
    for long_name, name in (
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on an iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140",
            "Edge on Windows",
        ),
        ("curl/8.5.0", "curl"),
        ("", "A browser"),
        (None, "A browser"),
        ("<script>", "A browser"),
    ):
        assert device(long_name) == name


# --- Who may not --------------------------------------------------------------


def test_a_stranger_is_led_to_the_sign_in_page(client):
    for path in (
        "/accounts/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/sessions/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/download/",
        "/accounts/3rdparty/",
    ):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.url.startswith("/accounts/login/"), (path, answer.url)


def test_every_form_wants_its_token(rosa):
    strict = Visitor(enforce_csrf_checks=True)
    strict.force_login(rosa, backend="accounts.backends.RoleBackend")
    for path in (
        "/accounts/",
        "/accounts/login/",
        "/accounts/logout/",
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/password/reset/",
        "/accounts/password/change/",
        "/accounts/sessions/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/generate/",
    ):
        assert strict.post(path, {}).status_code == 403, path


def test_an_address_of_somebody_else_looks_free_and_cannot_be_taken(
    visit, rosa, wim, mailbox
):
    sign_in(visit, rosa)
    answer = visit.post("/accounts/email/", {"email": wim.email, "action_add": ""})
    assert answer.status_code == 302, "the same answer as for one that is free"

    page = Visitor().post(mailbox.last.link, follow=True)

    assert page.status_code == 200
    assert User.objects.get(pk=rosa.pk).email == rosa.email
    assert "Your e-mail address was changed" not in [m.subject for m in mailbox]


def test_passkeys_of_others_are_not_there(visit, rosa, wim):
    from allauth.mfa.models import Authenticator

    theirs = Authenticator.objects.create(
        user=wim, type=Authenticator.Type.WEBAUTHN, data={"name": "x", "credential": {}}
    )
    sign_in(visit, rosa)
    for verb in ("edit", "remove"):
        path = f"/accounts/2fa/webauthn/keys/{theirs.pk}/{verb}/"
        assert visit.get(path).status_code == 404, verb
        assert visit.post(path, {"name": "mine"}).status_code == 404, verb
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


# --- Bad input ----------------------------------------------------------------


def test_what_is_wrong_in_the_profile_is_said_at_the_field(visit, rosa):
    sign_in(visit, rosa)
    for wrong in (
        {"display_name": " "},
        {"display_name": "x" * 300},
        {"website": "javascript:alert(1)"},
        {"bio": "x\x00y"},
    ):
        answer = visit.post("/accounts/", {"display_name": "Rosa"} | wrong)
        assert answer.status_code == 400, wrong
        assert "field__error" in answer.content.decode(), wrong
