"""Releases go out at a time, know what they changed, and can be taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person():
    return models.ForeignKey(
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


def version():
    return models.ForeignKey(
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="editorial.version",
    )


class Migration(migrations.Migration):
    dependencies = [("editorial", "0003_desk_indexes")]

    operations = [
        migrations.AddField(
            "release", "release_at", models.DateTimeField(editable=False, null=True)
        ),
        migrations.AddField("release", "scheduled_by", person()),
        migrations.AddField(
            "release", "held_reason", models.TextField(blank=True, editable=False)
        ),
        migrations.AddField("release", "released_by", person()),
        migrations.AddField(
            "release",
            "reverts",
            models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reverted_by",
                to="editorial.release",
            ),
        ),
        migrations.AddField("releaseitem", "version", version()),
        migrations.AddField("releaseitem", "previous_version", version()),
        migrations.AddConstraint(
            "release",
            models.CheckConstraint(
                condition=models.Q(release_at__isnull=True, scheduled_by__isnull=True)
                | models.Q(release_at__isnull=False, scheduled_by__isnull=False),
                name="release_at_a_time_by_somebody",
            ),
        ),
        migrations.AddIndex(
            "release",
            models.Index(
                fields=["release_at"],
                condition=models.Q(released_at=None, release_at__isnull=False),
                name="release_due",
            ),
        ),
    ]
