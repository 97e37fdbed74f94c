"""What a process says about itself, and about what it cannot get at."""

import pytest
from django.test import RequestFactory

from cms import outages
from cms.databases import ALIASES

pytestmark = pytest.mark.django_db(databases=ALIASES)


def test_it_says_that_it_lives_is_of_use_and_how_the_others_are(client, settings):
    settings.CMS_SERVICE = "all"

    assert client.get("/livez").status_code == 200
    ready = client.get("/readyz")
    health = client.get("/healthz")

    assert (ready.status_code, ready.json()["well"]) == (200, True)
    assert health.json()["databases"] == dict.fromkeys(ALIASES, "ok")
    assert health.json()["redis"] == "ok"
    assert "no-store" in health["Cache-Control"]


def test_redis_is_no_reason_to_send_nobody(client, settings):
    settings.CMS_SERVICE = "all"
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    health = client.get("/healthz")

    assert (health.status_code, health.json()["redis"]) == (200, "down")


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("get", "/articles/harbour/", "We cannot get at our pages just now."),
        ("post", "/accounts/login/", "What you sent was not saved."),
        ("get", "/admin/", "Readers still see everything that is published."),
        ("post", "/admin/", "What you sent was not saved."),
    ],
)
def test_a_page_without_its_database_says_so_and_when_to_come_back(method, path, says):
    answer = outages.answer(getattr(RequestFactory(), method)(path))

    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer["Cache-Control"] == "no-store"
    assert says in answer.content.decode()
    is_get = method == "get"  # following a link would not send it again
    assert (f'href="{path}"' in answer.content.decode()) is is_get


def test_a_program_without_its_database_gets_a_problem():
    answer = outages.answer(RequestFactory().get("/api/v1/content/articles/"))

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "30"
