"""What can be wrong with an action, as sentences for the person who tried it."""


class Refused(Exception):
    """The action is not possible now. `str()` says why and what to do next."""

    problem = "refused"
    """What the API answers; see `cms.api.problems`."""

    def __init__(self, *args, gaps=()):
        super().__init__(*args)
        self.gaps = list(gaps)
        """`Gap`s, where it is known which field has to be put right."""

    @property
    def errors(self):
        """For the API: one entry for each field to be put right."""
        return [
            {
                "field": gap.field,
                "pointer": "/blocks" if gap.field == "body" else f"/{gap.field}",
                "message": gap.sentence,
                "code": "missing",
            }
            for gap in self.gaps
            if gap.field
        ]


class StaleEdit(Refused):
    """Somebody else changed the item meanwhile; nothing of theirs was overwritten."""

    problem = "stale"
