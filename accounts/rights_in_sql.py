"""The table of rights as rows, so that SQL can ask `has_permission` and be right.

`accounts.permissions` is the original. The rows are made of it after each migrate, and
whatever the code no longer has goes.
"""

from django.apps import apps

from accounts.permissions import (
    ALLOWED,
    CONTRIBUTOR,
    CONTRIBUTOR_MAY,
    IN_WORDS,
    NOT_IN_ONE_CATEGORY,
    RELATIONS,
    ROLES,
    WRITERS,
)
from cms.databases import EDITORIAL


def permissions():
    """{code: columns} of the table `permissions`."""
    return {
        action: {
            "name": IN_WORDS[action][1],
            "resource_type": IN_WORDS[action][0],
            "description": _description(action),
            "whole_house": action in NOT_IN_ONE_CATEGORY,
        }
        for action in ALLOWED
    }


def _description(action):
    relations = sorted(ALLOWED[action] & RELATIONS)
    said = f"Also as {', '.join(relations)} of the item." if relations else ""
    if action in NOT_IN_ONE_CATEGORY:
        said = f"{said} A role within one category does not reach it.".strip()
    return said


def role_permissions():
    """{(role, action): only_own}: what a role may do, or only to what is its own."""
    return {
        (role, action): role not in allowed
        for action, allowed in ALLOWED.items()
        for role in ROLES
        if role in allowed
        or (
            allowed & RELATIONS
            and role in WRITERS
            and (role != CONTRIBUTOR or action in CONTRIBUTOR_MAY)
        )
    }


def mirror(sender, using, apps=apps, **kwargs):
    """Receiver of post_migrate: make the rows those of the code, and touch no other."""
    if using != EDITORIAL:
        return
    try:
        role, permission, line = (
            apps.get_model("accounts", name)
            for name in ("Role", "Permission", "RolePermission")
        )
    except LookupError:
        return  # migrating back to before there were such tables
    role.objects.using(using).bulk_create(
        [
            role(code=code, name=name, rank=rank, description=description)
            for code, (name, rank, description) in ROLES.items()
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "rank", "description"],
    )
    wanted = permissions()
    permission.objects.using(using).exclude(code__in=wanted).delete()
    permission.objects.using(using).bulk_create(
        [permission(code=code, **columns) for code, columns in wanted.items()],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "resource_type", "description", "whole_house"],
    )
    ids = dict(permission.objects.using(using).values_list("code", "pk"))
    lines = {(r, ids[code]): own for (r, code), own in role_permissions().items()}
    known = line.objects.using(using).values_list("role_id", "permission_id", "pk")
    line.objects.using(using).filter(
        pk__in=[pk for r, p, pk in known if (r, p) not in lines]
    ).delete()
    line.objects.using(using).bulk_create(
        [
            line(role_id=r, permission_id=p, only_own=own)
            for (r, p), own in lines.items()
        ],
        update_conflicts=True,
        unique_fields=["role", "permission"],
        update_fields=["only_own"],
    )
