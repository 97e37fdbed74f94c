"""The table of contents for Django admin's discovery."""

from engagement.audience import admin as audience
from engagement.comments import admin as comments
from engagement.searches import admin as searches

__all__ = ["audience", "comments", "searches"]
