"""Forgotten and changed passwords, and how they are kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import get_hasher, make_password
from django.db import connections
from django.test.utils import CaptureQueriesContext

from accounts import forgotten, tasks
from accounts.models import User
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests import factories
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

NEW = "the ferry leaves at nine"


def sign_in(browser, person, password=factories.PASSWORD):
    return browser.post(
        "/accounts/login/", {"login": person.email, "password": password}
    )


def is_in(browser):
    return browser.get("/accounts/").status_code == 200


def ask(browser, email):
    return browser.post("/accounts/password/reset/", {"email": email})


def choose(browser, link, password=NEW):
    """Open a link and type a password; the page that this leads to."""
    form = browser.get(link)
    if form.status_code != 302:
        return form
    return browser.post(form.url, {"password1": password, "password2": password})


# --- Works --------------------------------------------------------------------


def test_somebody_who_forgot_chooses_a_new_one_with_a_link(visit, rosa, mailbox):
    open_elsewhere = Visitor()
    sign_in(open_elsewhere, rosa)

    assert ask(visit, rosa.email.upper()).url == "/accounts/password/reset/done/"
    letter = mailbox.last
    assert letter.to == [rosa.email]
    assert choose(visit, letter.link).url == "/accounts/password/reset/key/done/"

    assert not is_in(open_elsewhere), "the sessions of whoever had the old one end"
    assert "go together" in sign_in(Visitor(), rosa).content.decode()
    assert sign_in(visit, rosa, NEW).status_code == 302
    assert "Your password was changed" in mailbox.last.subject
    assert is_in(visit)


def test_an_invited_person_without_a_password_chooses_their_first(visit, mailbox):
    nora = factories.staff("nora", "author")
    nora.set_unusable_password()
    nora.email_verified_at = None
    nora.save()

    done = choose(visit, forgotten.link_for(nora))

    assert done.url == "/accounts/password/reset/key/done/"
    nora.refresh_from_db()
    assert nora.email_verified_at, "the link went to their address"
    assert sign_in(visit, nora, NEW).url == "/admin/"


def test_a_changed_password_ends_the_other_sessions(visit, rosa, mailbox):
    elsewhere = Visitor()
    sign_in(visit, rosa)
    sign_in(elsewhere, rosa)

    answer = visit.post(
        "/accounts/password/change/",
        {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert answer.url == "/accounts/"
    assert is_in(visit) and not is_in(elsewhere)
    assert mailbox.last.to == [rosa.email]


# --- Who may not --------------------------------------------------------------


def test_a_link_is_good_for_once(visit, rosa, mailbox):
    ask(visit, rosa.email)
    link = mailbox.last.link
    choose(visit, link)

    page = choose(Visitor(), link, "another one altogether")

    assert "used already" in page.content.decode()
    assert sign_in(Visitor(), rosa, NEW).status_code == 302


def test_of_two_links_the_second_dies_with_the_first(visit, rosa, mailbox):
    ask(visit, rosa.email)
    ask(visit, rosa.email)
    first, second = (letter.link for letter in mailbox)
    choose(visit, second)

    assert "used already" in choose(Visitor(), first).content.decode()


def test_links_die_when_the_address_or_the_password_changes(rosa, mailbox):
    for change in ({"email": "rosa.new@example.org"}, {"password": make_password("x")}):
        link = forgotten.link_for(User.objects.get(pk=rosa.pk))
        User.objects.filter(pk=rosa.pk).update(**change)
        page = choose(Visitor(), link)
        assert page.status_code == 200, change
        assert "used already" in page.content.decode(), change


def test_links_of_others_and_made_up_ones_open_nothing(visit, rosa, wim):
    of_rosa, of_wim = forgotten.link_for(rosa), forgotten.link_for(wim)
    token = of_rosa.rsplit("-", 2)
    swapped = of_wim.rsplit("-", 2)[0] + "-" + "-".join(token[1:])
    for link in (
        swapped,
        "/accounts/password/reset/key/0-x-y/",
        "/accounts/password/reset/key/zzzz-set-password/",
        f"{of_rosa.rstrip('/')}0/",
    ):
        assert "used already" in choose(Visitor(), link).content.decode(), link


def test_somebody_deactivated_gets_no_link(visit, rosa, mailbox):
    rosa.is_active = False
    rosa.save()

    ask(visit, rosa.email)

    assert mailbox.last.subject == "There is no account with this address"


def test_the_mail_goes_to_the_address_we_know_not_to_one_that_looks_like_it(
    visit, mailbox
):
    mike = factories.UserFactory(email="mike@example.org")

    ask(visit, "m\u0131ke@example.org")  # a Turkish dotless i: upper case is the same

    assert [letter.to for letter in mailbox] == [["m\u0131ke@example.org"]]
    assert "no account" in mailbox.last.subject
    visit.post(
        "/accounts/signup/",
        {
            "display_name": "Not Mike",
            "email": "m\u0131ke@example.org",
            "password1": NEW,
        },
    )
    assert User.objects.with_email("mike@example.org").get() == mike
    assert sign_in(Visitor(), mike).status_code == 302, "nobody is in the way"


# --- Telling nothing ----------------------------------------------------------


def test_known_and_unknown_addresses_get_one_page_after_the_same_work(
    rosa, mailbox, monkeypatch
):
    for_the_worker = []
    monkeypatch.setattr(tasks.send_reset_link, "delay", for_the_worker.append)
    seen = set()
    for email in (rosa.email, "nobody@example.org"):
        browser = Visitor()
        with CaptureQueriesContext(connections[EDITORIAL]) as asked:
            answer = ask(browser, email)
        page = browser.get(answer.url).content.replace(email.encode(), b"")
        seen.add((answer.status_code, answer.url, page, len(asked)))
        assert not any('FROM "users"' in one["sql"] for one in asked)
    assert len(seen) == 1

    for email in for_the_worker:
        tasks.send_reset_link(email)
    assert [letter.to for letter in mailbox] == [[rosa.email], ["nobody@example.org"]]


# --- Bad input ----------------------------------------------------------------


def test_a_weak_password_is_refused_and_the_link_stays_good(visit, rosa, mailbox):
    ask(visit, rosa.email)
    link = mailbox.last.link

    assert "too short" in choose(visit, link, "short").content.decode()
    form = visit.get(link).url
    unlike = visit.post(form, {"password1": NEW, "password2": "other"})
    assert "same password" in unlike.content.decode()
    assert choose(visit, link).url == "/accounts/password/reset/key/done/"


def test_five_links_an_hour_for_one_address_known_or_not(rosa, mailbox):
    for email in (rosa.email, "nobody@example.org"):
        codes = [ask(Visitor(), email).status_code for _ in range(7)]
        assert codes == [302] * 5 + [429] * 2, email


# --- How they are kept --------------------------------------------------------


def hashed_as(person):
    return User.objects.get(pk=person.pk).password.split("$")[0]


def test_bcrypt_has_twelve_rounds(settings):
    settings.PASSWORD_HASHERS = ["accounts.hashers.BCrypt"]

    kept = make_password("a password")

    assert kept.startswith("bcrypt_sha256$$2b$12$")
    assert get_hasher().verify("a password", kept)


def test_whoever_signs_in_is_rehashed_unseen(rosa, settings, monkeypatch):
    monkeypatch.setattr("accounts.hashers.BCrypt.rounds", 5)
    md5, bcrypt, argon2 = (
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "accounts.hashers.BCrypt",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    )
    assert hashed_as(rosa) == "md5"
    for hashers, kept in (
        ([bcrypt, argon2, md5], "bcrypt_sha256"),
        ([argon2, bcrypt, md5], "argon2"),
        ([bcrypt, argon2, md5], "bcrypt_sha256"),
    ):
        settings.PASSWORD_HASHERS = hashers
        browser = Visitor()
        assert sign_in(browser, rosa).status_code == 302
        assert hashed_as(rosa) == kept
        assert is_in(browser), "the session is bound to the new hash"
    monkeypatch.setattr("accounts.hashers.BCrypt.rounds", 6)
    sign_in(Visitor(), rosa)
    assert "$2b$06$" in User.objects.get(pk=rosa.pk).password


# --- Races --------------------------------------------------------------------


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True)
def test_one_link_opened_twice_at_once_sets_one_password(rosa, mailbox):
    link = forgotten.link_for(rosa)
    browsers = [Visitor() for _ in range(4)]
    forms = [browser.get(link).url for browser in browsers]

    def try_it(n):
        try:
            word = f"password number {n}"
            browsers[n].post(forms[n], {"password1": word, "password2": word})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(try_it, range(4)))

    told = [letter for letter in mailbox if "was changed" in letter.subject]
    kept = User.objects.get(pk=rosa.pk)
    fits = [n for n in range(4) if kept.check_password(f"password number {n}")]
    assert len(fits) == 1
    assert len(told) == 1
