"""The epoch this database begins with."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("editorial", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO write_epoch (id, epoch) VALUES (1, 1) ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        )
    ]
