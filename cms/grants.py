"""Who may do what to which table: one line for each, and nothing beside it.

A router is a convention; these grants are what PostgreSQL itself enforces. There is no
blanket grant and no default privilege: a table without a line is out of everyone's
reach but the owner's, and `manage.py check` names it. Applied after each `migrate`, to
test databases too; whatever our roles hold beyond the list is revoked.

Partitions need no line (they are reached through their parent), nor do the sequences
of identity columns.
"""

import logging
import re

from django.apps import apps
from django.core.checks import Error, register
from django.db import connections, transaction
from psycopg import sql

from cms.databases import (
    ALIASES,
    EDITORIAL,
    ENGAGEMENT,
    OWNER,
    PUBLIC,
    ROLES,
    home_of,
)
from cms.roles import database_grants, visitors

log = logging.getLogger(__name__)

READ = "SELECT"
ADD = "INSERT"
APPEND = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE"
"""Rows come and change, and never go."""
WRITE = "SELECT, INSERT, UPDATE, DELETE"
SIGN_IN = (
    "SELECT, INSERT, UPDATE (password, last_login, email, email_verified_at, "
    "display_name, slug, avatar_url, bio, website, updated_at)"
)
"""Signing up, in and out, and one's own profile. Whether somebody is active, verified
or a superuser is not the business of the service that does this; nor does a trigger let
it insert a superuser."""


def _newsroom(editorial=WRITE, accounts=""):
    return {"cms_editorial": editorial, "cms_accounts": accounts}


def _published(reader=READ, member=READ, sync=WRITE):
    return {"cms_reader": reader, "cms_member": member, "cms_sync": sync}


def _community(engagement=WRITE):
    return {"cms_engagement": engagement}


