"""has_role and has_permission in SQL: the same answers as Python, whoever asks."""

import uuid
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from psycopg import errors

from accounts import rights_in_sql
from accounts.models import Permission, Role, RoleAssignment, RolePermission, User
from accounts.permissions import (
    ALLOWED,
    IN_WORDS,
    ROLES,
    UNSCOPED,
    has_role,
    may,
)
from cms.databases import EDITORIAL, OWNER
from cms.embedded import credentials
from editorial.models import AuditLog, Category
from tests import factories

pytestmark = pytest.mark.django_db(databases=[EDITORIAL])

embedded_only = pytest.mark.skipif(
    not settings.EMBEDDED, reason="The roles' passwords are only known to the owner."
)


def ask(query, *params):
    with connections[EDITORIAL].cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def connect(role):
    to = connections[EDITORIAL].settings_dict
    return psycopg.connect(
        host=to["HOST"],
        dbname=to["NAME"],
        user=role,
        password=credentials.read()["passwords"][role],
        autocommit=True,
        connect_timeout=5,
    )


# --- The same table ---------------------------------------------------------------


def test_every_action_is_told_in_words_and_stands_in_the_database():
    assert set(IN_WORDS) == set(ALLOWED)
    assert set(Permission.objects.values_list("code", flat=True)) == set(ALLOWED)
    lines = RolePermission.objects.values_list(
        "role_id", "permission__code", "only_own"
    )
    found = {(role, code): own for role, code, own in lines}
    assert found == rights_in_sql.role_permissions()


def test_the_mirror_removes_what_the_code_no_longer_has_and_repeats_itself():
    before = set(Permission.objects.values_list("pk", "code"))
    fly = Permission.objects.create(code="fly", name="Fly", resource_type="system")
    RolePermission.objects.create(role_id="author", permission=fly)
    RolePermission.objects.create(
        role_id="contributor", permission=Permission.objects.get(code="publish")
    )
    RolePermission.objects.filter(role_id="editor", permission__code="publish").delete()
    Role.objects.filter(code="editor").update(from_provider=True, name="Wrong")

    for _ in range(2):
        rights_in_sql.mirror(None, using=EDITORIAL)

    assert set(Permission.objects.values_list("pk", "code")) == before
    publishers = RolePermission.objects.filter(permission__code="publish")
    assert {one.role_id for one in publishers} == {"editor", "editor_chief", "admin"}
    editor = Role.objects.get(code="editor")
    assert (editor.name, editor.from_provider) == ("Editor", True)


def a_person(draw, categories, number):
    now = timezone.now()
    user = factories.UserFactory(
        email=f"drawn-{number}-{uuid.uuid4()}@example.org",
        slug=f"drawn-{uuid.uuid4()}",
        is_active=draw(st.integers(0, 5)) > 0,
        is_superuser=draw(st.integers(0, 9)) == 0,
    )
    held = draw(
        st.lists(
            st.tuples(
                st.sampled_from(list(ROLES)),
                st.one_of(st.none(), st.sampled_from(categories)),
                st.sampled_from([None, None, now + timedelta(days=1), now]),
            ),
            max_size=3,
            unique_by=lambda one: (one[0], one[1] and one[1].pk),
        )
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(
            user=user,
            role_id=role,
            category_id=None if role in UNSCOPED or place is None else place.pk,
            expires_at=until,
        )
        for role, place, until in {
            (role, None if role in UNSCOPED else place): (role, place, until)
            for role, place, until in held
        }.values()
    )
    return User.objects.get(pk=user.pk)


