from django.apps import AppConfig


class EditorialConfig(AppConfig):
    """The newsroom: where articles and courses are made."""

    name = "editorial"

    def ready(self):
        from editorial import receivers  # noqa: F401
