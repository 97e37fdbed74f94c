"""What PostgreSQL does and Django cannot say: partitions, threads, vacuum."""

from django.db import migrations

PAGE_VIEWS = """
CREATE TABLE content_views (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    content_kind varchar(20) NOT NULL,
    content_id uuid NOT NULL,
    visitor uuid NOT NULL,
    device varchar(10) NOT NULL,
    referrer_host varchar(255) NOT NULL,
    utm_source varchar(100) NOT NULL,
    utm_medium varchar(100) NOT NULL,
    utm_campaign varchar(100) NOT NULL,
    viewed_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX view_of_content ON content_views (content_id, id DESC);
-- Whatever has no month of its own. It ought to be empty.
CREATE TABLE content_views_rest PARTITION OF content_views DEFAULT;
"""

# The functions belong to the owner and work with the owner's rights: the role of the
# running service may call these two, and may not otherwise create or drop a table.
PARTITIONS = """
CREATE FUNCTION uuidv7_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT rpad(
        lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0'
    )::uuid
$$;

CREATE FUNCTION ensure_partitions(parent text, months_ahead integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    made text[] := '{}';
    rest text := parent || '_rest';
    month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    partition text;
    lower uuid;
    upper uuid;
BEGIN
    IF parent <> 'content_views' THEN
        RAISE EXCEPTION 'The table % is not partitioned by month.', parent;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('partitions of ' || parent));
    FOR step IN 0 .. least(months_ahead, 24) LOOP
        partition := parent || to_char(month, '_YYYY_MM');
        lower := uuidv7_floor(month AT TIME ZONE 'UTC');
        month := month + interval '1 month';
        upper := uuidv7_floor(month AT TIME ZONE 'UTC');
        CONTINUE WHEN to_regclass(format('public.%I', partition)) IS NOT NULL;

        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)',
            partition, parent);
        -- Rows that came before their partition wait in the rest.
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', rest);
        EXECUTE format(
            'WITH moved AS (DELETE FROM %I WHERE id >= %L AND id < %L RETURNING *)
            INSERT INTO %I SELECT * FROM moved',
            rest, lower, upper, partition);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, partition, lower, upper);
        made := made || partition;
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION drop_partitions(parent text, keep_days integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    dropped text[] := '{}';
    oldest timestamp := (now() AT TIME ZONE 'UTC') - make_interval(days => keep_days);
    partition text;
BEGIN
    IF parent <> 'content_views' THEN
        RAISE EXCEPTION 'The table % is not partitioned by month.', parent;
    END IF;
    IF keep_days < 7 THEN
        RAISE EXCEPTION 'Views are kept for 7 days at least, not %.', keep_days;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('partitions of ' || parent));
    FOR partition IN
        SELECT child.relname
        FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = format('public.%I', parent)::regclass
            AND child.relname ~ ('^' || parent || '_[0-9]{4}_[0-9]{2}$')
            AND to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month' <= oldest
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped || partition;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE id < %L',
        parent || '_rest', uuidv7_floor(oldest AT TIME ZONE 'UTC'));
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION ensure_partitions(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION drop_partitions(text, integer) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cms_engagement') THEN
        GRANT EXECUTE ON FUNCTION ensure_partitions(text, integer) TO cms_engagement;
        GRANT EXECUTE ON FUNCTION drop_partitions(text, integer) TO cms_engagement;
    END IF;
END
$$;
SELECT ensure_partitions('content_views', 2);
"""

# A reply hangs below a comment on the same content, in the same thread, exactly one
# level higher. Deferred, so that an import may bring a thread in any order.
THREADS = """
ALTER TABLE comments ADD COLUMN parent_depth smallint
    GENERATED ALWAYS AS ((thread_depth - 1)::smallint) STORED;
ALTER TABLE comments ADD CONSTRAINT comment_in_its_thread
    UNIQUE (id, content_kind, content_id, root_id, thread_depth);
ALTER TABLE comments ADD CONSTRAINT reply_in_the_same_thread
    FOREIGN KEY (parent_id, content_kind, content_id, root_id, parent_depth)
    REFERENCES comments (id, content_kind, content_id, root_id, thread_depth)
    DEFERRABLE INITIALLY DEFERRED;
"""

NO_THREADS = """
ALTER TABLE comments DROP CONSTRAINT reply_in_the_same_thread;
ALTER TABLE comments DROP CONSTRAINT comment_in_its_thread;
ALTER TABLE comments DROP COLUMN parent_depth;
"""

# Rows come and go within seconds: vacuum by their number, not by the table's size.
VACUUM = """
ALTER TABLE counter_deltas SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE counter_publish SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);
"""


class Migration(migrations.Migration):
    dependencies = [("engagement", "0001_initial")]

    operations = [
        migrations.RunSQL(PAGE_VIEWS, "DROP TABLE content_views"),
        migrations.RunSQL(
            PARTITIONS,
            """
            DROP FUNCTION drop_partitions(text, integer);
            DROP FUNCTION ensure_partitions(text, integer);
            DROP FUNCTION uuidv7_floor(timestamptz);
            """,
        ),
        migrations.RunSQL(THREADS, NO_THREADS),
        migrations.RunSQL(VACUUM, migrations.RunSQL.noop),
    ]
