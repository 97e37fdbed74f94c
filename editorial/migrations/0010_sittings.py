import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cms.uuids


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0009_remarks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Clash",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("text_id", models.UUIDField(db_index=True)),
                ("block_id", models.UUIDField(null=True)),
                ("field", models.CharField(blank=True, max_length=50)),
                ("text", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "clashes", "ordering": ["created_at", "id"]},
        ),
        migrations.CreateModel(
            name="Sitting",
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
                ("text_id", models.UUIDField()),
                ("tab", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("typing", "typing"),
                            ("here", "here"),
                            ("idle", "idle"),
                            ("gone", "gone"),
                        ],
                        default="here",
                        max_length=10,
                    ),
                ),
                ("reads", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "seen_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now
                    ),
                ),
                ("holds", models.BooleanField(default=False)),
                ("saves", models.PositiveIntegerField(default=0)),
                ("last_save", models.UUIDField(null=True)),
                ("last_answer", models.JSONField(default=dict)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "sittings",
                "ordering": ["opened_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("text_id", "tab", "person"),
                        name="one_sitting_of_a_page",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("holds", True)),
                        fields=("text_id",),
                        name="one_holds_the_lease",
                    ),
                ],
            },
        ),
        # Written every few seconds and worth nothing after a crash.
        migrations.RunSQL(
            "ALTER TABLE sittings SET UNLOGGED", "ALTER TABLE sittings SET LOGGED"
        ),
    ]
