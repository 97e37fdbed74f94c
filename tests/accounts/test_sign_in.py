"""Coming in and staying in: works, who may not, what tells nothing, limits."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import bcrypt
import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from accounts import limits
from cms import limits as counting
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests import factories
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])


CSRF = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def sign_in(browser, person, password=factories.PASSWORD, path="/accounts/login/"):
    return browser.post(path, {"login": person.email, "password": password})


def is_in(browser):
    return browser.get("/accounts/").status_code == 200


# --- Works --------------------------------------------------------------------


def test_staff_come_to_the_desk_and_readers_where_they_were(visit, wim, rosa):
    assert sign_in(visit, wim).url == "/admin/"
    assert sign_in(Visitor(), rosa).url == "/"
    back = "/accounts/login/?next=/articles/a-tram/"
    assert sign_in(Visitor(), rosa, path=back).url == "/articles/a-tram/"


def test_the_masthead_leads_to_the_door_and_back_to_the_page_it_stood_on(visit, rosa):
    for came_from, back in (
        ("http://testserver/articles/a-tram/?page=2", "/articles/a-tram/"),
        ("http://evil.example/articles/", "/accounts/"),
        ("http://testserver//evil.example/", "/accounts/"),
        ("", "/accounts/"),
    ):
        answer = Visitor().get("/accounts/", headers={"referer": came_from})
        assert answer.url == f"/accounts/login/?next={back}", came_from
    assert sign_in(visit, rosa, path="/accounts/login/?next=/x/").url == "/x/"


def test_the_case_of_the_address_does_not_matter(visit, wim):
    answer = visit.post(
        "/accounts/login/",
        {"login": wim.email.upper(), "password": factories.PASSWORD},
    )

    assert answer.url == "/admin/"


def test_the_desk_has_no_door_of_its_own(visit, wim, rosa):
    answer = visit.get("/admin/login/?next=/admin/editorial/article/")
    assert answer.url == "/accounts/login/?next=/admin/editorial/article/"
    posted = visit.post(
        "/admin/login/", {"username": wim.email, "password": factories.PASSWORD}
    )
    assert posted.status_code == 302 and not is_in(visit)

    assert sign_in(visit, rosa, path=answer.url).url == "/admin/editorial/article/"
    page = visit.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "no role here" in page.content.decode()


def test_pages_of_accounts_are_kept_by_nobody(visit, rosa):
    sign_in(visit, rosa)
    for path in ("/accounts/", "/accounts/email/", "/accounts/sessions/"):
        control = visit.get(path).headers.get("Cache-Control", "")
        assert "no-store" in control or "private" in control, (path, control)


def test_reader_pages_do_not_know_who_reads(visit, rosa):
    sign_in(visit, rosa)
    for path in ("/", "/articles/", "/no-such-page/"):
        mine, theirs = visit.get(path), Visitor().get(path)
        assert mine.content == theirs.content, path
        assert not mine.cookies, path
        assert "Cookie" not in mine.headers.get("Vary", ""), path


# --- Who may not --------------------------------------------------------------


def test_a_session_begins_under_a_new_key(visit, rosa):
    visit.get("/accounts/login/?next=/")
    visit.session["planted"] = "by somebody else"
    session = visit.session
    session["planted"] = "1"
    session.save()
    before = visit.cookies["sessionid"].value

    sign_in(visit, rosa)

    assert visit.cookies["sessionid"].value != before
    stranger = Visitor()
    stranger.cookies["sessionid"] = before
    assert not is_in(stranger)


def test_a_session_dies_with_the_account_and_does_not_rise_with_it(visit, wim):
    sign_in(visit, wim)
    assert is_in(visit)

    wim.is_active = False
    wim.save()

    assert not is_in(visit)
    assert visit.get("/admin/").url.startswith("/admin/login/")
    assert "do not go together" in sign_in(Visitor(), wim).content.decode()
    wim.is_active = True
    wim.save()
    assert not is_in(visit)


def test_sessions_of_staff_end_when_idle_and_after_a_day(visit, wim, rosa):
    reader = Visitor()
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        sign_in(visit, wim)
        sign_in(reader, rosa)
        for _ in range(5):
            clock.shift(timedelta(hours=2))
            assert is_in(visit), "work keeps a session open"
        clock.shift(timedelta(hours=2, seconds=1))
        assert not is_in(visit), "but not for ever"

        sign_in(visit, wim)
        clock.shift(timedelta(hours=3, seconds=1))
        assert not is_in(visit), "nor without work"
        assert is_in(reader), "readers stay"


def test_signing_out_needs_a_post_and_ends_the_session(visit, rosa):
    sign_in(visit, rosa)
    key = visit.cookies["sessionid"].value
    assert "Sign out" in visit.get("/accounts/logout/").content.decode()
    assert is_in(visit)

    visit.post("/accounts/logout/")

    stranger = Visitor()
    stranger.cookies["sessionid"] = key
    assert not is_in(stranger)


# --- Telling nothing ----------------------------------------------------------


def test_a_wrong_password_and_an_unknown_address_look_the_same(visit, wim):
    wim_asleep = factories.staff("asleep")
    wim_asleep.is_active = False
    wim_asleep.save()
    seen = set()
    for email, password in (
        (wim.email, "wrong"),
        ("nobody@example.org", "wrong"),
        (wim_asleep.email, factories.PASSWORD),
    ):
        answer = Visitor().post(
            "/accounts/login/", {"login": email, "password": password}
        )
        page = answer.content.decode().replace(email, "")
        seen.add((answer.status_code, CSRF.sub("", page)))
    assert len(seen) == 1
    assert "do not go together" in seen.pop()[1]


def test_an_unknown_address_costs_the_same_hashing(wim, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["accounts.hashers.BCrypt"]
    monkeypatch.setattr("accounts.hashers.BCrypt.rounds", 5)
    wim.set_password(factories.PASSWORD)
    wim.save()
    invited = factories.staff("invited")
    invited.set_unusable_password()
    invited.save()
    hashed = []
    real = bcrypt.hashpw
    monkeypatch.setattr(
        bcrypt, "hashpw", lambda *args: hashed.append(args[1][:7]) or real(*args)
    )
    costs = {}
    for email in (wim.email, invited.email, "nobody@example.org"):
        hashed.clear()
        Visitor().post("/accounts/login/", {"login": email, "password": "wrong"})
        costs[email] = list(hashed)

    assert all(cost == [b"$2b$05$"] for cost in costs.values()), costs


# --- Bad input ----------------------------------------------------------------

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "/\t/evil.example/",
    "\t//evil.example/",
    "https://testserver@evil.example/",
    "https://evil.example\\@testserver/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%0d%0aLocation:%20https://evil.example/",
    "/\r\nLocation: https://evil.example/",
    "https://testserver.evil.example/",
)


def test_signing_in_and_out_lead_nowhere_else(visit, rosa):
    def leads_here(answer, place):
        there = answer.headers["Location"]
        assert there.startswith("/") and not there.startswith("//"), (place, there)
        assert "\\" not in there and "\t" not in there, (place, there)

    sign_in(visit, rosa)
    for place in ELSEWHERE:
        # Whoever is in already is led on by the same rule, without a password.
        leads_here(visit.get(f"/accounts/login/?next={quote(place, safe='')}"), place)
    for place in ELSEWHERE[:3]:
        door = f"/accounts/login/?next={quote(place, safe='')}"
        leads_here(sign_in(Visitor(), rosa, path=door), place)
        typed = {"login": rosa.email, "password": factories.PASSWORD, "next": place}
        leads_here(Visitor().post("/accounts/login/", typed), place)
        leads_here(visit.post("/accounts/logout/", {"next": place}), place)


# --- Limits -------------------------------------------------------------------


def test_ten_wrong_passwords_then_a_pause_for_this_network_only(visit, wim):
    for n in range(10):
        page = sign_in(visit, wim, "wrong").content.decode()
        assert "do not go together" in page, n

    page = sign_in(visit, wim).content.decode()
    assert "Too many tries. Wait" in page
    assert not is_in(visit)

    home = Visitor(REMOTE_ADDR="198.51.100.7")
    assert sign_in(home, wim).url == "/admin/", "nobody can lock somebody out"


def test_who_knows_the_password_may_mistype_again(visit, wim):
    for _ in range(2):
        for _ in range(9):
            limits.take("sign-in", f"{wim.email}|127.0.0.1", *limits.PASSWORDS[0])
        assert sign_in(Visitor(), wim).status_code == 302


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True)
def test_forty_at_once_with_forged_headers_get_exactly_ten_tries():
    def try_it(n):
        forged = {
            "x-forwarded-for": f"203.0.113.{n}",
            "forwarded": f"for=203.0.113.{n}",
            "x-real-ip": f"203.0.113.{n}",
        }
        try:
            return (
                Visitor(headers=forged)
                .post(
                    "/accounts/login/",
                    {"login": "chief@example.org", "password": f"guess {n}"},
                )
                .content.decode()
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(40) as pool:
        pages = list(pool.map(try_it, range(40)))

    assert sum("do not go together" in page for page in pages) == 10
    assert sum("Too many tries" in page for page in pages) == 30
    counting._redis().flushdb()
    assert "Too many tries" in try_it(41), "an empty Redis gives nobody new tries"
