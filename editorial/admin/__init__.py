"""The editors' desk. Whatever changes an item goes through `editorial.actions`."""

from editorial.admin import (  # noqa: F401  (each registers its models)
    articles,
    courses,
    desk,
    ledgers,
    media,
    planning,
    taxonomy,
)
