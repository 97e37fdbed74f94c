"""Django checks for our own rules."""

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, register

from cms.databases import PUBLIC, home_of


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


@register()
def replicas_are_read_as_the_primary_is(app_configs, **kwargs):
    """The same role, which may do the same: less, and pages fail; more, and bodies of
    gated lessons are in reach."""
    primary = settings.DATABASES.get(PUBLIC, {})
    problems = []
    for number, place in enumerate(primary.get("REPLICAS") or (), 1):
        name = f"Replica {number} of PUBLIC_REPLICA_URLS"
        if place["user"] != primary["USER"]:
            problems.append(
                Error(
                    f"{name} is asked as {place['user']}, the primary as "
                    f"{primary['USER']}.",
                    hint=f"Give each replica the role {primary['USER']}.",
                    id="cms.E002",
                )
            )
        if place["host"] == primary["HOST"] and place.get("port", "") == str(
            primary["PORT"]
        ):
            problems.append(
                Error(
                    f"{name} is the primary itself.",
                    hint="Leave the primary out: it is read from when no replica is.",
                    id="cms.E003",
                )
            )
    return problems
