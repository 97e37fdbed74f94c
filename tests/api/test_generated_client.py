"""A client that nobody here wrote: made from the OpenAPI document, used end to end."""

import os
import subprocess
import sys
from contextlib import ExitStack
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

from tests import factories
from tests.serving import newsroom_with_worker, token_of, until

pytestmark = [
    pytest.mark.client,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]


@pytest.fixture
def generated(tmp_path, monkeypatch):
    """`generated(base)` makes the client from the served document and imports it."""

    def make(base):
        target = tmp_path / "newsroom_client"
        tools = Path(sys.executable).parent
        done = subprocess.run(
            [
                *(str(tools / "openapi-python-client"), "generate"),
                *("--url", f"{base}/api/v1/schema/"),
                *("--meta", "none", "--output-path", str(target), "--fail-on-warning"),
            ],
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        monkeypatch.syspath_prepend(str(tmp_path))
        invalidate_caches()
        return lambda name: import_module(f"newsroom_client.{name}")

    return make


def test_a_generated_client_publishes_an_article(wim, ines, generated):
    section = factories.CategoryFactory(name="Harbour", slug="harbour")
    words = factories.paragraph("The harbour lights are on again.")
    with newsroom_with_worker() as base, ExitStack() as open_clients:
        module = generated(base)
        client = module("client").AuthenticatedClient
        author, editor, reader = map(
            open_clients.enter_context,
            (
                client(base_url=base, token=token_of(wim)),
                client(base_url=base, token=token_of(ines)),
                module("client").Client(base_url=base),
            ),
        )

        def call(operation, *args, client, status=200, tag="editorial", **more):
            answer = module(f"api.{tag}.{operation}").sync_detailed(
                *args, client=client, **more
            )
            assert answer.status_code == status, answer.content
            return answer.parsed

        models = module("models")
        written = call(
            "editorial_articles_create",
            client=author,
            status=201,
            body=models.ArticleCreateRequest.from_dict(
                {
                    "title": "Harbour lights",
                    "category": str(section.pk),
                    "blocks": [words],
                }
            ),
        )
        for verb, who in (
            ("submit", author),
            ("start_review", editor),
            ("approve", editor),
            ("publish", editor),
        ):
            call(f"editorial_articles_{verb}", written.id, client=who)

        content = module("api.content.content_article")
        found = until(
            lambda: (
                (
                    answer := content.sync_detailed(written.slug, client=reader)
                ).status_code
                == 200
                and answer
            )
        )

    assert found.parsed.title == "Harbour lights"
    assert "The harbour lights are on again." in found.parsed.html
    assert found.parsed.id == written.id
