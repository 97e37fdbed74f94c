"""Django checks for our own rules."""

from django.apps import apps
from django.core.checks import Error, register

from cms.databases import home_of


@register()
def relations_stay_at_home(app_configs, **kwargs):
    """A foreign key cannot cross databases; keep a plain id column instead."""
    return [
        Error(
            f"{field} points from {home_of(model._meta.app_label)!r} "
            f"to {home_of(field.related_model._meta.app_label)!r}.",
            hint="Store the other row's id in a plain UUIDField.",
            obj=model,
            id="cms.E001",
        )
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and isinstance(field.related_model, type)
        and home_of(model._meta.app_label)
        != home_of(field.related_model._meta.app_label)
    ]
