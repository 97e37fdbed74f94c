"""The change feed, and what was verified."""

from django.db import migrations, models

import cms.uuids

HEAD = """
INSERT INTO content_change_head (id, feed, position)
VALUES (1, gen_random_uuid(), 0) ON CONFLICT DO NOTHING
"""

SEED = """
WITH there AS (
    SELECT 'article' AS kind, id, slug, content_version AS version, synced_at
        FROM published_articles
    UNION ALL SELECT 'course', id, slug, content_version, synced_at
        FROM published_courses
    UNION ALL SELECT 'category', id, slug, NULL, synced_at FROM published_categories
    UNION ALL SELECT 'tag', id, slug, NULL, synced_at FROM published_tags
    UNION ALL SELECT 'profile', id, slug, NULL, synced_at FROM public_user_profiles
    UNION ALL SELECT 'media', id, '', NULL, synced_at FROM published_media
), added AS (
    INSERT INTO content_changes
        (item_id, kind, position, change, slug, version, changed_at)
    SELECT id, kind, row_number() OVER (ORDER BY synced_at, id), 'published', slug,
           version, synced_at
    FROM there
    ON CONFLICT DO NOTHING
    RETURNING position
)
UPDATE content_change_head
SET position = greatest(position, (SELECT coalesce(max(position), 0) FROM added))
"""
"""What is public when the feed begins. What deliveries of older code add meanwhile is
found by `verify_public`."""


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0004_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="VerifiedCopy",
            fields=[
                ("item_id", models.UUIDField(primary_key=True, serialize=False)),
                ("truth", models.CharField(max_length=64)),
                ("rows", models.CharField(max_length=64)),
                ("made_by", models.CharField(max_length=64)),
                ("verified_at", models.DateTimeField()),
            ],
            options={
                "db_table": "verified_copies",
            },
        ),
        migrations.CreateModel(
            name="ContentChange",
            fields=[
                ("item_id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("position", models.BigIntegerField(unique=True)),
                (
                    "change",
                    models.CharField(
                        choices=[
                            ("published", "Published"),
                            ("updated", "Updated"),
                            ("removed", "Removed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("slug", models.CharField(blank=True, max_length=500)),
                ("version", models.PositiveIntegerField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "content_changes",
                "indexes": [
                    models.Index(fields=["kind", "position"], name="changes_of_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="ContentChangeHead",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                ("feed", models.UUIDField(default=cms.uuids.uuid7)),
                ("position", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "content_change_head",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_feed_head"
                    )
                ],
            },
        ),
        migrations.RunSQL(HEAD, migrations.RunSQL.noop),
        migrations.RunSQL(SEED, migrations.RunSQL.noop),
    ]
