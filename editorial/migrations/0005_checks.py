"""What links outside answered, and who let a text pass its checks."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cms.uuids


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0004_releases_at_a_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkAnswer",
            fields=[
                (
                    "key",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("url", models.TextField()),
                ("host", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "Not checked yet"),
                            ("fine", "Answers"),
                            ("broken", "Broken"),
                            ("away", "Did not answer"),
                            ("refused", "Not asked"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("said", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "link_answers",
                "indexes": [
                    models.Index(fields=["host", "asked_at"], name="links_of_a_host")
                ],
            },
        ),
        migrations.CreateModel(
            name="Override",
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
                ("kind", models.CharField(max_length=20)),
                ("item_id", models.UUIDField()),
                ("content_hash", models.CharField(max_length=64)),
                (
                    "concerns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), size=None
                    ),
                ),
                ("reason", models.TextField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "check_overrides",
                "ordering": ["-made_at"],
                "indexes": [
                    models.Index(
                        fields=["item_id", "content_hash"], name="overrides_of_text"
                    )
                ],
            },
        ),
    ]
