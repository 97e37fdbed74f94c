"""Who stands above whom: nobody changes, invites or simulates people above them."""

from accounts.permissions import ROLES, UNSCOPED


def rank_of(user):
    """The highest rank somebody has; a superuser is above all of them.

    Of an inactive person, too: who may open that account again gets its roles.
    """
    if user.is_superuser:
        return 100
    roles = user.current_roles if user.is_active else user.role_assignments.current()
    return max((ROLES[one.role_id][1] for one in roles), default=0)


def reaches(by, user):
    """Whether `by` stands at least as high as `user`."""
    return rank_of(user) <= rank_of(by)


def may_give_until(giver):
    """The moment when the giver's own right to give roles ends; None for never."""
    if giver.is_superuser:
        return None
    ends = [one.expires_at for one in giver.current_roles if one.role_id in UNSCOPED]
    return None if not ends or None in ends else max(ends)
