"""What follows when somebody signs in, or an address turns out to be theirs."""

from time import time

from allauth.account import signals
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.utils import timezone

from accounts.adapters import verify_address
from accounts.middleware import BEGAN, SEEN


@receiver(user_logged_in)
def a_session_begins(request, **kwargs):
    """Whatever was signed in before in this browser: the clock starts anew."""
    request.session[BEGAN] = request.session[SEEN] = time()


@receiver(signals.email_confirmed)
def an_address_was_verified(email_address, **kwargs):
    """`User.email_verified_at` follows. A change of address is told below."""
    user = email_address.user
    if user.email.lower() == email_address.email:
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])


@receiver(signals.email_changed)
def another_address(user, to_email_address, **kwargs):
    user.email_verified_at = timezone.now() if to_email_address.verified else None
    user.save(update_fields=["email_verified_at", "updated_at"])


@receiver(signals.password_reset)
def a_link_came_back(user, **kwargs):
    """Links to choose a password are sent to `User.email` and nowhere else."""
    user.refresh_from_db(fields=["email", "email_verified_at"])
    verify_address(user)
