"""Each person's own desk, dates to look again, and search over everything editorial."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

import cms.uuids

FUNCTIONS = """
CREATE TEXT SEARCH CONFIGURATION desk (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION desk
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;

-- The words of a document of blocks: each run of text by itself, and alternative texts.
CREATE FUNCTION desk_text(document jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(line, E'\\n'), '') FROM (
        SELECT (
            SELECT string_agg(
                CASE node ->> 'type' WHEN 'text' THEN node ->> 'text' ELSE ' ' END, ''
                ORDER BY at
            )
            FROM jsonb_array_elements(run) WITH ORDINALITY AS part (node, at)
            WHERE jsonb_typeof(node) = 'object'
              AND node ->> 'type' IN ('text', 'hardBreak')
        )
        FROM jsonb_path_query(document, 'strict $.**.content', '{}', true) AS run
        WHERE jsonb_typeof(run) = 'array'
        UNION ALL
        SELECT value #>> '{}'
        FROM jsonb_path_query(document, 'strict $.**.alt', '{}', true) AS value
    ) AS lines (line)
    WHERE line <> '';
$$;

-- Read one thing anew and keep its words; what is gone goes from here, too.
CREATE FUNCTION desk_search_read(thing uuid, its_kind text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name text;
    wording text;
    item uuid;
BEGIN
    CASE its_kind
    WHEN 'article' THEN
        SELECT a.id, a.title, a.excerpt || E'\\n' || coalesce((
            SELECT string_agg(desk_text(b.content), E'\\n' ORDER BY b.order_index)
            FROM article_content_blocks b WHERE b.article_id = a.id
        ), '')
        INTO item, name, wording FROM articles a WHERE a.id = thing;
    WHEN 'course' THEN
        SELECT c.id, c.title, c.description || E'\\n' || coalesce((
            SELECT string_agg(s.title || ' ' || s.description, E'\\n')
            FROM course_sections s WHERE s.course_id = c.id
        ), '')
        INTO item, name, wording FROM courses c WHERE c.id = thing;
    WHEN 'lesson' THEN
        SELECT l.course_id, l.title, l.description || E'\\n' || desk_text(l.content_blocks)
        INTO item, name, wording FROM lessons l WHERE l.id = thing;
    WHEN 'media' THEN
        SELECT NULL, coalesce(nullif(m.title, ''), m.original_filename),
            concat_ws(E'\\n', m.alt_text, m.caption, m.credit,
                array_to_string(m.tags, ', '), m.original_filename)
        INTO item, name, wording FROM media m WHERE m.id = thing;
    WHEN 'category' THEN
        SELECT NULL, c.name, c.description
        INTO item, name, wording FROM categories c WHERE c.id = thing;
    WHEN 'tag' THEN
        SELECT NULL, t.name, t.description
        INTO item, name, wording FROM tags t WHERE t.id = thing;
    WHEN 'task' THEN
        SELECT NULL, t.title, t.description
        INTO item, name, wording FROM editorial_tasks t WHERE t.id = thing;
    WHEN 'remark' THEN
        -- By way of JSON: a remark has not always named its item itself.
        SELECT coalesce((to_jsonb(c) ->> 'item_id')::uuid, r.content_id),
            left(c.comment, 80), concat_ws(E'\\n', c.comment, c.quote)
        INTO item, name, wording
        FROM review_comments c LEFT JOIN reviews r ON r.id = c.review_id
        WHERE c.id = thing;
    END CASE;
    IF name IS NULL THEN
        DELETE FROM desk_search WHERE id = thing;
        RETURN;
    END IF;
    UPDATE desk_search SET
        item_id = item,
        title = name,
        -- A vector holds a megabyte; this is more than the longest text has.
        body = left(wording, 200000),
        folded = lower(public.unaccent(left(name, 500))),
        words = setweight(to_tsvector('public.desk', left(name, 1000)), 'A')
             || setweight(to_tsvector('public.desk', left(wording, 200000)), 'C'),
        changed_at = clock_timestamp(),
        is_stale = false
    WHERE id = thing;
END
$$;

-- Once for each thing and transaction, when that commits.
CREATE FUNCTION desk_search_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_search_read(NEW.id, NEW.kind);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER desk_search_is_read
    AFTER INSERT OR UPDATE ON desk_search
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.is_stale) EXECUTE FUNCTION desk_search_commit();

-- A row with words of its own; the kind is the trigger's argument.
CREATE FUNCTION desk_search_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM desk_search WHERE id = OLD.id;
    ELSE
        INSERT INTO desk_search (id, kind, title, body, folded, is_stale)
        VALUES (NEW.id, TG_ARGV[0], '', '', '', true)
        ON CONFLICT (id) DO UPDATE SET is_stale = true WHERE NOT desk_search.is_stale;
    END IF;
    RETURN NULL;
END
$$;

-- Parts of something else: marked once for each statement, however many rows.
CREATE FUNCTION desk_search_mark_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'article' THEN
        UPDATE desk_search SET is_stale = true
        WHERE id IN (SELECT article_id FROM touched) AND NOT is_stale;
    ELSE
        UPDATE desk_search SET is_stale = true
        WHERE id IN (SELECT course_id FROM touched) AND NOT is_stale;
    END IF;
    RETURN NULL;
END
$$;
"""

BACK = """
DROP TRIGGER IF EXISTS desk_search_is_read ON desk_search;
DROP FUNCTION desk_search_mark_whole() CASCADE;
DROP FUNCTION desk_search_mark() CASCADE;
DROP FUNCTION desk_search_commit() CASCADE;
DROP FUNCTION desk_search_read(uuid, text);
DROP FUNCTION desk_text(jsonb);
DROP TEXT SEARCH CONFIGURATION desk;
"""

WORDS_OF = {
    # table: (kind, columns whose change is read)
    "articles": ("article", ("title", "excerpt")),
    "courses": ("course", ("title", "description")),
    "lessons": ("lesson", ("title", "description", "content_blocks")),
    "media": (
        "media",
        ("title", "original_filename", "alt_text", "caption", "credit", "tags"),
    ),
    "categories": ("category", ("name", "description")),
    "tags": ("tag", ("name", "description")),
    "editorial_tasks": ("task", ("title", "description")),
    "review_comments": ("remark", ("comment", "quote")),
}
PARTS_OF = {"article_content_blocks": "article", "course_sections": "course"}


def triggers():
    for table, (kind, columns) in WORDS_OF.items():
        differs = " OR ".join(
            f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in columns
        )
        yield f"""
            CREATE TRIGGER desk_search_comes_and_goes AFTER INSERT OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION desk_search_mark('{kind}');
            CREATE TRIGGER desk_search_changes AFTER UPDATE ON {table}
                FOR EACH ROW WHEN ({differs})
                EXECUTE FUNCTION desk_search_mark('{kind}');
        """
    for table, kind in PARTS_OF.items():
        for event, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            yield f"""
                CREATE TRIGGER desk_search_part_{event.lower()} AFTER {event} ON {table}
                    REFERENCING {which} TABLE AS touched FOR EACH STATEMENT
                    EXECUTE FUNCTION desk_search_mark_whole('{kind}');
            """


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_people_are_called_people"),
        ("editorial", "0006_media_library"),
    ]

    operations = [
        UnaccentExtension(),
        migrations.AddField(
            model_name="article",
            name="review_by",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="course",
            name="review_by",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="DeskPreference",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="desk",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "panels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "hidden",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("defaults", models.JSONField(blank=True, default=dict)),
                (
                    "calendar_digest",
                    models.CharField(max_length=64, null=True, unique=True),
                ),
            ],
            options={"db_table": "desk_preferences"},
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cms.uuids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        choices=[
                            ("article", "Articles"),
                            ("course", "Courses"),
                            ("media", "Media"),
                            ("editorialtask", "Tasks"),
                            ("board", "Board"),
                            ("calendar", "Calendar"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("query", models.CharField(blank=True, max_length=1000)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shared_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="accounts.role",
                    ),
                ),
            ],
            options={
                "db_table": "saved_filters",
                "ordering": ["page", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "page", "name"), name="one_filter_of_a_name"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("article", "Articles"),
                            ("course", "Courses"),
                            ("lesson", "Lessons"),
                            ("task", "Tasks"),
                            ("remark", "Remarks"),
                            ("media", "Media"),
                            ("category", "Categories"),
                            ("tag", "Tags"),
                        ],
                        max_length=20,
                    ),
                ),
                ("item_id", models.UUIDField(null=True)),
                ("title", models.TextField(default="")),
                ("body", models.TextField(default="")),
                ("folded", models.TextField(default="")),
                (
                    "words",
                    django.contrib.postgres.search.SearchVectorField(null=True),
                ),
                ("changed_at", models.DateTimeField(null=True)),
                ("is_stale", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "desk_search",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="desk_search_words"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            "folded", name="gin_trgm_ops"
                        ),
                        name="desk_search_letters",
                    ),
                    models.Index(fields=["item_id"], name="desk_search_item"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS + "".join(triggers()), BACK),
    ]
