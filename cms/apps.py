from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CmsConfig(AppConfig):
    """The project itself: wiring, checks and the grants of the three databases."""

    name = "cms"

    def ready(self):
        # Not in cms/__init__.py: the embedded servers start without Celery.
        from cms import celery, checks, grants  # noqa: F401  (registers the checks)

        post_migrate.connect(grants.apply_after_migrate, sender=self)
