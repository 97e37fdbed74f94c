"""Our own checks name what is wrong, and what to do."""

from cms import checks, env
from cms.databases import PUBLIC

PRIMARY = "postgres://cms_reader:secret@db.example/cms_public"


def of_replicas(settings, monkeypatch, urls):
    monkeypatch.setenv("PUBLIC_REPLICA_URLS", urls)
    primary = env.database(PRIMARY, name="PUBLIC_DATABASE_URL")
    replicas = env.databases("PUBLIC_REPLICA_URLS")
    monkeypatch.setitem(settings.DATABASES, PUBLIC, primary | {"REPLICAS": replicas})
    return [found.id for found in checks.replicas_are_read_as_the_primary_is(None)]


def test_replicas_of_the_same_role_are_well(settings, monkeypatch):
    urls = "postgres://cms_reader:s@one/cms_public, postgres://cms_reader:s@two:6432/p"

    assert of_replicas(settings, monkeypatch, urls) == []


def test_a_replica_that_is_asked_as_somebody_else_is_named(settings, monkeypatch):
    urls = "postgres://cms_member:s@one/cms_public"

    assert of_replicas(settings, monkeypatch, urls) == ["cms.E002"]


def test_the_primary_is_no_replica_of_itself(settings, monkeypatch):
    assert of_replicas(settings, monkeypatch, PRIMARY) == ["cms.E003"]
