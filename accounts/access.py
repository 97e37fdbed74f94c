"""Letting somebody in again, and shutting them out: at once, everywhere."""

from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import may
from accounts.ranks import reaches
from accounts.signals import person_deactivated
from cms.databases import EDITORIAL


def check(by, user):
    if not may(by, "edit_people"):
        raise PermissionDenied("Only an admin may change who has access.")
    if by.pk == user.pk:
        raise PermissionDenied("You cannot deactivate yourself; ask a colleague.")
    if not reaches(by, user):
        raise PermissionDenied(f"{user} stands above you. Ask somebody who does not.")


def deactivate(user, *, by, request=None):
    """From the next request on they are nobody; what they are signed in with is gone.

    Roles and everything they wrote stay. True if there was something to do.
    """
    return _set_active(user, False, by=by, request=request)


def reactivate(user, *, by, request=None):
    """They may sign in again, with the roles that are still in force."""
    return _set_active(user, True, by=by, request=request)


def _set_active(user, active, *, by, request):
    with transaction.atomic(using=EDITORIAL):
        # Both, as they are now: of two admins who shut each other out, one is left.
        both = User.objects.select_for_update().filter(pk__in=[by.pk, user.pk])
        now = {one.pk: one for one in both.order_by("pk")}
        fresh = now[user.pk]
        check(now[by.pk], fresh)
        if fresh.is_active == active:
            return False
        fresh.is_active = active
        fresh.save()
        verb = "reactivate" if active else "deactivate"
        audit.record(verb, by=by, about=fresh, request=request)
    return True


@receiver(person_deactivated, sender=User)
def end_what_is_open(sender, user, **kwargs):
    """Sessions and tokens go, so that nothing old opens again with the account.

    `User.sessions_epoch` has ended every session already, those that no list knows too.
    """
    for session in UserSession.objects.filter(user_id=user.pk):
        session.end()
    user.api_tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
