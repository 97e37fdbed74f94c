"""The publication ledger, and the runs of `verify_public`."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import cms.uuids


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0011_series"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verification",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a worker"),
                            ("running", "Under way"),
                            ("finished", "Finished"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("is_full", models.BooleanField(default=False)),
                ("heals", models.BooleanField(default=False)),
                ("asked_by", models.CharField(blank=True, max_length=255)),
                ("stop_asked", models.BooleanField(default=False)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("heard_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("since", models.DateTimeField(null=True)),
                ("stage", models.CharField(blank=True, max_length=40)),
                ("done", models.PositiveIntegerField(default=0)),
                ("of", models.PositiveIntegerField(default=0)),
                ("checked", models.PositiveIntegerField(default=0)),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("drift", models.JSONField(default=list)),
                ("healed", models.PositiveIntegerField(default=0)),
                ("roots", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "db_table": "verifications",
                "indexes": [
                    models.Index(fields=["state", "-begun_at"], name="verified_lately")
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
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
                ("number", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("item_id", models.UUIDField()),
                ("verb", models.CharField(max_length=40)),
                ("version_number", models.PositiveIntegerField(null=True)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                ("slug", models.CharField(blank=True, max_length=500)),
                ("release", models.UUIDField(null=True)),
                ("by_id", models.UUIDField(null=True)),
                ("by_label", models.CharField(max_length=255)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("previous_hash", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="editorial.version",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "db_table": "publication_ledger",
                "ordering": ["item_id", "number"],
                "indexes": [
                    models.Index(fields=["kind", "slug"], name="ledger_address")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item_id", "number"), name="ledger_number_of_item"
                    )
                ],
            },
        ),
    ]
