"""Making an account: works, who may not, what tells nothing, races."""

from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest
from allauth.account.models import EmailAddress
from django.db import connections

from accounts import limits
from accounts.models import User
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from cms.limits import take
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

ROSA = {
    "display_name": "Rosa Brandt",
    "email": "Rosa.Brandt@example.org",
    "password1": "a tram to the harbour",
}


def test_somebody_signs_up_confirms_the_address_and_is_in(visit, mailbox):
    page = visit.post("/accounts/signup/?next=/courses/", ROSA | {"next": "/courses/"})
    assert page.url == "/accounts/confirm-email/"
    assert "mailbox" in visit.get(page.url).content.decode()
    (letter,) = mailbox
    assert letter.to == ["rosa.brandt@example.org"]
    assert visit.get("/accounts/").status_code == 302, "not in before the link"

    assert "Yes, it is mine" in visit.get(letter.link).content.decode()
    into = visit.post(letter.link)

    assert into.url == "/courses/"
    rosa = User.objects.get(email="rosa.brandt@example.org")
    assert rosa.email_verified_at
    assert rosa.slug == "rosa-brandt"
    assert not rosa.is_superuser
    assert "Rosa Brandt" in visit.get("/accounts/").content.decode()


def test_the_link_in_the_mail_signs_in_only_the_browser_that_signed_up(
    visit, another_browser, mailbox
):
    visit.post("/accounts/signup/", ROSA)

    answer = another_browser.post(mailbox.last.link)

    assert User.objects.get(email="rosa.brandt@example.org").email_verified_at
    assert answer.url == "/accounts/login/"
    assert another_browser.get("/accounts/").status_code == 302
    again = another_browser.get(mailbox.last.link).content.decode()
    assert "used already" in again, "the link is good for once"


def test_nobody_gets_in_before_the_address_is_confirmed(visit, mailbox):
    visit.post("/accounts/signup/", ROSA)
    mailbox.empty()

    answer = Visitor().post(
        "/accounts/login/", {"login": ROSA["email"], "password": ROSA["password1"]}
    )

    assert answer.url == "/accounts/confirm-email/"
    assert len(mailbox) == 1, "and the link is sent once more"


def test_two_of_one_name_get_addresses_of_their_own(visit, mailbox):
    for email in ("one@example.org", "two@example.org"):
        Visitor().post("/accounts/signup/", ROSA | {"email": email})

    slugs = set(User.objects.values_list("slug", flat=True))
    assert {"rosa-brandt", "rosa-brandt-2"} <= slugs


# --- Telling nothing ----------------------------------------------------------


def sign_up_as(email):
    """What is seen by who signs up with an address: the answer, and the next page."""
    browser = Visitor()
    answer = browser.post("/accounts/signup/", ROSA | {"email": email})
    after = browser.get(answer.url)
    return answer.status_code, answer.url, after.content.replace(email.encode(), b"")


def test_an_address_that_is_known_gets_the_same_page_and_another_mail(rosa, mailbox):
    known, unknown = sign_up_as(rosa.email), sign_up_as("never.seen@example.org")

    assert known == unknown
    about_known, about_unknown = mailbox
    assert about_known.subject == "You have an account already"
    assert "/accounts/password/reset/" in about_known.body
    assert about_unknown.subject.startswith("Welcome")
    assert User.objects.with_email(rosa.email).count() == 1
    assert rosa.check_password("a tram to the harbour") is False


def test_an_address_that_is_known_costs_the_same_hashing(
    rosa, mailbox, settings, monkeypatch
):
    settings.PASSWORD_HASHERS = ["accounts.hashers.BCrypt"]
    monkeypatch.setattr("accounts.hashers.BCrypt.rounds", 5)
    hashed = []
    real = bcrypt.hashpw
    monkeypatch.setattr(bcrypt, "hashpw", lambda *args: hashed.append(1) or real(*args))
    costs = []
    for email in (rosa.email, "never.seen@example.org"):
        hashed.clear()
        sign_up_as(email)
        costs.append(len(hashed))

    assert costs == [1, 1]


# --- Bad input ----------------------------------------------------------------


def test_what_is_wrong_is_said_at_the_field(visit, mailbox):
    for wrong, sentence in (
        ({"display_name": ""}, "This field is required"),
        ({"display_name": "a\u202eb"}, "that can be seen"),
        ({"email": "nobody"}, "valid email address"),
        ({"password1": "password"}, "too common"),
        ({"password1": "rosa.brandt@example.org"}, "too similar"),
        ({"email": f"{'x' * 300}@example.org"}, "at most"),
    ):
        answer = visit.post("/accounts/signup/", ROSA | wrong)
        assert answer.status_code == 200, wrong
        assert sentence in answer.content.decode(), wrong
    assert len(mailbox) == 0
    assert not User.objects.exists()


def test_nothing_else_that_is_posted_is_written(visit, mailbox):
    visit.post(
        "/accounts/signup/",
        ROSA
        | {
            "is_superuser": "on",
            "is_active": "",
            "slug": "admin",
            "email_verified_at": "2020-01-01",
            "badge_verified_at": "2020-01-01",
            "role": "admin",
        },
    )

    rosa = User.objects.get(email="rosa.brandt@example.org")
    assert (rosa.is_superuser, rosa.is_active, rosa.slug) == (
        False,
        True,
        "rosa-brandt",
    )
    assert (rosa.email_verified_at, rosa.badge_verified_at) == (None, None)
    assert not rosa.role_assignments.exists()


def test_links_in_mails_do_not_follow_the_host_header(settings, mailbox):
    settings.ALLOWED_HOSTS = ["*"]
    Visitor(headers={"host": "evil.example"}).post("/accounts/signup/", ROSA)

    letter = mailbox.last
    assert letter.link.startswith(settings.SITE_ORIGIN)
    assert "evil" not in letter.body


def test_signing_up_is_limited_for_each_network(visit, mailbox, rosa):
    for _ in range(20):
        take("account_signup", "127.0.0.1", 20, limits.HOUR, durable=True)
    answer = visit.post("/accounts/signup/", ROSA | {"email": "p21@example.org"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.content.decode()
    assert not User.objects.filter(email="p21@example.org").exists()


# --- Races --------------------------------------------------------------------


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True)
def test_two_who_sign_up_with_one_address_at_once_make_one_account(mailbox):
    def try_it(_):
        try:
            return Visitor().post("/accounts/signup/", ROSA).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(try_it, range(4)))

    assert answers == [302] * 4
    assert User.objects.with_email(ROSA["email"]).count() == 1
    assert EmailAddress.objects.filter(email=ROSA["email"].lower()).count() == 1
