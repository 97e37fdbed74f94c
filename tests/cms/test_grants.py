"""PostgreSQL itself refuses what a service must not do.

Each role connects to the real test databases by itself; nothing here asks Django.
"""

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import errors

from cms import grants
from cms.databases import ALIASES, EDITORIAL, ENGAGEMENT, OWNER, PUBLIC, ROLES
from cms.embedded import credentials
from cms.roles import LIMITS, READ_ONLY, visitors

pytestmark = [
    pytest.mark.django_db(databases=ALIASES),
    pytest.mark.skipif(
        not settings.EMBEDDED,
        reason="The roles' passwords are only known to the owner.",
    ),
]

VISITORS = [role for role in ROLES if role != OWNER]
PRIVILEGES = (
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "MAINTAIN",
)


def connect(role, alias):
    to = connections[alias].settings_dict
    return psycopg.connect(
        host=to["HOST"],
        dbname=to["NAME"],
        user=role,
        password=credentials.read()["passwords"][role],
        autocommit=True,
        connect_timeout=5,
    )


def rows(alias, query, params=None):
    with connections[alias].cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


# --- The list is what PostgreSQL holds ----------------------------------------


@pytest.mark.parametrize("role", VISITORS)
@pytest.mark.parametrize("alias", ALIASES)
def test_each_role_holds_on_each_table_what_the_list_says(alias, role):
    held = {}
    for table, privilege, has in rows(
        alias,
        """
        SELECT relname, privilege,
               has_table_privilege(%s, c.oid, privilege)
        FROM pg_class c, unnest(%s::text[]) AS privilege
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        """,
        [role, list(PRIVILEGES)],
    ):
        if has:
            held.setdefault((table, role), set()).add(privilege)
    for table, privilege in rows(
        alias,
        """
        SELECT relname, privilege_type || ' (' || attname || ')'
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid,
             aclexplode(attacl)
        WHERE relnamespace = 'public'::regnamespace AND grantee = %s::regrole
        """,
        [role],
    ):
        held.setdefault((table, role), set()).add(privilege)

    listed = {key: value for key, value in grants.wanted(alias).items() if role in key}
    assert held == listed


@pytest.mark.parametrize("alias", ALIASES)
def test_each_table_and_function_of_the_database_has_a_line(alias):
    assert grants.forgotten_in(alias) == []


@pytest.mark.parametrize("alias", ALIASES)
def test_each_line_has_its_table_and_its_function(alias):
    tables = {name for name, _ in rows(alias, grants.TABLES_THERE)}
    functions = {name for name, _ in rows(alias, grants.FUNCTIONS_THERE)}

    assert grants.GRANTS[alias].keys() - tables == set()
    assert grants.FUNCTIONS[alias].keys() - functions == set()


@pytest.mark.parametrize("alias", ALIASES)
def test_nothing_is_granted_around_the_tables(alias):
    columns = [
        (table, grantee)
        for table, grantee in rows(
            alias,
            "SELECT attrelid::regclass::text, CASE WHEN grantee = 0 THEN 'PUBLIC' "
            "ELSE grantee::regrole::text END FROM pg_attribute, aclexplode(attacl) "
            "WHERE attrelid >= 16384",  # the catalog's own aside
        )
        if not any(
            " (" in one for one in grants.wanted(alias).get((table, grantee), ())
        )
    ]
    sequences = rows(
        alias,
        """
        SELECT relname, grantee::regrole FROM pg_class, aclexplode(relacl)
        WHERE relkind = 'S' AND grantee <> relowner
        """,
    )
    defaults = rows(alias, "SELECT defaclacl FROM pg_default_acl")
    makers = rows(
        alias,
        "SELECT role FROM unnest(%s::text[]) AS role "
        "WHERE has_schema_privilege(role, 'public', 'CREATE') "
        "OR has_database_privilege(role, current_database(), 'CREATE') "
        "OR has_database_privilege(role, current_database(), 'TEMP')",
        [VISITORS],
    )

    assert (columns, sequences, defaults, makers) == ([], [], [], [])


@pytest.mark.parametrize("alias", ALIASES)
def test_the_owners_functions_are_for_their_callers_only(alias):
    for role in VISITORS:
        callable_ = {
            name
            for name, is_trigger in rows(alias, grants.FUNCTIONS_THERE)
            if not is_trigger
            and rows(
                alias,
                "SELECT has_function_privilege(%s, %s, 'EXECUTE')",
                [role, f"public.{name}"],
            )[0][0]
        }
        listed = {
            name for name, callers in grants.FUNCTIONS[alias].items() if role in callers
        }
        assert callable_ == listed, role


# --- Who gets in --------------------------------------------------------------


