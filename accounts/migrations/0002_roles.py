"""A row for each role that `accounts.permissions` knows."""

from django.db import migrations

from accounts.permissions import ROLES


def add_roles(apps, schema_editor):
    if schema_editor.connection.alias != "default":
        return
    role = apps.get_model("accounts", "Role")
    for code, (name, rank, description) in ROLES.items():
        role.objects.using("default").update_or_create(
            code=code,
            defaults={"name": name, "rank": rank, "description": description},
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
