from django.apps import AppConfig


class EngagementConfig(AppConfig):
    """Everything readers do: one app, a package for each noun, one history."""

    name = "engagement"

    def ready(self):
        # Each noun tells the counters what it counts, and where copies go.
        from engagement import receivers  # noqa: F401
        from engagement.comments import counting  # noqa: F401
        from engagement.reactions import counting as _reactions  # noqa: F401
        from engagement.views import counting as _views  # noqa: F401
