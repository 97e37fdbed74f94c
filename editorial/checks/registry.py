"""What a check is, and what it finds.

A check declares what it may find, once, with a code and how grave that is by itself;
`CHECKS_THAT_BLOCK` in the settings names the codes that stop a text from being
approved, scheduled and published. A module registers a function that reads a `Text`:

    EMPTY = declare("heading-empty", "Headings have words", WARN)

    @looks
    def headings(text):
        …
        yield EMPTY.found("A heading is empty.", "Write it, or delete it.", block=id)
"""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.checks import Error, register

BLOCK, WARN, ADVICE = "block", "warn", "advice"
SEVERITIES = {
    BLOCK: "Stops it",
    WARN: "Look at this",
    ADVICE: "Could be better",
}
"""From the gravest on, with what stands above them."""

CHECKS = {}
"""Code to its declaration."""
LOOKS = []
"""The functions that read a text."""


@dataclass(frozen=True)
class Concern:
    """One thing that was found: what, what to do about it, and where it is."""

    check: str
    sentence: str
    todo: str
    severity: str
    block: str = ""
    """Id of the block to jump to."""
    field: str = ""
    """Name of the field of the form to jump to."""
    lesson: str = ""
    """Id of the lesson of a course that it is in."""

    @property
    def key(self):
        """The same for the same finding in the same text, and for no other."""
        where = self.block or self.field
        words = hashlib.sha256(f"{self.lesson}{self.sentence}".encode()).hexdigest()
        return f"{self.check}:{where}:{words[:12]}"

    @property
    def blocks(self):
        return self.severity == BLOCK

    def as_json(self):
        return {
            "check": self.check,
            "label": CHECKS[self.check].label,
            "severity": self.severity,
            "sentence": self.sentence,
            "todo": self.todo,
            "block": self.block,
            "field": self.field,
            "lesson": self.lesson,
            "key": self.key,
        }


@dataclass(frozen=True)
class Check:
    code: str
    label: str
    own_severity: str

    @property
    def severity(self):
        return BLOCK if self.code in settings.CHECKS_THAT_BLOCK else self.own_severity

    def found(self, sentence, todo, *, block="", field="", lesson=""):
        return Concern(
            self.code, sentence, todo, self.severity, block, field, lesson or ""
        )


def declare(code, label, severity):
    CHECKS[code] = Check(code, label, severity)
    return CHECKS[code]


def looks(function):
    LOOKS.append(function)
    return function


def look(text):
    """All that is found in a text, the gravest first, in the order of the text."""
    place = {
        block["id"]: index
        for index, block in enumerate(
            block for body in text.bodies for block in body.blocks
        )
    }
    found = [one for function in LOOKS for one in function(text)]
    order = list(SEVERITIES)
    return sorted(
        found, key=lambda one: (order.index(one.severity), place.get(one.block, -1))
    )


@register
def blocking_checks_exist(app_configs, **kwargs):
    unknown = sorted(set(settings.CHECKS_THAT_BLOCK) - CHECKS.keys())
    if not unknown:
        return []
    return [
        Error(
            f"CHECKS_THAT_BLOCK names {', '.join(unknown)}, which no check finds.",
            hint=f"There are: {', '.join(sorted(CHECKS))}.",
            id="editorial.E001",
        )
    ]
