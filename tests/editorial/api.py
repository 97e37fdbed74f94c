"""How the tests knock at the newsroom's API."""

from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tokens import SCOPES, ApiToken

ROOT = "/api/v1/editorial"
UNKNOWN = "01980000-0000-7000-8000-000000000000"


class Caller(APIClient):
    """A program with a person's token. Paths begin after the root."""

    person = None

    def generic(self, method, path, *args, **kwargs):
        if path.startswith("/") and not path.startswith("/api/"):
            path = ROOT + path
        return super().generic(method, path, *args, **kwargs)


def caller(person, *scopes):
    """Whoever calls in somebody's name; with every scope if none is named."""
    client = Caller()
    client.person = person
    if person is not None:
        _token, secret = ApiToken.objects.issue(
            person,
            "Tests",
            scopes or SCOPES,
            expires_at=timezone.now() + timedelta(days=1),
        )
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def do(client, item, verb, /, **body):
    return client.post(f"/{item.KIND}s/{item.pk}/{verb}/", body)


def tag(client, path):
    return client.get(path)["ETag"]


def patch(client, path, /, **body):
    """A PATCH of what was just read."""
    return client.patch(path, body, headers={"If-Match": tag(client, path)})


def sentences(answer):
    """{field: message} of a refused body."""
    return {one["field"]: one["message"] for one in answer.json().get("errors", [])}
