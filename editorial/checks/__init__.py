"""Before publishing: what a text is checked for, and what then stops it.

    from editorial import checks

    checks.look(checks.Text(article))          what there is to say about it
    checks.let_pass(article, by=ines, …)       or Refused, with what stops it

Each module declares what it may find; see `editorial.checks.registry`.
"""

# Each module puts its checks into the registry.
from editorial.checks import (  # noqa: F401
    filing,
    links,
    pictures,
    placeholders,
    structure,
    wording,
)
from editorial.checks.passing import Standing, Stopped, let_pass, standing_of
from editorial.checks.registry import (
    ADVICE,
    BLOCK,
    CHECKS,
    SEVERITIES,
    WARN,
    Concern,
    look,
)
from editorial.checks.texts import Text
from editorial.models.versions import hash_of

__all__ = [
    "ADVICE",
    "BLOCK",
    "CHECKS",
    "SEVERITIES",
    "WARN",
    "Concern",
    "Standing",
    "Stopped",
    "Text",
    "hash_of",
    "let_pass",
    "look",
    "standing_of",
]