GRANTS = {
    EDITORIAL: {
        # People, and how they sign in.
        "users": _newsroom(accounts=SIGN_IN),
        "users_groups": _newsroom(accounts=READ),
        "users_user_permissions": _newsroom(accounts=READ),
        "roles": _newsroom(accounts=READ),
        "user_roles": _newsroom(accounts=READ),
        "permissions": _newsroom(READ, accounts=READ),
        "role_permissions": _newsroom(READ, accounts=READ),
        "invitations": _newsroom(KEEP, accounts="SELECT, UPDATE (accepted_at)"),
        "django_session": _newsroom(accounts=WRITE),
        "account_emailaddress": _newsroom(accounts=WRITE),
        "account_emailconfirmation": _newsroom(accounts=WRITE),
        "mfa_authenticator": _newsroom(accounts=WRITE),
        "usersessions_usersession": _newsroom(accounts=WRITE),
        "socialaccount_socialaccount": _newsroom(accounts=WRITE),
        "socialaccount_socialapp": _newsroom(READ, accounts=READ),
        "socialaccount_socialtoken": _newsroom(accounts=WRITE),
        "auth_group": _newsroom(accounts=READ),
        "auth_group_permissions": _newsroom(accounts=READ),
        "auth_permission": _newsroom(accounts=READ),
        "django_content_type": _newsroom(accounts=READ),
        "guardian_groupobjectpermission": _newsroom(accounts=READ),
        "guardian_userobjectpermission": _newsroom(accounts=READ),
        # The API's front door. A token that was revoked stays to be seen.
        "api_tokens": _newsroom(KEEP, accounts=KEEP),
        "api_answered_requests": _newsroom(),
        "rate_limits": _newsroom(accounts=WRITE),
        # Writing.
        "articles": _newsroom(),
        "articles_tags": _newsroom(),
        "article_content_blocks": _newsroom(),
        "sittings": _newsroom(),
        "clashes": _newsroom(),
        "courses": _newsroom(),
        "courses_tags": _newsroom(),
        "course_sections": _newsroom(),
        "lessons": _newsroom(),
        "reviews": _newsroom(),
        "review_comments": _newsroom(),
        "remark_mentions": _newsroom(),
        "review_links": _newsroom(),
        "notices": _newsroom(),
        "notice_wishes": _newsroom(),
        "editorial_tasks": _newsroom(),
        # Each person's own desk, and what is found on it.
        "desk_preferences": _newsroom(),
        "saved_filters": _newsroom(),
        "desk_search": _newsroom(),
        # An invitation and a profile name the category of a role.
        "categories": _newsroom(accounts="SELECT (id, name)"),
        "tags": _newsroom(),
        "series": _newsroom(),
        "series_parts": _newsroom(),
        "media": _newsroom(),
        "media_folders": _newsroom(),
        "media_former_files": _newsroom(),
        "releases": _newsroom(),
        "release_items": _newsroom(),
        "import_records": _newsroom(),
        # Before publishing: what links answered, and who let a text pass its checks.
        "link_answers": _newsroom(KEEP),
        "check_overrides": _newsroom(APPEND),
        # What readers are shown, as the newsroom knows it.
        "live_slugs": _newsroom(),
        "live_uses": _newsroom(),
        "redirects": _newsroom(),
        # On the way to the public store. A sequence never goes back.
        "sync_state": _newsroom(KEEP, accounts=KEEP),
        "write_epoch": _newsroom(KEEP),
        "verifications": _newsroom(KEEP),
        "outbox_events": _newsroom(accounts=ADD),
        # Nobody rewrites history.
        "versions": _newsroom(APPEND),
        "article_workflow_history": _newsroom(APPEND),
        "announcements": _newsroom(APPEND),
        "publication_ledger": _newsroom(APPEND),
        "audit_logs": _newsroom(APPEND, accounts=APPEND),
        "django_admin_log": _newsroom(APPEND),
        "django_migrations": _newsroom(READ),
        # The clock.
        "django_celery_beat_clockedschedule": _newsroom(),
        "django_celery_beat_crontabschedule": _newsroom(),
        "django_celery_beat_intervalschedule": _newsroom(),
        "django_celery_beat_periodictask": _newsroom(),
        "django_celery_beat_periodictasks": _newsroom(),
        "django_celery_beat_solarschedule": _newsroom(),
    },
    PUBLIC: {
        "published_articles": _published(),
        "published_courses": _published(),
        "published_lessons": _published(),
        "gated_lessons": _published(reader=""),
        "published_categories": _published(),
        "published_tags": _published(),
        "published_media": _published(),
        "public_user_profiles": _published(),
        "public_redirects": _published(),
        "content_counters": _published(sync=KEEP),
        # A fence is never deleted: it keeps a late event from undoing a take-down.
        "sync_fences": _published(reader="", sync=KEEP),
        "sync_epoch": _published(reader="", member="", sync=KEEP),
        "publish_receipts": _published(reader=""),
        # What page caches must forget: they ask for it each half second.
        "page_clock": _published(sync=KEEP),
        "page_changes": _published(),
        "purge_targets": _published(reader="", sync=KEEP),
        "verified_copies": _published(reader="", member=""),
        # The change feed: its tombstones stay.
        "content_changes": _published(sync=KEEP),
        "content_change_head": _published(sync=KEEP),
        "django_migrations": _published(reader="", sync=READ),
    },
    ENGAGEMENT: {
        "activities": _community(APPEND),
        "comments": _community(),
        "content_refs": _community(),
        "content_view_stats": _community(),
        "content_views": _community(),
        "content_view_breakdowns": _community(),
        "content_view_days": _community(),
        "counter_deltas": _community(),
        "counter_publish": _community(),
        "counter_totals": _community(),
        "incoming_views": _community("SELECT, INSERT, DELETE"),
        "ingest_batches": _community(),
        "reactions": _community(),
        "search_queries": _community("SELECT, INSERT, DELETE"),
        "search_clicks": _community("SELECT, INSERT, DELETE"),
        "user_refs": _community(),
        "django_migrations": _community(READ),
    },
}
"""Alias to table to role to privileges."""

