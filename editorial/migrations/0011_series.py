"""Series: articles that are read one after the other."""

import django.db.models.deletion
from django.db import migrations, models

import cms.uuids


def identity():
    return models.UUIDField(
        default=cms.uuids.uuid7, editable=False, primary_key=True, serialize=False
    )


class Migration(migrations.Migration):
    dependencies = [("editorial", "0010_sittings")]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", identity()),
                ("name", models.CharField(max_length=255)),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        help_text="The last part of the address of its page. It stays "
                        "once it is set.",
                        max_length=255,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                ("description", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name_plural": "series",
                "db_table": "series",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SeriesPart",
            fields=[
                ("id", identity()),
                (
                    "order_index",
                    models.PositiveIntegerField(default=0, verbose_name="order"),
                ),
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="series_part",
                        to="editorial.article",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="editorial.series",
                    ),
                ),
            ],
            options={
                "verbose_name": "part",
                "db_table": "series_parts",
                "ordering": ["order_index", "id"],
            },
        ),
    ]
