from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Who people are and what they may do."""

    name = "accounts"

    def ready(self):
        from accounts import access, invitations, receivers, rights_in_sql  # noqa: F401

        post_migrate.connect(rights_in_sql.mirror, sender=self)
