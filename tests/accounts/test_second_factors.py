"""Authenticator apps, recovery codes, passkeys: works, who may not, races."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from allauth.mfa.utils import decrypt
from django.db import connection, connections
from django.utils import timezone

from accounts import second_factor
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests import factories
from tests.accounts import passkeys
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

Kind = Authenticator.Type


def sign_in(browser, person):
    return browser.post(
        "/accounts/login/", {"login": person.email, "password": factories.PASSWORD}
    )


def is_in(browser):
    return browser.get("/accounts/").status_code == 200


def code_of(secret, *, at=None):
    moment = (at or timezone.now()).timestamp()
    return format_hotp_value(hotp_value(secret, int(moment // 30)))


def with_app(person):
    """Give somebody an app; the key in it."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


# --- Works --------------------------------------------------------------------


def test_an_app_is_set_up_and_asked_for_from_then_on(visit, rosa, mailbox):
    sign_in(visit, rosa)
    page = visit.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
    assert "data:image/svg" in page

    wrong = visit.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "wrong or was used" in wrong.content.decode()
    done = visit.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})

    assert done.url == "/accounts/2fa/recovery-codes/"
    assert visit.get(done.url).content.decode().count("<li><code>") == 10
    assert mailbox.last.subject == "An authenticator app was added"
    browser = Visitor()
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        assert sign_in(browser, rosa).url == "/accounts/2fa/authenticate/"
        assert not is_in(browser), "the password alone is half of it"
        answer = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert answer.url == "/"
    assert is_in(browser)


def test_a_recovery_code_signs_in_once(rosa):
    with_app(rosa)
    code = RecoveryCodes.activate(rosa).get_unused_codes()[0]

    first, second = Visitor(), Visitor()
    for browser in (first, second):
        sign_in(browser, rosa)
        browser.post("/accounts/2fa/authenticate/", {"code": code})

    assert is_in(first)
    assert not is_in(second)


def test_a_passkey_signs_in_alone(visit, rosa, mailbox):
    key = passkeys.Authenticator()
    add_passkey(visit, rosa, key)
    assert mailbox.last.subject == "A passkey was added"
    assert "Kitchen table" in visit.get("/accounts/2fa/webauthn/").content.decode()

    browser = Visitor()
    options = ask_for_passkey(browser)
    answer = browser.post(
        "/accounts/2fa/webauthn/login/",
        {"credential": json.dumps(key.get(options))},
        secure=True,
    )

    assert answer.status_code == 302
    assert is_in(browser)


def test_a_passkey_is_a_second_factor(visit, rosa, mailbox):
    key = passkeys.Authenticator()
    add_passkey(visit, rosa, key, passwordless="")

    browser = Visitor()
    door = sign_in(browser, rosa).url
    page = browser.get(door, secure=True).content.decode()
    answer = browser.post(
        door, {"credential": json.dumps(key.get(options_in(page)))}, secure=True
    )

    assert answer.url == "/"
    assert is_in(browser)


def add_passkey(browser, person, key, passwordless="on"):
    sign_in(browser, person)
    page = browser.get("/accounts/2fa/webauthn/add/", secure=True).content.decode()
    created = key.create(options_in(page, "creation_options"))
    return browser.post(
        "/accounts/2fa/webauthn/add/",
        {
            "name": "Kitchen table",
            "passwordless": passwordless,
            "credential": json.dumps(created),
        },
        secure=True,
    )


def options_in(page, name="request_options"):
    data = re.search(
        r'<script id="js_data" type="application/json">(.*?)</script>', page
    )
    return json.loads(data[1])[name]


def ask_for_passkey(browser):
    answer = browser.get(
        "/accounts/2fa/webauthn/login/",
        headers={"accept": "application/json"},
        secure=True,
    )
    return answer.json()["request_options"]


# --- Staff must have one ------------------------------------------------------


