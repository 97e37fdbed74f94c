"""The editors' desk. Whatever changes an item goes through `editorial.actions`."""

from editorial.admin import (  # noqa: F401  (each registers its models)
    articles,
    board,
    calendar,
    courses,
    desk,
    filters,
    finding,
    ledger,
    ledgers,
    media,
    notices,
    panels,
    releases,
    series,
    tasks,
    taxonomy,
)
