"""The first epoch, and the owner's functions that rebuild the public store."""

from django.db import migrations

TABLES = """ARRAY['published_articles', 'published_courses', 'published_lessons',
    'gated_lessons', 'published_categories', 'published_tags', 'published_media',
    'public_user_profiles', 'public_redirects']"""

START = f"""
CREATE FUNCTION rebuild_start() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t text;
    grants record;
BEGIN
    DROP SCHEMA IF EXISTS shadow CASCADE;
    DROP SCHEMA IF EXISTS retired CASCADE;
    CREATE SCHEMA shadow;
    GRANT USAGE ON SCHEMA shadow TO cms_sync;
    FOREACH t IN ARRAY {TABLES} LOOP
        EXECUTE format(
            'CREATE TABLE shadow.%I (LIKE public.%I INCLUDING DEFAULTS '
            'INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING IDENTITY '
            'INCLUDING STORAGE INCLUDING COMMENTS)', t, t);
        FOR grants IN
            SELECT DISTINCT grantee, privilege_type
            FROM information_schema.role_table_grants
            WHERE table_schema = 'public' AND table_name = t
              AND grantee NOT IN ('PUBLIC', session_user, current_user)
        LOOP
            EXECUTE format('GRANT %s ON shadow.%I TO %I',
                           grants.privilege_type, t, grants.grantee);
        END LOOP;
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON shadow.%I '
                       'TO cms_sync', t);
    END LOOP;
END $$;
"""

INDEX = f"""
CREATE FUNCTION rebuild_index() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t text;
    made record;
BEGIN
    FOREACH t IN ARRAY {TABLES} LOOP
        FOR made IN
            SELECT conname, pg_get_constraintdef(oid) AS definition
            FROM pg_constraint
            WHERE conrelid = format('public.%I', t)::regclass AND contype IN ('p', 'u')
        LOOP
            EXECUTE format('ALTER TABLE shadow.%I ADD CONSTRAINT %I %s',
                           t, made.conname, made.definition);
        END LOOP;
        FOR made IN
            SELECT pg_get_indexdef(i.indexrelid) AS definition
            FROM pg_index i
            WHERE i.indrelid = format('public.%I', t)::regclass
              AND NOT EXISTS (
                  SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
        LOOP
            EXECUTE replace(made.definition, ' ON public.', ' ON shadow.');
        END LOOP;
        EXECUTE format('ANALYZE shadow.%I', t);
    END LOOP;
END $$;
"""

SWAP = f"""
CREATE FUNCTION rebuild_swap() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET lock_timeout = '200ms' AS $$
DECLARE
    t text;
BEGIN
    CREATE SCHEMA retired;
    FOREACH t IN ARRAY {TABLES} LOOP
        EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', t);
    END LOOP;
    FOREACH t IN ARRAY {TABLES} LOOP
        EXECUTE format('ALTER TABLE public.%I SET SCHEMA retired', t);
        EXECUTE format('ALTER TABLE shadow.%I SET SCHEMA public', t);
    END LOOP;
END $$;
"""

FINISH = """
CREATE FUNCTION rebuild_finish() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DROP SCHEMA IF EXISTS retired CASCADE;
    DROP SCHEMA IF EXISTS shadow CASCADE;
END $$;
"""

FUNCTIONS = ("rebuild_start", "rebuild_index", "rebuild_swap", "rebuild_finish")


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial")]

    operations = (
        [
            migrations.RunSQL(body, f"DROP FUNCTION {name}()")
            for name, body in zip(FUNCTIONS, (START, INDEX, SWAP, FINISH), strict=True)
        ]
        + [
            migrations.RunSQL(
                f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC; "
                f"GRANT EXECUTE ON FUNCTION {name}() TO cms_sync",
                migrations.RunSQL.noop,
            )
            for name in FUNCTIONS
        ]
        + [
            migrations.RunSQL(
                "INSERT INTO sync_epoch (id, epoch) VALUES (1, 1) ON CONFLICT DO NOTHING",
                migrations.RunSQL.noop,
            )
        ]
    )
