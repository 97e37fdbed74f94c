"""PostgreSQL's side of the map: roles, databases, extensions and limits.

`provision` is idempotent and serves the embedded cluster and production alike.
What each role may do to each table is `cms.grants`, applied after `migrate`.
"""

import psycopg
from psycopg import sql

from cms.databases import ALIASES, NAMES, OWNER, ROLES, SERVICES

POSTGRESQL_FLOOR = 18
EXTENSIONS = ("ltree", "pg_trgm", "unaccent", "btree_gin")

LIMITS = {
    # role             one statement   waiting for a lock   idle in a transaction
    OWNER: ("0", "10s", "10min"),
    "cms_editorial": ("60s", "5s", "60s"),
    "cms_accounts": ("5s", "2s", "15s"),
    "cms_reader": ("5s", "1s", "10s"),
    "cms_member": ("5s", "1s", "10s"),
    "cms_sync": ("10min", "10s", "5min"),
    "cms_engagement": ("60s", "5s", "60s"),
}
"""A page never waits longer than its reader would; the sync worker rebuilds stores."""

READ_ONLY = ("cms_reader", "cms_member")

LARGE_OBJECT_MAKERS = (
    "lo_creat(integer)",
    "lo_create(oid)",
    "lo_from_bytea(oid, bytea)",
)
"""Anyone may call these by default, and fill the disk of a store made for reading."""


class ProvisioningRefused(RuntimeError):
    """A sentence for people: why the cluster cannot be made ready, and what to do."""


def visitors(alias):
    """The roles that may connect to this alias, as the services need it."""
    return sorted(
        {roles[alias] for roles in SERVICES.values() if alias in roles} - {OWNER}
    )


def provision(conninfo, passwords, *, embedded=False, say=lambda line: None):
    """Make roles, databases and extensions what they are meant to be.

    `conninfo` connects as a superuser, or as a role with CREATEROLE and CREATEDB.
    `passwords` maps role to password; a role that is absent from it keeps its own.
    `embedded` also lets the owner make test databases and closes the other databases.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _refuse_old_server(connection)
        superuser = _is_superuser(connection)
        for role in ROLES:
            _make_role(connection, role, passwords.get(role), say)
        if embedded:
            connection.execute(
                sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(OWNER))
            )
        _refuse_powers(connection, embedded)
        _part_roles(connection)
        if not superuser:
            connection.execute(
                sql.SQL("GRANT {} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE").format(
                    sql.Identifier(OWNER)
                )
            )
        for alias in ALIASES:
            _make_database(connection, alias, say)
        if embedded:
            _close_the_rest(connection)

    names = [NAMES[alias] for alias in ALIASES]
    for name in [*names, "template1"] if embedded else names:
        with psycopg.connect(conninfo, dbname=name, autocommit=True) as connection:
            _furnish(connection, superuser)


def _is_superuser(connection):
    return bool(
        connection.execute(
            "SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper"
        ).fetchall()
    )


def _refuse_old_server(connection):
    if connection.info.server_version < POSTGRESQL_FLOOR * 10_000:
        raise ProvisioningRefused(
            "The server is PostgreSQL "
            f"{connection.info.server_version // 10_000}; Masthead needs "
            f"{POSTGRESQL_FLOOR} or newer."
        )


def _make_role(connection, role, password, say):
    name = sql.Identifier(role)
    found = connection.execute(
        "SELECT 1 FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if not found:
        if not password:
            raise ProvisioningRefused(
                f"The role {role} does not exist yet and has no password. "
                f"Set {role.upper()}_PASSWORD and run this again."
            )
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        say(f"role {role} made")
    if password:
        # Hashed on our side, so that no server log ever holds it.
        scrambled = connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, scrambled)
        )
    statement, lock, idle = LIMITS[role]
    settings = {
        "statement_timeout": statement,
        "lock_timeout": lock,
        "idle_in_transaction_session_timeout": idle,
        "default_transaction_read_only": "on" if role in READ_ONLY else "off",
    }
    for setting, value in settings.items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                name, sql.Identifier(setting), sql.Literal(value)
            )
        )


def _refuse_powers(connection, embedded):
    """Grants mean nothing to a role that stands above them."""
    for role, powers in connection.execute(
        """
        SELECT rolname, array_remove(ARRAY[
            CASE WHEN rolsuper THEN 'SUPERUSER' END,
            CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
            CASE WHEN rolreplication THEN 'REPLICATION' END,
            CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
            CASE WHEN rolcreatedb AND NOT (%s AND rolname = %s) THEN 'CREATEDB' END
        ], NULL)
        FROM pg_roles WHERE rolname = ANY (%s)
        """,
        [embedded, OWNER, list(ROLES)],
    ).fetchall():
        if powers:
            raise ProvisioningRefused(
                f"The role {role} has {' and '.join(powers)}, which no Masthead role "
                f"may have. As a superuser: ALTER ROLE {role} "
                f"{' '.join('NO' + power for power in powers)};"
            )


def _part_roles(connection):
    """None of our roles is a member of any role: SET ROLE leads nowhere."""
    for group, member in connection.execute(
        """
        SELECT DISTINCT roleid::regrole::text, member::regrole::text
        FROM pg_auth_members WHERE member::regrole::text = ANY (%s)
        """,
        [list(ROLES)],
    ).fetchall():
        connection.execute(
            sql.SQL("REVOKE {} FROM {}").format(
                sql.Identifier(group.strip('"')), sql.Identifier(member)
            )
        )


def _make_database(connection, alias, say):
    name = sql.Identifier(NAMES[alias])
    found = connection.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
        [NAMES[alias]],
    ).fetchone()
    if not found:
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' "
                "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            ).format(name, sql.Identifier(OWNER))
        )
        say(f"database {NAMES[alias]} made")
    elif found[0] != OWNER:
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(OWNER))
        )
    with connection.transaction():  # nobody is shut out for a moment
        for statement in database_grants(NAMES[alias], alias):
            connection.execute(statement)


def database_grants(name, alias):
    """Who may connect. TEMP and CREATE are nobody's but the owner's."""
    database = sql.Identifier(name)
    for role in ("PUBLIC", *(role for role in ROLES if role != OWNER)):
        yield sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(
            database, sql.SQL(role) if role == "PUBLIC" else sql.Identifier(role)
        )
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
        database, sql.SQL(", ").join(map(sql.Identifier, visitors(alias)))
    )


def _close_the_rest(connection):
    """In a cluster of our own nobody needs `postgres` but who makes test databases."""
    for name in ("postgres", "template1"):
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(
                sql.Identifier(name)
            )
        )
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )


def _furnish(connection, superuser):
    for extension in EXTENSIONS:
        try:
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(
                    sql.Identifier(extension)
                )
            )
        except psycopg.Error as error:
            raise ProvisioningRefused(
                f"The extension {extension} cannot be made in "
                f"{connection.info.dbname}: {error.diag.message_primary or error}. "
                "It comes with PostgreSQL's contrib package; it is a trusted "
                "extension, so the database's owner may make it once it is installed."
            ) from error
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if superuser:
        for function in LARGE_OBJECT_MAKERS:
            connection.execute(
                f"REVOKE EXECUTE ON FUNCTION pg_catalog.{function} FROM PUBLIC"
            )
