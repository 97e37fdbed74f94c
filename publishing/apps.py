from django.apps import AppConfig
from django.conf import settings


class PublishingConfig(AppConfig):
    """The printed copy: what readers may see, and how it gets there."""

    name = "publishing"

    def ready(self):
        from publishing.purging import checks  # noqa: F401

        # The public service holds no newsroom to listen to.
        if not settings.IS_PUBLIC:
            from publishing import receivers  # noqa: F401
