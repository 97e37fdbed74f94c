"""The table of contents for Django admin's discovery."""

from engagement.comments import admin as comments

__all__ = ["comments"]
