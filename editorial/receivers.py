"""The newsroom listens to accounts: a person's new name reaches their readers."""

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import person_changed
from editorial.models import ItemKind, OutboxEvent, Redirect


@receiver(person_changed, sender=User)
def publish_the_profile(sender, user, is_new, old_slug="", **kwargs):
    if old_slug:
        Redirect.objects.remember(ItemKind.PROFILE, user.pk, [old_slug])
    cause = "person is new" if is_new else "person changed"
    OutboxEvent.objects.mark(
        {user.pk: ItemKind.PROFILE},
        cause=cause,
        priority=getattr(user, "sync_priority", 0),  # bulk imports wait
    )
    if not is_new:
        OutboxEvent.objects.mark_dependents(ItemKind.PROFILE, user.pk, cause=cause)
