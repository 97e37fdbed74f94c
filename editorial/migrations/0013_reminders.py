"""One kind of notice more. The database does not know the kinds and stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("editorial", "0012_truth")]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "You were asked to do something"),
                    ("mentioned", "Somebody named you"),
                    ("answered", "Somebody answered you"),
                    ("reviewed", "What became of your text"),
                    ("reminded", "A day comes, or has passed"),
                    ("told", "Good to know"),
                ],
                default="told",
                max_length=30,
            ),
        ),
    ]
