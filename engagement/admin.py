"""The table of contents for Django admin's discovery."""

from engagement.audience import admin as audience
from engagement.comments import admin as comments

__all__ = ["audience", "comments"]
