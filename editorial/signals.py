"""What the newsroom announces. It never imports its listeners."""

from django.dispatch import Signal

outbox_written = Signal()
"""After the commit of an event. Arguments: event (OutboxEvent)."""

content_published = Signal()
"""A version went live for the first time. Arguments: announcement (Announcement)."""
