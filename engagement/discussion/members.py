"""Who is asking, when the accounts answer and when they do not."""

from django.db import InterfaceError, OperationalError

DATABASE_DOWN = (OperationalError, InterfaceError)


class SignInUnavailable(Exception):
    """The accounts' database is down: nobody can be known right now."""


def member_of(request):
    """The signed-in user, or None. Raises `SignInUnavailable`."""
    try:
        # Reading anything of the lazy user asks the session and the account.
        user = request.user
        return user if user.is_authenticated and user.is_active else None
    except DATABASE_DOWN as problem:
        raise SignInUnavailable from problem


def member_or_none(request):
    """For reading: with the accounts down everybody is anonymous."""
    try:
        return member_of(request)
    except SignInUnavailable:
        return None
