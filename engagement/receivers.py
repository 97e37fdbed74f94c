"""Listens to publishing: items and people that became public, changed or went."""

from django.db import transaction
from django.dispatch import receiver

from cms.databases import ENGAGEMENT
from engagement.activity.models import Activity
from engagement.refs.models import ContentRef, UserRef
from publishing.signals import delivered

CONTENT_KINDS = {"article", "course", "lesson"}
"""What readers can discuss and react to."""


@receiver(delivered, dispatch_uid="engagement.refs")
def keep_refs(sender, items, **kwargs):
    """Follow a delivery. Raises on failure: the outbox then delivers again."""
    content = [item for item in items if item["kind"] in CONTENT_KINDS]
    people = [item for item in items if item["kind"] == "profile"]
    if not content and not people:
        return
    with transaction.atomic(using=ENGAGEMENT):
        ContentRef.objects.apply(content)
        UserRef.objects.apply(people)
        for item in content:
            if item["live"] and item.get("announce"):
                # Publishing says when it is news (an import is not); the key
                # keeps it to once for an item, however often it is delivered.
                Activity.objects.record(
                    Activity.Verb.PUBLISHED,
                    actor_id=item["ref"].get("author_id"),
                    kind=item["kind"],
                    target_id=item["id"],
                    key=f"content_published:{item['id']}",
                )
