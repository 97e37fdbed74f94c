"""Until now the newsroom made every account: it knew whose address it wrote down."""

from django.db import migrations

KNOWN = """
UPDATE users SET email_verified_at = created_at WHERE email_verified_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_rights_functions"),
    ]

    operations = [
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