FUNCTIONS = {
    EDITORIAL: {
        "has_role(uuid, text)": ["cms_editorial", "cms_accounts"],
        "has_permission(uuid, text)": ["cms_editorial", "cms_accounts"],
        "has_permission(uuid, text, uuid)": ["cms_editorial", "cms_accounts"],
        "sync_provider_roles(uuid, text[])": ["cms_editorial", "cms_accounts"],
        "desk_text(jsonb)": ["cms_editorial"],
        "desk_search_read(uuid, text)": ["cms_editorial"],
    },
    PUBLIC: {
        "rebuild_start()": ["cms_sync"],
        "rebuild_index()": ["cms_sync"],
        "rebuild_swap()": ["cms_sync"],
        "rebuild_finish()": ["cms_sync"],
        # What search columns and search indexes are made of.
        "words_of(text)": ["cms_reader", "cms_member", "cms_sync"],
        "folded(text)": ["cms_reader", "cms_member", "cms_sync"],
    },
    ENGAGEMENT: {
        "ensure_partitions(text, integer)": ["cms_engagement"],
        "drop_partitions(text, integer)": ["cms_engagement"],
        "uuidv7_floor(timestamp with time zone)": ["cms_engagement"],
    },
}
"""Alias to function to its callers. Triggers call theirs by themselves."""

VISITORS = tuple(role for role in ROLES if role != OWNER)
ONE_AT_A_TIME = 0x6772616E


def wanted(alias):
    """{(table, role): {privilege, …}} as the list says."""
    return {
        (table, role): set(_words(privileges))
        for table, line in GRANTS[alias].items()
        for role, privileges in line.items()
        if privileges
    }


def _words(privileges):
    """ "SELECT, UPDATE (a, b)" → SELECT, UPDATE (a), UPDATE (b)."""
    for word, columns in re.findall(r"(\w+)\s*(?:\(([^)]*)\))?", privileges):
        if columns:
            yield from (f"{word} ({column.strip()})" for column in columns.split(","))
        else:
            yield word


# --- Applying the list --------------------------------------------------------


def apply_after_migrate(sender, using, **kwargs):
    """Receiver of post_migrate, once for each database.

    `flush`, which empties the tables between tests, sends the signal too, but
    without a plan: it leaves grants as they are.
    """
    if using not in ALIASES or "plan" not in kwargs:
        return
    apply(using)
    for name in forgotten_in(using):
        log.error(
            "%s of %r has no line in cms/grants.py: only the owner may use it.",
            name,
            using,
        )


def apply(alias):
    """Make this database's grants those of the list; needs the owner's connection."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        for statement in _statements(cursor, alias):
            cursor.execute(statement)


def _statements(cursor, alias):
    """Only what differs, so that a second run touches nothing."""
    yield from _database_statements(cursor, alias)
    found = _held(cursor, TABLES_HELD)
    for key, privileges in _held(cursor, COLUMNS_HELD).items():
        found.setdefault(key, set()).update(privileges)
    listed = wanted(alias)
    there = {row[0] for row in _rows(cursor, TABLES_THERE)}
    for table, role in sorted(found.keys() | listed.keys()):
        if table in there:
            yield from _difference(
                sql.SQL("TABLE {}").format(sql.Identifier("public", table)),
                role,
                found.get((table, role), set()),
                listed.get((table, role), set()),
            )
    found = _held(cursor, FUNCTIONS_HELD)
    listed = {
        (function, role): {"EXECUTE"}
        for function, may_call in FUNCTIONS[alias].items()
        for role in may_call
    }
    there = {row[0] for row in _rows(cursor, FUNCTIONS_THERE)}
    for function, role in sorted(found.keys() | listed.keys()):
        if function in there:
            yield from _difference(
                sql.SQL("FUNCTION public." + function),
                role,
                found.get((function, role), set()),
                listed.get((function, role), set()),
            )


def _database_statements(cursor, alias):
    name, schema_is_closed, connecting = _rows(
        cursor,
        """
        SELECT current_database(),
               NOT has_schema_privilege('public', 'public', 'USAGE'),
               ARRAY(SELECT grantee::regrole::text FROM aclexplode(datacl)
                     WHERE privilege_type = 'CONNECT' AND grantee <> datdba
                     ORDER BY 1)
        FROM pg_database WHERE datname = current_database()
        """,
    )[0]
    allowed = visitors(alias)
    if schema_is_closed and sorted(connecting) == allowed:
        return
    yield from database_grants(name, alias)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC, {}").format(
        sql.SQL(", ").join(map(sql.Identifier, VISITORS))
    )
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(
        sql.SQL(", ").join(map(sql.Identifier, allowed))
    )


def _difference(thing, role, found, listed):
    grantee = sql.SQL(role) if role == "PUBLIC" else sql.Identifier(role)
    revoked = found - listed
    # Whoever loses a privilege on a table loses it on each of the columns.
    lost = {one for one in listed if one.partition(" ")[0] in revoked}
    for verb, word, privileges in (
        ("REVOKE", "FROM", revoked),
        ("GRANT", "TO", listed - found | lost),
    ):
        if privileges:
            yield sql.SQL("{} {} ON {} {} {}").format(
                sql.SQL(verb),
                sql.SQL(", ".join(sorted(privileges))),
                thing,
                sql.SQL(word),
                grantee,
            )


NOT_OF_AN_EXTENSION = """
    NOT EXISTS (SELECT 1 FROM pg_depend d
                WHERE d.objid = thing.oid AND d.deptype = 'e')
