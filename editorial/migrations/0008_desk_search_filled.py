"""What is there already is read for the search; indexes, without stopping writers."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction

KINDS = {
    "articles": "article",
    "courses": "course",
    "lessons": "lesson",
    "media": "media",
    "categories": "category",
    "tags": "tag",
    "editorial_tasks": "task",
    "review_comments": "remark",
}
AT_ONCE = 500
NOTHING = "00000000-0000-0000-0000-000000000000"


def fill(apps, schema_editor):
    """By batches in transactions of their own; the trigger reads each at its commit."""
    alias = schema_editor.connection.alias
    for table, kind in KINDS.items():
        last = NOTHING
        while last is not None:
            with (
                transaction.atomic(using=alias),
                schema_editor.connection.cursor() as cursor,
            ):
                cursor.execute(
                    f"""
                    WITH batch AS (
                        SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s
                    ), new AS (
                        INSERT INTO desk_search (id, kind, title, body, folded, is_stale)
                        SELECT id, %s, '', '', '', true FROM batch
                        ON CONFLICT (id) DO NOTHING
                    )
                    SELECT max(id::text) FROM batch
                    """,
                    [last, AT_ONCE, kind],
                )
                last = cursor.fetchone()[0]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("editorial", "0007_planning")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="article",
            index=models.Index(
                fields=["review_by"],
                condition=models.Q(review_by__isnull=False),
                name="article_to_review",
            ),
        ),
        AddIndexConcurrently(
            model_name="course",
            index=models.Index(
                fields=["review_by"],
                condition=models.Q(review_by__isnull=False),
                name="course_to_review",
            ),
        ),
    ]