def test_staff_without_one_are_led_to_it_before_any_page_of_the_desk(
    visit, wim, rosa, settings
):
    settings.STAFF_NEED_MFA = True
    assert sign_in(visit, wim).url == "/admin/"

    for path in ("/admin/", "/admin/editorial/article/", "/admin/accounts/user/"):
        page = visit.get(path, follow=True)
        assert page.redirect_chain[-1][0] == "/accounts/#second-factor", path
        assert "The desk opens once you have a second factor" in page.content.decode()
    assert second_factor.missing(wim)
    assert not second_factor.missing(rosa), "readers need none"

    with_app(wim)
    del wim._has_second_factor
    assert not second_factor.missing(wim)
    assert visit.get("/admin/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(wim, settings):
    settings.STAFF_NEED_MFA = True
    RecoveryCodes.activate(wim)

    assert second_factor.missing(wim)


# --- Who may not --------------------------------------------------------------


def test_changing_a_second_factor_asks_who_one_is_again(visit, rosa):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        sign_in(visit, rosa)
        clock.shift(timedelta(minutes=11))
        for path in (
            "/accounts/2fa/totp/activate/",
            "/accounts/2fa/webauthn/add/",
        ):
            assert visit.get(path).url.startswith("/accounts/reauthenticate/"), path
        again = visit.post(
            "/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/",
            {"password": factories.PASSWORD},
        )
        assert visit.get(again.url).status_code == 200


def test_secrets_are_not_in_the_database(rosa):
    secret = with_app(rosa)
    codes = RecoveryCodes.activate(rosa).get_unused_codes()

    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert secret not in kept
    assert not any(code in kept for code in codes)
    data = Authenticator.objects.get(user=rosa, type=Kind.TOTP).data
    assert decrypt(data["secret"]) == secret


def test_secrets_outlive_a_change_of_the_key(rosa, settings):
    secret = with_app(rosa)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, that is long enough for everybody"

    kept = Authenticator.objects.get(user=rosa).data["secret"]

    assert decrypt(kept) == secret


def test_a_code_that_was_seen_over_the_shoulder_is_worth_nothing(rosa):
    secret = with_app(rosa)
    now = timezone.now()
    code = code_of(secret, at=now)
    with time_machine.travel(now, tick=False) as clock:
        first, second = Visitor(), Visitor()
        sign_in(first, rosa)
        first.post("/accounts/2fa/authenticate/", {"code": code})
        clock.shift(timedelta(seconds=31))  # it would still fit, a step late
        sign_in(second, rosa)
        second.post("/accounts/2fa/authenticate/", {"code": code})

        assert is_in(first)
        assert not is_in(second)


def test_codes_are_limited_to_ten_tries(visit, rosa):
    secret = with_app(rosa)
    sign_in(visit, rosa)
    for _ in range(10):
        page = visit.post("/accounts/2fa/authenticate/", {"code": "000000"})
        assert "wrong or was used" in page.content.decode()

    page = visit.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert "Too many tries" in page.content.decode()
    assert not is_in(visit)


def test_a_passkey_of_somebody_else_or_from_elsewhere_opens_nothing(visit, rosa, wim):
    key = passkeys.Authenticator()
    add_passkey(visit, rosa, key)
    of_wim = passkeys.Authenticator()
    of_wim.user_handle = key.user_handle
    phished = passkeys.Authenticator(origin="https://testserver.evil.example")
    phished.key, phished.credential_id = key.key, key.credential_id
    phished.user_handle = key.user_handle
    old = ask_for_passkey(Visitor())
    for name, credential in (
        ("another key", of_wim.get(ask_for_passkey(browser := Visitor()))),
        ("a false page", phished.get(ask_for_passkey(browser := Visitor()))),
        ("an old challenge", key.get(old)),
        ("nothing", {}),
        ("a list", []),
        ("half of it", {"response": {"userHandle": 7}}),
    ):
        answer = browser.post(
            "/accounts/2fa/webauthn/login/",
            {"credential": json.dumps(credential)},
            secure=True,
        )
        assert answer.url == "/accounts/login/", name
        assert not is_in(browser), name


def test_a_passkey_of_somebody_deactivated_opens_nothing(visit, rosa):
    key = passkeys.Authenticator()
    add_passkey(visit, rosa, key)
    rosa.is_active = False
    rosa.save()

    browser = Visitor()
    answer = browser.post(
        "/accounts/2fa/webauthn/login/",
        {"credential": json.dumps(key.get(ask_for_passkey(browser)))},
        secure=True,
    )

    assert answer.url == "/accounts/inactive/"
    assert not is_in(browser)


# --- Races --------------------------------------------------------------------


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True)
def test_one_recovery_code_typed_four_times_at_once_lets_one_in(rosa):
    with_app(rosa)
    code = RecoveryCodes.activate(rosa).get_unused_codes()[0]
    browsers = [Visitor() for _ in range(4)]
    for browser in browsers:
        sign_in(browser, rosa)

    def try_it(browser):
        try:
            browser.post("/accounts/2fa/authenticate/", {"code": code})
            return is_in(browser)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        let_in = list(pool.map(try_it, browsers))

    assert sum(let_in) == 1
