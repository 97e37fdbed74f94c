"""Another site sends a form in somebody's name: unsafe doors ask for the token."""

import pytest
from django.test import Client

from cms.databases import ALIASES
from tests import factories
from tests.walk.doors import address_of_nothing, routes

pytestmark = pytest.mark.django_db(databases=list(ALIASES))

WITHOUT_TOKEN = {
    # route: why it needs none
    "engagement/views/": "a page says that it was looked at: no cookie is read, "
    "nothing of anybody's changes, and it is limited by network",
    "engagement/searches/": "the same, of what was searched",
}
NO_SIGN_IN = ("api/v1/content/", "api/v1/schema/", "api/v1/docs/")
"""Doors that read no cookie and have no unsafe method at all."""


def test_each_unsafe_door_refuses_a_form_of_another_site():
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(factories.staff("root", "super_admin"))

    open_doors = []
    for route in routes():
        if route in WITHOUT_TOKEN:
            continue
        address = address_of_nothing(route)
        is_api = route.startswith("api/")
        for method in ("post", "put", "patch", "delete") if is_api else ("post",):
            status = getattr(client, method)(address).status_code
            refused = (403, 404, 405) if route.startswith(NO_SIGN_IN) else (403,)
            if route == "api/" and status == 404:
                continue  # no such address: nothing is behind it
            if status not in refused:
                open_doors.append(f"{method.upper()} {route}: {status}")

    assert not open_doors


def test_the_exceptions_exist_and_change_nothing_for_the_signed_in():
    assert set(WITHOUT_TOKEN) <= set(routes())
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.staff("rosa"))

    for route in WITHOUT_TOKEN:
        answer = client.post(f"/{route}", "{}", content_type="application/json")

        assert answer.status_code == 204
        assert not answer.cookies


def test_a_token_of_the_api_needs_no_cookie_and_a_cookie_gives_no_token(ines):
    from datetime import timedelta

    from django.utils import timezone

    from accounts.tokens import ApiToken

    _, secret = ApiToken.objects.issue(
        ines,
        "Forms",
        ["editorial:write"],
        expires_at=timezone.now() + timedelta(days=1),
    )
    client = Client(enforce_csrf_checks=True)
    address = "/api/v1/editorial/articles/"
    sent = {"title": "From a program"}
    header = {"Authorization": f"Bearer {secret}"}

    by_token = client.post(
        address, sent, content_type="application/json", headers=header
    )
    client.force_login(ines)
    by_cookie = client.post(address, sent, content_type="application/json")

    assert by_token.status_code == 201, by_token.content
    assert by_cookie.status_code == 403
