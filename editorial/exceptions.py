"""What can be wrong with an action, as sentences for the person who tried it."""


class Refused(Exception):
    """The action is not possible now. `str()` says why and what to do next."""


class StaleEdit(Refused):
    """Somebody else changed the item meanwhile; nothing of theirs was overwritten."""
