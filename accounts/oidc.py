"""Roles from the sign-in provider of the house.

A claim (`groups`, by default) names groups; `OIDC_ROLES` says which role each of them
is. At each sign-in through the provider, the roles that it gave are made those that it
gives now. What a person gave by hand stays, and only roles that an admin has opened to
the provider on the desk are given (`Role.from_provider`); super_admin never is.
"""

from django.conf import settings
from django.core.checks import Error, register

from accounts.models import RoleAssignment
from accounts.permissions import ROLES, SUPER_ADMIN

ID = "oidc"
"""The one provider: its addresses are /accounts/oidc/oidc/login/ and …/callback/."""


def groups_in(claims, path):
    """The names under a claim, which may lie deeper: "realm_access.roles"."""
    for step in path.split("."):
        claims = claims.get(step) if isinstance(claims, dict) else None
    if isinstance(claims, str):
        claims = claims.split()
    if not isinstance(claims, list):
        return set()
    return {name for name in claims if isinstance(name, str)}


def roles_in(data):
    """The codes of the roles that somebody's claims give; none if they are missing."""
    groups = set()
    for token in ("id_token", "userinfo"):
        groups |= groups_in(data.get(token) or {}, settings.OIDC_ROLES_CLAIM)
    return {settings.OIDC_ROLES[group] for group in groups & settings.OIDC_ROLES.keys()}


def follow(user, data):
    """Make the roles that the provider gave those that it gives now."""
    if settings.OIDC_ROLES:
        RoleAssignment.objects.sync_from_provider(user, roles_in(data))


@register()
def every_group_is_a_role(app_configs, **kwargs):
    """A role that does not exist would be found out when nobody gets in."""
    known = ROLES.keys() - {SUPER_ADMIN}
    return [
        Error(
            f"OIDC_ROLES maps {group!r} to {role!r}, which no provider can give.",
            hint=f"Choose one of {', '.join(sorted(known))}.",
            id="accounts.E001",
        )
        for group, role in settings.OIDC_ROLES.items()
        if role not in known
    ]
