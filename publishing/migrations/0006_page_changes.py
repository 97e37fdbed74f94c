"""The log of what page caches have to forget."""

import uuid

import django.contrib.postgres.fields
from django.db import migrations, models

CLOCK = """
INSERT INTO page_clock (id, era, position) VALUES (1, gen_random_uuid(), 0)
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0005_changes")]

    operations = [
        migrations.CreateModel(
            name="PageClock",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(
                        default=1, primary_key=True, serialize=False
                    ),
                ),
                ("era", models.UUIDField(default=uuid.uuid4)),
                ("position", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "page_clock",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_page_clock"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PageChange",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), size=None
                    ),
                ),
                ("event_id", models.UUIDField(null=True)),
                ("happened_at", models.DateTimeField()),
            ],
            options={"db_table": "page_changes"},
        ),
        migrations.CreateModel(
            name="PurgeTarget",
            fields=[
                (
                    "name",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("position", models.BigIntegerField(default=0)),
                ("purged_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={"db_table": "purge_targets"},
        ),
        migrations.RunSQL(CLOCK, migrations.RunSQL.noop),
    ]
