"""Tokens: how a program comes in for a person, and never gets further than they."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tokens import LONGEST_LIFE, ApiToken, digest_of
from cms.databases import EDITORIAL, PUBLIC
from editorial.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC])
ME = "/api/v1/me/"
PAGE = "/accounts/tokens/"


@pytest.fixture
def issue(wim):
    def make(user=wim, scopes=("editorial:read",), **life):
        expires_at = timezone.now() + timedelta(**(life or {"days": 30}))
        return ApiToken.objects.issue(user, "Export", scopes, expires_at=expires_at)

    return make


def ask(secret, path=ME, **more):
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get(path, more, headers=headers)


@pytest.fixture
def signed_in(client, wim):
    """Wim has just typed his password once more."""
    return prove(client, wim)


def prove(client, person):
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    return client


def make_on_page(client, **changes):
    data = {"name": "Newsletter", "scopes": ["editorial:read"], "days": "30"}
    return client.post(PAGE, data | changes)


# --- A token that is good ---


def test_a_token_says_whose_it_is_and_how_far_it_reaches(issue, wim):
    token, secret = issue()

    answer = ask(secret)

    assert answer.status_code == 200
    assert answer.json()["email"] == wim.email
    assert [each["role"] for each in answer.json()["roles"]] == ["author"]
    assert answer.json()["token"]["scopes"] == ["editorial:read"]
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer["Vary"]


def test_roles_are_told_with_their_scope_and_their_end(issue, omar):
    section = factories.CategoryFactory()
    ends = timezone.now() + timedelta(days=3)
    factories.give_role(omar, "editor", category=section, expires_at=ends)
    _, secret = issue(omar)

    roles = {each["role"]: each for each in ask(secret).json()["roles"]}

    assert roles["editor"]["category"] == str(section.pk)
    assert roles["editor"]["expires_at"].startswith(ends.isoformat()[:19])
    assert roles["author"]["category"] is None


def test_the_secret_is_kept_by_nobody(issue):
    token, secret = issue()

    row = ApiToken.objects.values().get(pk=token.pk)
    assert secret not in str(row)
    assert row["digest"] == digest_of(secret)
    assert re.fullmatch(r"mst_[A-Za-z0-9_-]{43}", secret)


def test_its_use_is_noted_but_not_each_time(issue):
    token, secret = issue()
    ask(secret)
    token.refresh_from_db()
    first = token.last_used_at
    with CaptureQueriesContext(connections[EDITORIAL]) as sent:
        ask(secret)

    assert first is not None
    assert [each["sql"] for each in sent if "UPDATE" in each["sql"]] == []
    assert len(sent) <= 2


# --- A token that is not ---


def test_a_dead_token_opens_nothing(issue, wim):
    revoked, a = issue()
    revoked.revoke()
    _, b = issue(seconds=-1)
    _, c = issue()
    last = c[:-1] + ("A" if c[-1] != "A" else "B")

    for secret in (a, b, last, "mst_", "", "x" * 5000, f"{c} {c}", "mst_\u00e9"):
        answer = ask(secret)
        assert answer.status_code == 401, secret
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["type"].endswith(":not-signed-in")

    assert ask(c).status_code == 200
    wim.is_active = False
    wim.save()
    assert ask(c).status_code == 401


def test_a_wrong_token_is_not_made_good_by_a_session(issue, client, wim):
    client.force_login(wim)

    answer = client.get(ME, headers={"Authorization": "Bearer mst_wrong"})

    assert answer.status_code == 401


def test_nobody_is_nobody(client):
    answer = client.get(ME)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_token_lives_a_year_at_most(issue):
    with pytest.raises(IntegrityError), transaction.atomic(using=EDITORIAL):
        issue(days=LONGEST_LIFE.days + 2)


def test_wrong_tokens_are_counted_whatever_the_header_says(settings):
    answers = [
        Client().get(
            ME,
            headers={
                "Authorization": "Bearer mst_wrong",
                "X-Forwarded-For": f"10.0.0.{number}",
            },
        ).status_code
        for number in range(64)
    ]  # fmt: skip

    assert answers.count(401) == 60
    assert answers[-4:] == [429] * 4


# --- By session ---


def test_a_session_comes_in_too(client, wim):
    client.force_login(wim)

    answer = client.get(ME)

    assert answer.json()["email"] == wim.email
    assert answer.json()["token"] is None


def test_staff_need_their_second_factor_by_session(client, wim, rosa, issue, settings):
    settings.STAFF_NEED_MFA = True
    client.force_login(wim)

    answer = client.get(ME)

    assert answer.status_code == 403
    assert answer.json()["type"].endswith(":second-factor")
    client.force_login(rosa)
    assert client.get(ME).status_code == 200


# --- The page ---


def test_somebody_makes_a_token_and_uses_it(signed_in, wim):
    page = make_on_page(signed_in)

    assert page.status_code == 200
    (secret,) = re.findall(r"mst_[\w-]{43}", page.content.decode())
    assert ask(secret).json()["token"]["name"] == "Newsletter"
    assert "no-store" in page["Cache-Control"]
    assert secret not in signed_in.get(PAGE).content.decode()
    assert AuditLog.objects.filter(action="token_issued").count() == 1


def test_somebody_revokes_a_token(signed_in, issue):
    token, secret = issue()

    answer = signed_in.post(f"{PAGE}{token.pk}/revoke/")

    assert answer.status_code == 302
    assert ask(secret).status_code == 401
    assert "revoked" in signed_in.get(PAGE).content.decode()


def test_the_page_needs_somebody_who_has_just_signed_in(client, wim):
    assert client.get(PAGE).status_code == 302
    client.force_login(wim)
    session = client.session
    session["signed_in_at"] -= 60 * 60  # an hour ago
    session.save()

    assert client.get(PAGE)["Location"].startswith("/accounts/reauthenticate/")
    assert make_on_page(client).status_code == 302
    assert not ApiToken.objects.exists()


def test_nobody_revokes_the_token_of_another(client, omar, issue):
    token, secret = issue()
    client.force_login(omar)

    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    assert ask(secret).status_code == 200


def test_staff_without_a_second_factor_make_none(signed_in, settings):
    settings.STAFF_NEED_MFA = True

    assert make_on_page(signed_in).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_member_is_offered_what_a_member_may(client, rosa):
    prove(client, rosa)

    assert make_on_page(client).status_code == 400
    assert make_on_page(client, scopes=["content:read"]).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\u202eb"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"days": "366"},
        {"days": "-1"},
    ],
)
def test_a_form_that_is_wrong_makes_no_token(signed_in, change):
    assert make_on_page(signed_in, **change).status_code == 400
    assert not ApiToken.objects.exists()


def test_a_forged_form_makes_no_token(wim):
    client = Client(enforce_csrf_checks=True)
    client.force_login(wim)

    assert make_on_page(client).status_code == 403
