"""The demo newspaper, written and delivered to the readers."""

from django.utils import timezone

from editorial.demo.newsroom import write_newsroom
from editorial.demo.people import password, sign_ins
from publishing import sync
from publishing.models import Receipt

__all__ = ["password", "sign_ins", "write_and_deliver"]


def write_and_deliver():
    """{key: User}. What waits in the outbox afterwards goes out at once."""
    before = timezone.now()
    people = write_newsroom()
    while sync.deliver_waiting():
        pass
    # No site was open to look at: these would say "not yet seen" for ever.
    Receipt.objects.filter(committed_at__gte=before, seen_at=None).delete()
    return people
