"""The OpenAPI document is the code's, and says all that can be answered."""

import json

import pytest
from django.core.management import call_command
from openapi_spec_validator import OpenAPIV31SpecValidator

from cms.api import pages
from cms.api.problems import KINDS, URN


@pytest.fixture(scope="module")
def document():
    return json.loads(pages.DOCUMENT.read_text())


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield f"{method.upper()} {path}", operation


def test_the_committed_document_is_what_the_code_says(tmp_path):
    made = tmp_path / "openapi.json"
    call_command(
        "spectacular",
        format="openapi-json",
        file=str(made),
        fail_on_warn=True,
    )

    assert made.read_text() == pages.DOCUMENT.read_text(), "run make openapi"


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_each_operation_tells_its_problems(document):
    silent = []
    for name, operation in operations(document):
        known = set(operation["responses"])
        expected = {"400", "429", "503"}
        if "{" in name:
            expected.add("404")
        if operation.get("security"):
            expected |= {"401", "403"}
        if not expected <= known:
            silent.append((name, sorted(expected - known)))

    assert not silent


def test_the_newsroom_is_closed_and_content_is_open(document):
    for name, operation in operations(document):
        assert bool(operation.get("security")) == ("/content/" not in name), name


def test_every_kind_of_problem_is_explained(settings):
    text = (settings.BASE_DIR / "docs" / "api.md").read_text()

    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
    known = json.loads(pages.DOCUMENT.read_text())["components"]["schemas"]
    kind = known["Problem"]["properties"]["type"]
    for reference in kind.get("allOf", []):  # the choices have a name of their own
        kind = known[reference["$ref"].rsplit("/", 1)[1]]
    assert kind["enum"] == [URN + kind for kind in KINDS]


def test_it_is_served_with_a_tag_as_json(client):
    answer = client.get("/api/v1/schema/")

    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"].startswith("3.1")
    known = {"If-None-Match": answer["ETag"]}
    assert client.get("/api/v1/schema/", headers=known).status_code == 304


def test_the_page_to_try_it_has_nothing_inline(client):
    html = client.get("/api/v1/docs/").content.decode()

    assert "swagger-ui-bundle" in html
    assert "<style" not in html and "style=" not in html
    assert html.count("<script") == html.count("<script src=")