"""
TABLES = f"""
    FROM pg_class thing
    WHERE thing.relnamespace = 'public'::regnamespace
      AND thing.relkind IN ('r', 'p', 'v', 'm', 'f') AND {NOT_OF_AN_EXTENSION}
"""
TABLES_THERE = f"SELECT thing.relname, thing.relispartition {TABLES}"
TABLES_HELD = f"SELECT thing.relname, thing.relacl, '' {TABLES}"
COLUMNS_HELD = f"""
    SELECT thing.relname, col.attacl, ' (' || col.attname || ')'
    FROM (SELECT thing.oid, thing.relname {TABLES}) thing
    JOIN pg_attribute col ON col.attrelid = thing.oid AND NOT col.attisdropped
"""  # noqa: S608
FUNCTIONS_OF_OURS = f"""
    FROM pg_proc thing
    WHERE thing.pronamespace = 'public'::regnamespace AND {NOT_OF_AN_EXTENSION}
"""
FUNCTION_NAME = """
    thing.proname || '(' || oidvectortypes(thing.proargtypes) || ')'
"""
FUNCTIONS_THERE = f"""
    SELECT {FUNCTION_NAME}, thing.prorettype = 'trigger'::regtype {FUNCTIONS_OF_OURS}
"""
FUNCTIONS_HELD = f"""
    SELECT {FUNCTION_NAME}, coalesce(thing.proacl, acldefault('f', thing.proowner)), ''
    {FUNCTIONS_OF_OURS}
"""


def _rows(cursor, query, params=None):
    cursor.execute(query, params)
    return cursor.fetchall()


def _held(cursor, things):
    """{(name, role): {privilege, …}} that our roles and PUBLIC hold now.

    Roles that are not ours (a backup's, a monitor's) are left alone.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for name, role, privilege in _rows(
        cursor,
        f"""
        SELECT thing.name, held.role, held.privilege_type || thing.part
        FROM ({things}) AS thing (name, acl, part)
        CROSS JOIN LATERAL (
            SELECT privilege_type, CASE WHEN grantee = 0 THEN 'PUBLIC'
                                   ELSE pg_get_userbyid(grantee) END AS role
            FROM aclexplode(thing.acl)
        ) AS held
        WHERE held.role = ANY (%s)
        """,  # noqa: S608
        [["PUBLIC", *VISITORS]],
    ):
        held.setdefault((name, role), set()).add(privilege)
    return held


# --- Noticing what has no line ------------------------------------------------


def tables_of_models(alias):
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if home_of(model._meta.app_label) == alias and model._meta.managed
    } | {"django_migrations"}


def forgotten_in(alias):
    """Tables and functions that are in the database and not in the lists."""
    with connections[alias].cursor() as cursor:
        tables = [
            name
            for name, is_partition in _rows(cursor, TABLES_THERE)
            if not is_partition and name not in GRANTS[alias]
        ]
        functions = [
            name
            for name, is_trigger in _rows(cursor, FUNCTIONS_THERE)
            if not is_trigger and name not in FUNCTIONS[alias]
        ]
    return sorted(tables) + sorted(functions)


@register()
def every_table_has_a_line(app_configs, **kwargs):
    """Deny by default, and loudly: nobody finds out from a 500 on a live site."""
    return [
        Error(
            f"The table {table!r} has no line in cms/grants.py.",
            hint=f"Say in GRANTS[{alias!r}] which roles may do what to it.",
            id="cms.E002",
        )
        for alias in ALIASES
        for table in sorted(tables_of_models(alias) - GRANTS[alias].keys())
    ]
