"""The image for other sites with its size and words; an index for the sitemap."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0006_page_changes")]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="share_image",
                field=models.JSONField(null=True),
            )
            for name in ("publishedarticle", "publishedcourse")
        ),
        migrations.AddIndex(
            model_name="publishedarticle",
            index=models.Index(
                fields=["id"],
                include=["last_modified_at"],
                condition=models.Q(no_index=False, canonical_url=""),
                name="article_sitemap",
            ),
        ),
    ]
