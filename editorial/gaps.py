"""What still stands in the way of a step, each with the place where it is put right."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """One sentence, and the field, block or lesson that it is about."""

    sentence: str
    field: str = ""
    """Name of the field of the form; "lessons" is the table of contents."""
    block: str = ""
    lesson: str = ""

    def __str__(self):
        return self.sentence

    @classmethod
    def of(cls, concern):
        """What a check found, as something in the way."""
        return cls(
            f"{concern.sentence} {concern.todo}",
            concern.field,
            concern.block,
            concern.lesson,
        )

    @property
    def anchor(self):
        """Where it is in its page, for a link: `#id_title`, `#block-…`."""
        if self.block:
            return f"#block-{self.block}"
        if self.lesson:
            return "#id_body"
        if self.field == "lessons":
            return "#lessons-group"
        return f"#id_{self.field}" if self.field else ""

    def as_json(self):
        return {
            "sentence": self.sentence,
            "field": self.field,
            "block": self.block,
            "lesson": self.lesson,
        }