@limits(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_sql_and_python_agree_about_everybody_everywhere(data):
    """People × roles × scopes × ends × activity × trees of categories."""
    actions = [*ALLOWED, "fly", ""]
    with transaction.atomic(using=EDITORIAL):
        categories = []
        for _ in range(data.draw(st.integers(1, 5))):
            above = data.draw(st.sampled_from([None, *categories]))
            categories.append(factories.CategoryFactory(parent=above))
        people = [a_person(data.draw, categories, n) for n in range(3)]
        said = ask(
            """
            SELECT person, action, place, CASE
                WHEN place = '' THEN public.has_permission(person, action)
                WHEN place = 'none' THEN public.has_permission(person, action, NULL)
                ELSE public.has_permission(person, action, place::uuid) END
            FROM unnest(%s::uuid[]) person, unnest(%s::text[]) action,
                 unnest(%s::text[]) place
            """,
            [person.pk for person in people],
            actions,
            ["", "none", str(uuid.uuid4()), *(str(one.pk) for one in categories)],
        )
        by_id = {person.pk: person for person in people}
        places = {str(one.pk): one for one in Category.objects.all()}
        for person, action, place, answer in said:
            item = None if place == "" else places.get(place, Category())
            expected = may(by_id[person], action, item)
            assert answer == expected, (person, action, place)
        for person, role, answer in ask(
            "SELECT person, role, public.has_role(person, role) "
            "FROM unnest(%s::uuid[]) person, unnest(%s::text[]) role",
            [person.pk for person in people],
            [*ROLES, "king"],
        ):
            assert answer == has_role(by_id[person], role), (person, role)
        transaction.set_rollback(True, using=EDITORIAL)


def test_nobody_that_is_not_there_may_do_a_thing():
    assert ask(
        "SELECT has_role(%s, 'editor'), has_permission(%s, 'view'), "
        "has_permission(NULL, 'view'), has_permission(%s, NULL)",
        *[uuid.uuid4()] * 3,
    ) == [(False, False, False, False)]


# --- Shadowing --------------------------------------------------------------------


SHADOWS = [
    """CREATE TEMP TABLE users AS SELECT %(id)s::uuid AS id, true AS is_active,
       true AS is_superuser, 'x' AS email""",
    """CREATE TEMP TABLE user_roles AS SELECT %(id)s::uuid AS user_id,
       'super_admin' AS role_id, NULL::uuid AS category_id,
       NULL::timestamptz AS expires_at, true AS from_provider""",
    "CREATE TEMP TABLE roles AS SELECT 'editor' AS code, true AS from_provider",
    "CREATE TEMP TABLE permissions (id uuid, code text, whole_house boolean)",
    """CREATE TEMP TABLE role_permissions (role_id text, permission_id uuid,
       only_own boolean)""",
    "CREATE TEMP TABLE categories (id uuid, path public.ltree)",
    """CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE sql
       AS 'SELECT true'""",
    """CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.always, LEFTARG = uuid,
       RIGHTARG = uuid)""",
    """CREATE FUNCTION pg_temp.statement_timestamp() RETURNS timestamptz
       LANGUAGE sql AS $$ SELECT '-infinity'::timestamptz $$""",
    "SET search_path = pg_temp, pg_catalog, public",
]


@embedded_only
def test_temporary_tables_functions_and_operators_make_no_difference():
    """Our roles may not make any; here one may, and it helps it nothing."""
    person = uuid.uuid4()
    name = connections[EDITORIAL].settings_dict["NAME"]
    told = """SELECT public.has_role(%(id)s, 'editor'),
                     public.has_role(%(id)s, 'author'),
                     public.has_permission(%(id)s, 'publish'),
                     public.has_permission(%(id)s, 'create'),
                     public.has_permission(%(id)s, 'create', NULL)"""
    with connect(OWNER) as owner:
        owner.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO cms_editorial')
        owner.execute(
            """INSERT INTO public.users (id, email, password, display_name, slug,
                   avatar_url, bio, website, is_active, is_superuser, created_at,
                   updated_at)
               VALUES (%s, 'shadow@example.org', '!', 'Shadow', 'shadow-of-a-doubt',
                   '', '', '', true, false, now(), now())""",
            [person],
        )
        owner.execute(
            """INSERT INTO public.user_roles
                   (id, user_id, role_id, assigned_at, expires_at)
               VALUES (uuidv7(), %(id)s, 'author', now(), NULL),
                      (uuidv7(), %(id)s, 'editor', now(), now() - interval '1 day')""",
            {"id": person},
        )
        try:
            with connect("cms_editorial") as visitor:
                before = visitor.execute(told, {"id": person}).fetchone()
                for shadow in SHADOWS:
                    visitor.execute(shadow, {"id": person})
                assert visitor.execute("SELECT is_superuser FROM users").fetchone() == (
                    True,
                ), "the shadow does stand before the table"
                after = visitor.execute(told, {"id": person}).fetchone()
                changed = visitor.execute(
                    "SELECT * FROM public.sync_provider_roles(%s, '{editor}')", [person]
                ).fetchall()
        finally:
            owner.execute("DELETE FROM public.user_roles WHERE user_id = %s", [person])
            owner.execute("DELETE FROM public.users WHERE id = %s", [person])
            owner.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM cms_editorial')

    assert before == after == (False, True, False, True, True)
    assert changed == []


# --- The role that signs people in ------------------------------------------------

NEW_USER = """
    INSERT INTO users (id, email, password, display_name, slug, avatar_url, bio,
        website, is_active, is_superuser, badge_verified_at, created_at, updated_at)
    VALUES (uuidv7(), gen_random_uuid() || '@example.org', '!', 'New',
        gen_random_uuid()::text, '', '', '', true, %s, %s, now(), now())
"""


@embedded_only
def test_signing_up_makes_readers_and_never_a_superuser():
    with connect("cms_accounts") as visitor, visitor.transaction(force_rollback=True):
        visitor.execute(NEW_USER, [False, None])
        for superuser, badge in ((True, None), (False, timezone.now())):
            with (
                pytest.raises(errors.InsufficientPrivilege, match="may not make"),
                visitor.transaction(),
            ):
                visitor.execute(NEW_USER, [superuser, badge])
        for change in (
            "is_superuser = true",
            "is_active = true",
            "badge_verified_at = now()",
            "sessions_epoch = 0",
            "id = uuidv7()",
        ):
            with (
                pytest.raises(errors.InsufficientPrivilege),
                visitor.transaction(),
            ):
                visitor.execute(f"UPDATE users SET {change}")
        visitor.execute(
            "UPDATE users SET password = '!', last_login = now(), email = lower(email),"
            " display_name = 'Newer', updated_at = now()"
        )


@embedded_only
def test_the_desk_still_makes_superusers():
    with connect("cms_editorial") as visitor, visitor.transaction(force_rollback=True):
        visitor.execute(NEW_USER, [True, timezone.now()])


# --- Roles from the sign-in provider ----------------------------------------------


def test_the_provider_gives_what_is_open_to_it_and_takes_only_that_away(wim):
    Role.objects.filter(code__in=["editor", "author", "reviewer"]).update(
        from_provider=True
    )
    sync = RoleAssignment.objects.sync_from_provider

    assert sync(wim, ["editor", "author", "admin", "super_admin", "king"]) == [
        "+editor"
    ]
    wim = User.objects.get(pk=wim.pk)
    assert {one.role_id for one in wim.current_roles} == {"author", "editor"}
    assert may(wim, "publish")
    assert AuditLog.objects.get(action="roles_from_provider").new_values["changes"] == [
        "+editor"
    ]
    assert sync(wim, ["editor"]) == []
    assert sync(wim, ["reviewer"]) == ["+reviewer", "-editor"]
    assert {one.role_id for one in wim.current_roles} == {"author", "reviewer"}
    Role.objects.update(from_provider=False)
    assert sync(wim, ["reviewer"]) == ["-reviewer"]
    assert {one.role_id for one in wim.current_roles} == {"author"}


def test_the_provider_gives_nothing_until_an_admin_opens_a_role(rosa):
    assert RoleAssignment.objects.sync_from_provider(rosa, [*ROLES]) == []
    assert not rosa.current_roles
    assert not User.objects.get(pk=rosa.pk).is_staff
