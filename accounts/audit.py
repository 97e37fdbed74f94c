"""What is done to people, written where nobody can change it."""

from django.apps import apps
from django.db import transaction

from cms.addresses import address_of
from cms.databases import EDITORIAL


def record(action, *, by, about=None, resource_type="user", request=None, **new):
    """A row of the audit log, about a person if given. Call it last in a transaction.

    The log is the newsroom's, and known by name: accounts is below it.
    """
    with transaction.atomic(using=EDITORIAL):
        apps.get_model("editorial", "AuditLog").objects.record(
            action,
            by=by,
            resource_type=resource_type,
            resource_id=about and about.pk,
            new={**({"name": str(about)} if about else {}), **new},
            ip_address=(address_of(request) or None) if request else None,
            user_agent=request.META.get("HTTP_USER_AGENT", "") if request else "",
        )
