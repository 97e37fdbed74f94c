from django.apps import AppConfig


class CmsConfig(AppConfig):
    """The project itself: wiring, checks and the grants of the three databases."""

    name = "cms"

    def ready(self):
        from cms import checks  # noqa: F401  (registers the checks)
