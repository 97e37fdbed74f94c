"""`manage.py provision`, against a cluster that has never heard of us."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from cms import roles
from cms.databases import NAMES, OWNER, PUBLIC, ROLES
from cms.embedded import places
from cms.embedded.postgresql import Postgresql

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PASSWORDS = {role: secrets.token_urlsafe(8) for role in ROLES}


@pytest.fixture(scope="module")
def cluster():
    with tempfile.TemporaryDirectory(prefix="masthead-test-") as folder:
        os.chmod(folder, 0o711)
        (places.var() / "log").mkdir(parents=True, exist_ok=True)
        server = Postgresql(Path(folder), secrets.token_urlsafe(8), fast=True)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def url(cluster):
    """A role that a hosting company gives its customers: no superuser."""
    with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
        connection.execute(
            "CREATE ROLE customer LOGIN CREATEROLE CREATEDB PASSWORD 'of-theirs'"
        )
    return f"postgres://customer:of-theirs@/postgres?host={cluster.sockets}"


def provision(url, **env):
    return subprocess.run(
        [sys.executable, "manage.py", "provision"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "CMS_SERVICE": "migrate",
            "PROVISION_DATABASE_URL": url,
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def passwords_in_env():
    return {f"{role.upper()}_PASSWORD": PASSWORDS[role] for role in ROLES}


def connect(cluster, role, name="cms_public"):
    return psycopg.connect(
        host=str(cluster.sockets), user=role, password=PASSWORDS[role], dbname=name
    )


@pytest.fixture(scope="module")
def runs(url):
    """Three runs of the command: without passwords, with them, and once more."""
    return (
        provision(url),
        provision(url, **passwords_in_env()),
        provision(url, **passwords_in_env()),
    )


def test_a_cluster_is_made_ready_without_a_superuser(cluster, runs):
    _, first, _ = runs

    assert first.returncode == 0, first.stderr
    assert "database cms_public made" in first.stdout
    with connect(cluster, OWNER) as owner:
        made = {row[0] for row in owner.execute("SELECT extname FROM pg_extension")}
        assert set(roles.EXTENSIONS) <= made
        assert owner.execute("SELECT lower('ÄÖ')").fetchone() == ("äö",)
        owner.execute("CREATE TABLE of_the_owner (id int)")


def test_a_second_run_makes_nothing(runs):
    _, _, again = runs

    assert again.returncode == 0, again.stderr
    assert "made" not in again.stdout


def test_only_who_needs_a_database_may_enter_it(cluster, runs):
    connect(cluster, "cms_reader", NAMES[PUBLIC]).close()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        connect(cluster, "cms_reader", "cms_editorial")


def test_a_role_without_a_password_is_named(runs):
    refused, _, _ = runs

    assert refused.returncode == 1
    assert "The role cms_owner does not exist yet" in refused.stderr
    assert "CMS_OWNER_PASSWORD" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_memberships_are_taken_back(cluster, runs):
    with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
        connection.execute("GRANT cms_owner TO cms_reader")

    roles.provision(cluster.conninfo, {})

    with connect(cluster, "cms_reader") as reader, pytest.raises(psycopg.Error):
        reader.execute("SET ROLE cms_owner")


def test_a_role_that_stands_above_the_grants_is_refused(cluster, runs):
    with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
        connection.execute("ALTER ROLE cms_sync SUPERUSER")
        try:
            with pytest.raises(roles.ProvisioningRefused) as refused:
                roles.provision(cluster.conninfo, {})
        finally:
            connection.execute("ALTER ROLE cms_sync NOSUPERUSER")

    assert "ALTER ROLE cms_sync NOSUPERUSER;" in str(refused.value)


def test_a_role_that_may_not_make_roles_is_told_so(cluster, url):
    with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'of-nobody'")

    done = provision(
        f"postgres://guest:of-nobody@/postgres?host={cluster.sockets}",
        **passwords_in_env(),
    )

    assert done.returncode == 1
    assert "CREATEROLE and CREATEDB" in done.stderr
    assert "Traceback" not in done.stderr
