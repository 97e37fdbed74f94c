"""Nothing runs on a page but our own files, and nothing in what was uploaded."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

POLICY = "Content-Security-Policy"


@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/no-such-page/"])
@pytest.mark.django_db(databases="__all__")
def test_every_answer_has_the_strict_policy(client, path):
    policy = client.get(path).headers[POLICY]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db(databases="__all__")
def test_an_uploaded_file_runs_nothing(client):
    name = default_storage.save("tests/page.txt", ContentFile(b"<script>alert(1)"))
    try:
        answer = client.get(default_storage.url(name))
        assert answer.status_code == 200
        assert answer.headers[POLICY] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        answer.close()
    finally:
        default_storage.delete(name)
