"""Why somebody may or may not do a thing: an answer that explains itself when asked.

The table is asked hundreds of times for one page, and "why" only now and then. So an
answer keeps the role that decided, and looks for words when somebody reads them.
"""

from django.apps import apps
from django.utils import timezone


class Decision:
    """An answer and its reason. `{role}` in the reason becomes the role in words."""

    __slots__ = ("_reason", "_user", "allowed", "assignment")

    def __init__(self, allowed, reason, user=None, assignment=None):
        self.allowed = allowed
        self.assignment = assignment
        self._reason = reason
        self._user = user

    def __bool__(self):
        return self.allowed

    def __repr__(self):
        return f"<{'Yes' if self.allowed else 'No'}: {self._reason}>"

    @property
    def why(self):
        """A sentence; the first one of a person's asks the database for names."""
        if self.assignment is None:
            return self._reason
        return self._reason.format(role=in_words(self._user, self.assignment))


def in_words(user, assignment, *, giver=True):
    """ "Editor in Science until 1 March 2027, given by Ines on 3 June 2026"."""
    from accounts.permissions import ROLES

    places, givers = _names(user)
    said = ROLES[assignment.role_id][0]
    if assignment.category_id:
        place = places.get(assignment.category_id)
        said += f" in {place}" if place else " in a category that is gone"
    if assignment.expires_at:
        said += f" until {_day(assignment.expires_at)}"
    if not giver:
        return said
    if name := givers.get(assignment.assigned_by_id):
        said += f", given by {name} on {_day(assignment.assigned_at)}"
    elif assignment.from_provider:
        said += f", from the sign-in provider since {_day(assignment.assigned_at)}"
    else:
        said += f", given on {_day(assignment.assigned_at)}"
    return said


def _day(moment):
    return timezone.localtime(moment).strftime("%-d %B %Y")


def _names(user):
    """The categories and people that this person's roles speak of, read once."""
    if "_names_in_roles" not in user.__dict__:
        roles = user.current_roles
        places = {one.category_id for one in roles if one.category_id}
        givers = {one.assigned_by_id for one in roles if one.assigned_by_id}
        user._names_in_roles = (
            _known("editorial", "Category", "name", places),
            _known("accounts", "User", "display_name", givers),
        )
    return user._names_in_roles


def _known(app, model, field, ids):
    """{id: name}; by name, because accounts is below the newsroom."""
    if not ids:
        return {}
    rows = apps.get_model(app, model).objects.filter(pk__in=ids).order_by()
    return dict(rows.values_list("pk", field))