@pytest.mark.parametrize("role", VISITORS)
@pytest.mark.parametrize("alias", ALIASES)
def test_a_role_enters_only_where_a_service_needs_it(alias, role):
    if role in visitors(alias):
        with connect(role, alias) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role,)
    else:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            connect(role, alias)


@pytest.mark.parametrize("role", VISITORS)
@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_no_role_enters_the_clusters_own_databases(role, database):
    to = connections[PUBLIC].settings_dict
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(
            host=to["HOST"],
            dbname=database,
            user=role,
            password=credentials.read()["passwords"][role],
        )


def test_a_wrong_password_does_not_enter():
    to = connections[PUBLIC].settings_dict
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(
            host=to["HOST"], dbname=to["NAME"], user="cms_reader", password="guess"
        )


# --- What is refused ----------------------------------------------------------

EVERYBODY_IS_REFUSED = [
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE SCHEMA mine",
    f"SET ROLE {OWNER}",
    f"SET SESSION AUTHORIZATION {OWNER}",
    "COPY (SELECT 1) TO '/stolen'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_create(0)",
    "CREATE EXTENSION dblink",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SELECT rolpassword FROM pg_authid",
]


@pytest.mark.parametrize("statement", EVERYBODY_IS_REFUSED)
@pytest.mark.parametrize("role", VISITORS)
def test_no_role_can_climb_out(role, statement):
    alias = next(alias for alias in ALIASES if role in visitors(alias))
    with connect(role, alias) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


REFUSED = [
    # The public service can be broken into and still has no draft and no lesson.
    ("cms_reader", PUBLIC, "SELECT * FROM gated_lessons"),
    ("cms_reader", PUBLIC, "SELECT * FROM publish_receipts"),
    ("cms_reader", PUBLIC, "INSERT INTO published_articles DEFAULT VALUES"),
    ("cms_reader", PUBLIC, "UPDATE published_articles SET title = 'x'"),
    ("cms_reader", PUBLIC, "DELETE FROM published_articles"),
    ("cms_reader", PUBLIC, "TRUNCATE published_articles"),
    ("cms_reader", PUBLIC, "SELECT 1 FROM published_articles FOR UPDATE"),
    ("cms_reader", PUBLIC, "BEGIN; LOCK published_articles IN SHARE MODE"),
    ("cms_reader", PUBLIC, "UPDATE content_counters SET view_count = 0"),
    ("cms_reader", PUBLIC, "SELECT rebuild_swap()"),
    # A signed-in reader's service reads gated lessons, and writes nothing here.
    ("cms_member", PUBLIC, "INSERT INTO gated_lessons DEFAULT VALUES"),
    ("cms_member", PUBLIC, "UPDATE gated_lessons SET id = NULL"),
    ("cms_member", PUBLIC, "DELETE FROM published_articles"),
    ("cms_member", PUBLIC, "SELECT rebuild_start()"),
    # The sync worker never forgets what it applied.
    ("cms_sync", PUBLIC, "DELETE FROM sync_fences"),
    ("cms_sync", PUBLIC, "DELETE FROM sync_epoch"),
    ("cms_sync", PUBLIC, "TRUNCATE published_articles"),
    ("cms_sync", PUBLIC, "DROP TABLE published_articles"),
    ("cms_sync", PUBLIC, "ALTER TABLE published_articles ADD COLUMN x int"),
    # The newsroom cannot rewrite history.
    ("cms_editorial", EDITORIAL, "UPDATE audit_logs SET action = ''"),
    ("cms_editorial", EDITORIAL, "DELETE FROM audit_logs"),
    ("cms_editorial", EDITORIAL, "TRUNCATE audit_logs"),
    ("cms_editorial", EDITORIAL, "ALTER TABLE audit_logs DISABLE TRIGGER ALL"),
    ("cms_editorial", EDITORIAL, "DELETE FROM django_admin_log"),
    ("cms_editorial", EDITORIAL, "UPDATE versions SET id = NULL"),
    ("cms_editorial", EDITORIAL, "DELETE FROM versions"),
    ("cms_editorial", EDITORIAL, "DELETE FROM article_workflow_history"),
    ("cms_editorial", EDITORIAL, "DELETE FROM sync_state"),
    # Signing in needs no article.
    ("cms_accounts", EDITORIAL, "SELECT * FROM articles"),
    ("cms_accounts", EDITORIAL, "SELECT * FROM article_content_blocks"),
    ("cms_accounts", EDITORIAL, "SELECT * FROM versions"),
    ("cms_accounts", EDITORIAL, "SELECT * FROM lessons"),
    ("cms_accounts", EDITORIAL, "SELECT * FROM reviews"),
    ("cms_accounts", EDITORIAL, "UPDATE user_roles SET role_id = 'super_admin'"),
    ("cms_accounts", EDITORIAL, "INSERT INTO user_roles DEFAULT VALUES"),
    ("cms_accounts", EDITORIAL, "SELECT * FROM outbox_events"),
    ("cms_accounts", EDITORIAL, "DELETE FROM outbox_events"),
    ("cms_accounts", EDITORIAL, "UPDATE audit_logs SET action = ''"),
    ("cms_accounts", EDITORIAL, "DELETE FROM users"),
    ("cms_accounts", EDITORIAL, "UPDATE users SET is_superuser = true"),
    ("cms_accounts", EDITORIAL, "UPDATE invitations SET user_id = NULL"),
    ("cms_accounts", EDITORIAL, "UPDATE role_permissions SET only_own = false"),
    ("cms_editorial", EDITORIAL, "UPDATE role_permissions SET only_own = false"),
    ("cms_editorial", EDITORIAL, "INSERT INTO permissions DEFAULT VALUES"),
    # The community's service owns rows, not tables.
    ("cms_engagement", ENGAGEMENT, "TRUNCATE comments"),
    ("cms_engagement", ENGAGEMENT, "DROP TABLE comments"),
    ("cms_engagement", ENGAGEMENT, "DELETE FROM django_migrations"),
]


