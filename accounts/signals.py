"""What accounts announces. It never imports its listeners."""

from django.dispatch import Signal

person_changed = Signal()
"""Something readers see of a person changed, or the person is new.

Sent inside the transaction of the change. Arguments: user (User), is_new (bool),
old_slug (str; empty where the profile's address stays as it is)."""

person_deactivated = Signal()
"""Somebody lost all access: what they are signed in with must end now.

Sent inside the transaction of the change. Arguments: user (User)."""
