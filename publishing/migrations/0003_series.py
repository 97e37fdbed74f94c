"""An article says which part of which series it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0002_rebuild")]

    operations = [
        migrations.AddField("publishedarticle", "series", models.JSONField(null=True)),
        migrations.AddField(
            "publishedarticle", "series_part", models.PositiveIntegerField(null=True)
        ),
        migrations.AddField(
            "publishedarticle",
            "series_slug",
            models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.AddIndex(
            "publishedarticle",
            models.Index(
                condition=models.Q(("series_slug", ""), _negated=True),
                fields=["series_slug", "series_part"],
                name="article_series",
            ),
        ),
    ]