@pytest.mark.parametrize(("role", "alias", "statement"), REFUSED)
def test_postgresql_refuses(role, alias, statement):
    with connect(role, alias) as connection:
        # Anybody may switch this belt off; the grants must hold without it.
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize("role", READ_ONLY)
def test_a_reading_role_begins_every_transaction_read_only(role):
    with connect(role, PUBLIC) as connection:
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert connection.execute("SELECT count(*) FROM published_articles").fetchone()


@pytest.mark.parametrize("role", VISITORS)
def test_a_role_has_limits_of_time(role):
    alias = next(alias for alias in ALIASES if role in visitors(alias))
    with connect(role, alias) as connection:
        for setting, value in zip(
            (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
            ),
            LIMITS[role],
            strict=True,
        ):
            told = "SELECT %s::interval = current_setting(%s)::interval"
            assert connection.execute(told, [value, setting]).fetchone() == (True,)


# --- A forgotten line ---------------------------------------------------------


def test_a_table_without_a_line_is_named_and_out_of_reach():
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("CREATE TABLE secret_plans (id int)")

    grants.apply(EDITORIAL)

    assert grants.forgotten_in(EDITORIAL) == ["secret_plans"]
    assert rows(
        EDITORIAL, "SELECT relacl FROM pg_class WHERE relname = 'secret_plans'"
    ) == [(None,)]


def test_a_function_without_a_line_is_named_and_taken_from_the_public():
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("CREATE FUNCTION leak() RETURNS int LANGUAGE sql RETURN 1")

    grants.apply(PUBLIC)

    assert grants.forgotten_in(PUBLIC) == ["leak()"]
    assert rows(
        PUBLIC, "SELECT has_function_privilege('cms_reader', 'leak()', 'EXECUTE')"
    ) == [(False,)]


def test_what_the_list_does_not_say_is_revoked():
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON audit_logs TO cms_editorial")
        cursor.execute("GRANT SELECT ON articles TO PUBLIC")

    grants.apply(EDITORIAL)

    for role, table, privilege in (
        ("cms_editorial", "audit_logs", "UPDATE"),
        ("cms_accounts", "articles", "SELECT"),
    ):
        assert rows(
            EDITORIAL,
            "SELECT has_table_privilege(%s, %s, %s)",
            [role, table, privilege],
        ) == [(False,)]


def test_a_second_run_changes_nothing():
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            assert list(grants._statements(cursor, alias)) == []


def test_rights_to_single_columns_follow_the_list():
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute("GRANT UPDATE ON users TO cms_accounts")
        cursor.execute("GRANT UPDATE (is_active) ON users TO cms_accounts")
        cursor.execute("REVOKE UPDATE (bio) ON users FROM cms_accounts")

    grants.apply(EDITORIAL)

    may_change = {
        column
        for (column,) in rows(
            EDITORIAL,
            "SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND "
            "attnum > 0 AND has_column_privilege('cms_accounts', attrelid, attnum, "
            "'UPDATE')",
        )
    }
    assert {"password", "bio", "email"} <= may_change
    assert not {"is_superuser", "is_active", "badge_verified_at", "id"} & may_change


def test_the_check_names_a_model_without_a_line(monkeypatch):
    lines = dict(grants.GRANTS[EDITORIAL])
    del lines["articles"]
    monkeypatch.setitem(grants.GRANTS, EDITORIAL, lines)

    (error,) = grants.every_table_has_a_line(None)

    assert error.id == "cms.E002"
    assert "'articles'" in error.msg
