"""What every endpoint of the newsroom's API has in common, on views of its own."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connections, transaction
from django.http import Http404
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from accounts.tokens import ApiToken
from accounts.traffic import AnsweredRequest
from cms import urls
from cms.api import etags, idempotency, problems
from cms.api.fields import SparseFields
from cms.api.views import FrontDoor
from cms.databases import EDITORIAL, PUBLIC
from editorial.exceptions import Refused, StaleEdit
from editorial.models import Tag
from tests import factories

pytestmark = [
    pytest.mark.django_db(databases=[EDITORIAL, PUBLIC]),
    pytest.mark.urls(__name__),
]


class TagSerializer(SparseFields, serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name", "slug"]


class Tags(FrontDoor, GenericAPIView):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    ordering = "name"
    ordering_fields = ("name",)
    scope_to_read = "editorial:read"
    scope_to_write = "editorial:write"
    is_list = True
    waits = None

    def get(self, request):
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def post(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tag = serializer.save()
        if Tags.waits:
            Tags.waits[0].set()
            Tags.waits[1].wait(10)
        if tag.name == "crash":
            raise RuntimeError("the power goes out")
        return Response(
            serializer.data, status=201, headers={"Location": f"/tags/{tag.pk}/"}
        )


class OneTag(FrontDoor, GenericAPIView):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    scope_to_read = "editorial:read"

    def get(self, request, pk):
        tag = self.get_object()
        mark = etags.etag(tag.pk, tag.name)
        if unchanged := etags.not_modified(request, mark):
            return unchanged
        return Response(self.get_serializer(tag).data, headers={"ETag": mark})

    def patch(self, request, pk):
        tag = self.get_object()
        etags.must_match(request, etags.etag(tag.pk, tag.name))
        tag.name = request.data["name"]
        tag.save()
        return Response({"name": tag.name})


class Trouble(FrontDoor, GenericAPIView):
    scope_to_read = "editorial:read"
    pagination_class = None
    query_parameters = ("kind",)

    KINDS = {
        "refused": lambda: Refused("It is in review."),
        "stale": lambda: StaleEdit("Ines saved meanwhile."),
        "denied": lambda: PermissionDenied("An author does not publish."),
        "missing": lambda: Http404("secret/path"),
        "nested": lambda: serializers.ValidationError(
            {"blocks": [{}, {"content": {"a/b": ["Too long."]}}], "title": ["Empty."]}
        ),
        "constraint": lambda: Tag.objects.bulk_create([Tag(slug="x"), Tag(slug="x")]),
        "away": lambda: (
            transaction.get_connection(EDITORIAL)
            .cursor()
            .execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
        ),
        "bug": lambda: KeyError("SECRET_KEY"),
    }

    def get(self, request):
        problem = self.KINDS[request.GET["kind"]]()
        raise problem


def nobody_needed(request):
    raise RuntimeError("postgres://user:password@host")


urlpatterns = [
    path("api/v1/t/tags/", Tags.as_view()),
    path("api/v1/t/tags/<uuid:pk>/", OneTag.as_view()),
    path("api/v1/t/trouble/", Trouble.as_view()),
    path("api/v1/t/broken/", nobody_needed),
    path("", include(urls.urlpatterns)),
]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


class Caller:
    """Somebody with a token."""

    def __init__(self, person, scopes=("editorial:read", "editorial:write")):
        self.person = person
        _, self.secret = ApiToken.objects.issue(
            person, "Test", scopes, expires_at=timezone.now() + timedelta(days=1)
        )

    def __call__(self, method, path, body=None, *, raising=True, **headers):
        client = Client(raise_request_exception=raising)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = "" if body is None else json.dumps(body)
        return client.generic(
            method,
            f"/api/v1/t{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )


@pytest.fixture
def call(wim):
    return Caller(wim)


def kind(response):
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "status", "detail", "instance"} <= set(body)
    return body["type"].removeprefix(problems.URN)


# --- Pages --------------------------------------------------------------------


def test_pages_of_a_queryset_have_no_gap_where_values_are_equal(call):
    for number in range(7):
        Tag.objects.create(name=f"Tag {number // 3}", slug=f"t-{number}")

    for ordering in ("name", "-name"):
        seen, address = [], f"/tags/?limit=2&ordering={ordering}"
        while address:
            page = call("GET", address).json()
            seen += [each["id"] for each in page["results"]]
            before = page["previous"]
            address = page["next"] and page["next"].partition("/api/v1/t")[2]
        assert len(seen) == 7 == len(set(seen)), ordering
        back = call("GET", before.partition("/api/v1/t")[2]).json()
        assert [each["id"] for each in back["results"]] == seen[4:6]


def test_a_cursor_of_another_order_is_refused(call):
    for number in range(3):
        Tag.objects.create(name=f"Tag {number}", slug=f"t-{number}")
    cursor = call("GET", "/tags/?limit=1").json()["next"].partition("cursor=")[2]

    assert kind(call("GET", f"/tags/?cursor={cursor}&ordering=-name")) == "bad-cursor"
    assert kind(call("GET", f"/tags/?cursor={cursor[:-2]}")) == "bad-cursor"


def test_only_known_parameters_and_fields_are_answered(call):
    Tag.objects.create(name="Sea", slug="sea")

    assert call("GET", "/tags/?fields=slug").json()["results"] == [{"slug": "sea"}]
    for query in ("x=1", "fields=password", "ordering=slug", "limit=1000"):
        assert kind(call("GET", f"/tags/?{query}")) == "bad-query", query
    assert kind(call("POST", "/tags/?fields=slug", {"name": "a"})) == "bad-query"


# --- ETags --------------------------------------------------------------------


def test_what_is_known_is_not_sent_again(call):
    tag = Tag.objects.create(name="Sea", slug="sea")
    mark = call("GET", f"/tags/{tag.pk}/")["ETag"]

    assert not mark.startswith("W/")
    for known in (mark, f'"x", {mark}', f"W/{mark}", "*"):
        answer = call("GET", f"/tags/{tag.pk}/", If_None_Match=known)
        assert (answer.status_code, answer.content) == (304, b""), known


def test_nobody_overwrites_what_they_have_not_read(call):
    tag = Tag.objects.create(name="Sea", slug="sea")
    address, body = f"/tags/{tag.pk}/", {"name": "Ocean"}
    mark = call("GET", address)["ETag"]

    assert kind(call("PATCH", address, body)) == "scope"  # the view names none
    OneTag.scope_to_write = "editorial:write"
    try:
        assert kind(call("PATCH", address, body)) == "precondition"
        for wrong in ('"x"', f"W/{mark}"):
            assert kind(call("PATCH", address, body, If_Match=wrong)) == "stale"
        assert call("PATCH", address, body, If_Match=mark).status_code == 200
        stale = call("PATCH", address, body, If_Match=mark)
    finally:
        del OneTag.scope_to_write
    assert stale.status_code == 412
    assert stale["ETag"] == call("GET", address)["ETag"]


# --- Problems -----------------------------------------------------------------


def test_what_goes_wrong_is_told_in_one_shape(call):
    expected = {
        "refused": (409, "refused"),
        "stale": (412, "stale"),
        "denied": (403, "not-allowed"),
        "missing": (404, "not-found"),
        "nested": (400, "validation"),
        "constraint": (409, "conflict"),
    }
    for trouble, (status, name) in expected.items():
        with transaction.atomic(using=EDITORIAL):
            answer = call("GET", f"/trouble/?kind={trouble}")
            assert (answer.status_code, kind(answer)) == (status, name), trouble
            transaction.set_rollback(True, using=EDITORIAL)
        assert answer.json()["instance"] == "/api/v1/t/trouble/"
        assert b"secret" not in answer.content


def test_errors_of_values_point_at_them(call):
    errors = call("GET", "/trouble/?kind=nested").json()["errors"]

    assert [each["pointer"] for each in errors] == ["/blocks/1/content/a~1b", "/title"]
    assert errors[0]["message"] == "Too long."


def test_a_database_that_does_not_answer_is_a_503(call):
    with transaction.atomic(using=EDITORIAL):
        answer = call("GET", "/trouble/?kind=away")
        transaction.set_rollback(True, using=EDITORIAL)

    assert kind(answer) == "unavailable"
    assert answer["Retry-After"] == "5"


def test_a_bug_is_a_500_that_tells_nothing(call):
    for address in ("/trouble/?kind=bug", "/broken/"):
        answer = call("GET", address, raising=False)
        assert kind(answer) == "broken"
        assert not re.search(b"SECRET|password|Traceback", answer.content)


def test_what_is_not_there_or_cannot_be_done_is_a_problem(call, client):
    assert kind(call("GET", "/nowhere/")) == "not-found"
    assert kind(call("DELETE", "/tags/")) == "method"
    assert call("DELETE", "/tags/")["Allow"] == "GET, HEAD, POST"
    assert kind(client.get("/api/v1/")) == "not-found"
    assert client.get("/api/v1/me").status_code == 301
    browser = Client(enforce_csrf_checks=True)
    assert kind(browser.post("/api/v1/nowhere/")) == "not-found"
    assert kind(browser.post("/api/v1/docs/")) == "not-allowed"


def test_bodies_that_cannot_be_read_are_problems(call):
    def post(body, content_type="application/json"):
        return Client().generic(
            "POST",
            "/api/v1/t/tags/",
            body,
            content_type=content_type,
            headers={"Authorization": f"Bearer {call.secret}"},
        )

    assert kind(post(b"{")) == "bad-request"
    assert kind(post(b"\xff\xfe")) == "bad-request"
    assert kind(post(b"[1]")) == "validation"
    assert kind(post(b'{"name": NaN}')) == "bad-request"
    assert kind(post(b"name=x", "application/x-www-form-urlencoded")) == "media-type"
    assert kind(post(b'{"name": "a\\u0000b"}')) == "bad-request"
    assert kind(post(b'{"name": "' + b"x" * 3_000_000 + b'"}')) == "too-large"


# --- Who ----------------------------------------------------------------------


def test_a_token_needs_the_scope(wim):
    reader = Caller(wim, ["editorial:read"])

    assert reader("GET", "/tags/").status_code == 200
    refused = reader("POST", "/tags/", {"name": "Sea"})
    assert kind(refused) == "scope"
    assert "editorial:write" in refused.json()["detail"]


def test_a_session_needs_the_csrf_token(wim):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(wim)
    body = {"name": "Sea", "slug": "sea"}

    def post(**headers):
        return browser.post(
            "/api/v1/t/tags/", body, "application/json", headers=headers
        )

    assert kind(post()) == "not-allowed"
    browser.cookies["csrftoken"] = "a" * 32
    assert post(**{"X-CSRFToken": "a" * 32}).status_code == 201


def test_limits_are_exact_and_told(call, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"api-read": (3, 60)}
    answers = [
        call("GET", "/tags/", X_Forwarded_For=f"10.0.0.{number}") for number in range(5)
    ]

    assert [each.status_code for each in answers] == [200] * 3 + [429] * 2
    assert answers[0]["RateLimit-Policy"] == '"api-read";q=3;w=60'
    assert answers[1]["RateLimit"] == '"api-read";r=1;t=60'
    assert int(answers[4]["Retry-After"]) <= 60
    assert kind(answers[4]) == "throttled"


# --- Once ---------------------------------------------------------------------


def post(call, key="k-1", *, name="Sea", **more):
    body = {"name": name, "slug": name.lower()}
    return call("POST", "/tags/", body, Idempotency_Key=key, **more)


def test_a_request_that_is_sent_again_is_answered_again(call):
    first, second = post(call), post(call)

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert "Idempotency-Replayed" not in first
    assert Tag.objects.count() == 1


def test_a_key_belongs_to_one_request_and_one_person(call, ines):
    post(call)

    assert kind(post(call, name="Land")) == "key-reused"
    assert post(Caller(ines), name="Land").status_code == 201
    assert post(call, "k-2", name="Air").status_code == 201


def test_an_error_is_not_kept(call):
    assert kind(post(call, name="")) == "validation"
    assert not AnsweredRequest.objects.exists()
    assert post(call).status_code == 201


def test_a_key_is_free_again_after_a_day(call):
    post(call)
    AnsweredRequest.objects.update(expires_at=timezone.now())

    assert post(call, name="Land").status_code == 201
    AnsweredRequest.objects.update(expires_at=timezone.now())
    assert idempotency.forget_expired() == 1


@pytest.mark.parametrize("key", ["", "with space", "é", "x" * 256])
def test_a_key_is_something_one_can_read(call, key):
    assert kind(post(call, key)) == "bad-request"


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC], transaction=True)
def test_a_crash_in_the_middle_does_nothing_and_blocks_nobody(call):
    with pytest.raises(RuntimeError):
        post(call, name="crash")
    assert not Tag.objects.exists()

    # As after a power cut: the claim is there, and nobody works on it.
    claimed = timezone.now() + timedelta(seconds=30)
    post(call)
    Tag.objects.all().delete()
    AnsweredRequest.objects.update(status=None, body=None, claimed_until=claimed)
    assert kind(post(call)) == "in-flight"
    AnsweredRequest.objects.update(claimed_until=timezone.now())
    assert post(call).status_code == 201


def in_a_thread(function):
    try:
        return function()
    finally:
        connections.close_all()


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC], transaction=True)
def test_of_many_at_once_one_is_done(call):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: in_a_thread(lambda: post(call)), range(16)))

    assert Tag.objects.count() == 1
    assert {each.status_code for each in answers} <= {201, 409}
    fresh = [
        each
        for each in answers
        if each.status_code == 201 and "Idempotency-Replayed" not in each
    ]
    assert len(fresh) == 1


@pytest.mark.django_db(databases=[EDITORIAL, PUBLIC], transaction=True)
def test_who_is_overtaken_does_not_commit(call):
    Tags.waits = begun, go_on = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            slow = pool.submit(in_a_thread, lambda: post(call))
            assert begun.wait(10)
            Tags.waits = None
            AnsweredRequest.objects.update(claimed_until=timezone.now())
            claim = {"claim": factories.uuid7()}
            AnsweredRequest.objects.update(**claim)
        finally:
            go_on.set()
        assert kind(slow.result()) == "in-flight"

    assert not Tag.objects.exists()
    assert post(call).status_code == 201
