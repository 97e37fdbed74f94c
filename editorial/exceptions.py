"""What can be wrong with an action, as sentences for the person who tried it."""


class Refused(Exception):
    """The action is not possible now. `str()` says why and what to do next."""

    problem = "refused"
    """What the API answers; see `cms.api.problems`."""


class StaleEdit(Refused):
    """Somebody else changed the item meanwhile; nothing of theirs was overwritten."""

    problem = "stale"
