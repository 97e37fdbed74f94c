"""What accounts announces. It never imports its listeners."""

from django.dispatch import Signal

person_changed = Signal()
"""Something readers see of a person changed, or the person is new.

Sent inside the transaction of the change. Arguments: user (User), is_new (bool)."""
