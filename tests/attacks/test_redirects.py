"""`next` leads back into the house, whatever is written there."""

from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from cms.databases import ALIASES
from tests import factories
from tests.emptying import empty_redis

pytestmark = pytest.mark.django_db(databases=list(ALIASES))

HERE = "http://testserver"
ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "/\t/evil.example",
    "\t//evil.example",
    "/%09/evil.example",
    "/\r\n//evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "javascript:alert(1)",
    "data:text/html,evil",
    " //evil.example",
    "//evil。example",
)


def leads_away(location, start):
    """Where a browser would end up: without tabs, and with slashes straightened."""
    seen = "".join(one for one in location if one not in "\t\r\n").strip()
    seen = seen.replace("\\", "/")
    end = urlsplit(urljoin(HERE + start, seen))
    return end.scheme not in ("http", "https") or end.netloc != "testserver"


def doors(rosa):
    """(what, how to go through it with a `next`)"""
    signed_in = Client()
    signed_in.force_login(rosa)
    session = signed_in.cookies["sessionid"].value

    def as_rosa():
        client = Client()
        client.cookies["sessionid"] = session
        return client

    password = {"login": rosa.email, "password": factories.PASSWORD}
    return {
        "sign in": (
            lambda n: Client().post("/accounts/login/", password | {"next": n})
        ),
        "sign in, in the address": (
            lambda n: Client().post("/accounts/login/", password, query_params=q(n))
        ),
        "sign in again": lambda n: as_rosa().get("/accounts/login/", q(n)),
        "sign up again": lambda n: as_rosa().get("/accounts/signup/", q(n)),
        "the desk's sign-in": lambda n: Client().get("/admin/login/", q(n)),
        "the desk's sign-in again": lambda n: as_rosa().get("/admin/login/", q(n)),
        "prove who you are": (
            lambda n: as_rosa().post(
                "/accounts/reauthenticate/",
                {"password": factories.PASSWORD, "next": n},
            )
        ),
        "sign out": lambda n: as_rosa().post("/accounts/logout/", {"next": n}),
    }


def q(value):
    return {"next": value}


def test_no_door_leads_out_of_the_house(rosa):
    away = []
    for what, go in doors(rosa).items():
        # All of them ask one function; where a password is sent, they all are tried.
        for place in ELSEWHERE if what == "sign in" else ELSEWHERE[::3]:
            empty_redis()
            answer = go(place)
            location = answer.headers.get("Location", "")
            assert answer.status_code < 500, (what, place)
            if location and leads_away(location, "/accounts/login/"):
                away.append(f"{what}: {place!r} led to {location!r}")
            if "\n" in location or "\r" in location:
                away.append(f"{what}: {place!r} broke the header")
    assert not away


def test_a_place_in_the_house_is_kept(rosa):
    answer = doors(rosa)["sign in"]("/articles/?page=2")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/articles/?page=2"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil.example/", "//evil.example"]
)
def test_a_missing_slash_is_not_added_to_another_host(path, client):
    answer = client.get(path)

    location = answer.headers.get("Location", "")
    assert not location or not leads_away(location, "/")
