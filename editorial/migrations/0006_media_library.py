import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import cms.uuids
import editorial.models.media


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0005_checks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="media",
            options={
                "ordering": ["-uploaded_at", "-id"],
                "verbose_name_plural": "media",
            },
        ),
        migrations.RenameField(
            model_name="media",
            old_name="licence_expires_at",
            new_name="licence_expires_on",
        ),
        migrations.AlterField(
            model_name="media",
            name="licence_expires_on",
            field=models.DateField(
                blank=True,
                db_index=True,
                help_text="The last day on which it may be shown. Empty: for ever.",
                null=True,
                verbose_name="licence ends on",
            ),
        ),
        migrations.AddField(
            model_name="media",
            name="source",
            field=models.CharField(
                blank=True,
                help_text="Where it came from: an agency, a person, an address.",
                max_length=500,
            ),
        ),
        migrations.AddField(
            model_name="media",
            name="crop",
            field=models.JSONField(
                blank=True,
                editable=False,
                null=True,
                validators=[editorial.models.media.is_a_crop],
            ),
        ),
        migrations.AddField(
            model_name="media",
            name="renditions",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="media",
            name="processing_note",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="media",
            name="is_animated",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="media",
            name="content_hash",
            field=models.CharField(
                blank=True, db_index=True, editable=False, max_length=64
            ),
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(fields=["-uploaded_at", "-id"], name="media_list"),
        ),
        migrations.CreateModel(
            name="FormerFile",
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
                    "names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=1000), size=None
                    ),
                ),
                (
                    "left_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now
                    ),
                ),
                (
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_files",
                        to="editorial.media",
                    ),
                ),
            ],
            options={"db_table": "media_former_files", "ordering": ["left_at"]},
        ),
    ]
