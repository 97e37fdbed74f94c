"""has_role, has_permission and sync_provider_roles; nobody makes superusers by signing in.

All names are qualified and the search path ends in pg_temp, so that no temporary table
of a caller stands in for ours. Time is the statement's: a role that expired during a
long transaction is over.
"""

from django.db import migrations

PATH = "SET search_path = pg_catalog, public, pg_temp"

HAS_ROLE = f"""
CREATE FUNCTION public.has_role(person uuid, role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE {PATH} AS $$
    SELECT EXISTS (SELECT FROM public.roles r WHERE r.code = has_role.role)
       AND EXISTS (
        SELECT FROM public.users u
        WHERE u.id = has_role.person AND u.is_active AND (
            u.is_superuser OR EXISTS (
                SELECT FROM public.user_roles h
                WHERE h.user_id = u.id
                  AND h.role_id::text IN (has_role.role, 'super_admin')
                  AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
            )
        )
    )
$$
"""

# The part that both forms of has_permission share: a superuser, or a super admin.
ALL_POWERFUL = """
    u.is_superuser OR EXISTS (
        SELECT FROM public.user_roles h
        WHERE h.user_id = u.id AND h.role_id = 'super_admin'
          AND h.category_id IS NULL
          AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
    )
"""

HAS_PERMISSION = f"""
CREATE FUNCTION public.has_permission(person uuid, permission text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE {PATH} AS $$
    SELECT EXISTS (
        SELECT FROM public.users u
        WHERE u.id = has_permission.person AND u.is_active AND ({ALL_POWERFUL}
            OR EXISTS (
                SELECT FROM public.user_roles h
                JOIN public.role_permissions rp ON rp.role_id = h.role_id
                JOIN public.permissions p ON p.id = rp.permission_id
                WHERE h.user_id = u.id AND p.code = has_permission.permission
                  AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
                  AND (h.category_id IS NULL OR NOT p.whole_house)
            )
        )
    )
$$
"""

HAS_PERMISSION_IN = f"""
CREATE FUNCTION public.has_permission(person uuid, permission text, category uuid)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE {PATH} AS $$
    SELECT EXISTS (
        SELECT FROM public.users u
        WHERE u.id = has_permission.person AND u.is_active AND ({ALL_POWERFUL}
            OR EXISTS (
                SELECT FROM public.user_roles h
                JOIN public.role_permissions rp ON rp.role_id = h.role_id
                JOIN public.permissions p ON p.id = rp.permission_id
                WHERE h.user_id = u.id AND p.code = has_permission.permission
                  AND NOT rp.only_own
                  AND (h.expires_at IS NULL OR h.expires_at > statement_timestamp())
                  AND (h.category_id IS NULL OR NOT p.whole_house AND EXISTS (
                      SELECT FROM public.categories scope, public.categories here
                      WHERE scope.id = h.category_id
                        AND here.id = has_permission.category
                        AND scope.path OPERATOR(public.@>) here.path
                  ))
            )
        )
    )
$$
"""

SYNC = f"""
CREATE FUNCTION public.sync_provider_roles(person uuid, codes text[])
RETURNS TABLE (change text)
LANGUAGE sql VOLATILE SECURITY DEFINER {PATH} AS $$
    WITH gone AS (
        DELETE FROM public.user_roles h
        WHERE h.user_id = sync_provider_roles.person AND h.from_provider
          AND NOT EXISTS (
              SELECT FROM public.roles r
              WHERE r.code = h.role_id AND r.from_provider
                AND r.code <> 'super_admin'
                AND r.code::text = ANY (sync_provider_roles.codes)
          )
        RETURNING h.role_id
    ), come AS (
        INSERT INTO public.user_roles AS new
            (id, user_id, role_id, category_id, assigned_at, from_provider)
        SELECT pg_catalog.uuidv7(), u.id, r.code, NULL, statement_timestamp(), true
        FROM public.users u, public.roles r
        WHERE u.id = sync_provider_roles.person AND u.is_active
          AND r.from_provider AND r.code <> 'super_admin'
          AND r.code::text = ANY (sync_provider_roles.codes)
        ON CONFLICT (user_id, role_id, category_id) DO NOTHING
        RETURNING new.role_id
    )
    SELECT '-' || role_id::text FROM gone
    UNION ALL
    SELECT '+' || role_id::text FROM come
    ORDER BY 1
$$
"""

NO_POWERS = f"""
CREATE FUNCTION public.powers_are_given_on_the_desk() RETURNS trigger
LANGUAGE plpgsql {PATH} AS $$
BEGIN
    -- As whoever writes: the function has no rights of its own.
    IF current_user <> 'cms_editorial' AND NOT pg_has_role(
        current_user,
        (SELECT relowner FROM pg_class WHERE oid = TG_RELID),
        'MEMBER'
    ) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('%s may not make superusers or verify people', current_user);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER powers_are_given_on_the_desk
BEFORE INSERT ON public.users FOR EACH ROW
WHEN (NEW.is_superuser OR NEW.badge_verified_at IS NOT NULL)
EXECUTE FUNCTION public.powers_are_given_on_the_desk();
"""

SIGNATURES = (
    "has_role(uuid, text)",
    "has_permission(uuid, text)",
    "has_permission(uuid, text, uuid)",
    "sync_provider_roles(uuid, text[])",
)


def only_for_whom_the_grants_name(signature):
    return f"REVOKE ALL ON FUNCTION public.{signature} FROM PUBLIC"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_rights_in_sql"),
        ("editorial", "0001_initial"),  # has_permission reads the tree of categories
    ]

    operations = [
        *(
            migrations.RunSQL(
                [create, only_for_whom_the_grants_name(signature)],
                f"DROP FUNCTION public.{signature}",
            )
            for create, signature in zip(
                (HAS_ROLE, HAS_PERMISSION, HAS_PERMISSION_IN, SYNC),
                SIGNATURES,
                strict=True,
            )
        ),
        migrations.RunSQL(
            [
                NO_POWERS,
                only_for_whom_the_grants_name("powers_are_given_on_the_desk()"),
            ],
            "DROP TRIGGER powers_are_given_on_the_desk ON public.users;"
            "DROP FUNCTION public.powers_are_given_on_the_desk()",
        ),
    ]
