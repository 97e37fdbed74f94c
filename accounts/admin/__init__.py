"""People on the desk, and the roles there are."""

from accounts.admin import people, roles  # noqa: F401
