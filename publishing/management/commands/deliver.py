import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from editorial.models import OutboxEvent
from publishing import sync


class Command(BaseCommand):
    help = "Deliver everything that waits in the outbox, without Celery."

    def handle(self, **options):
        waiting = OutboxEvent.objects.waiting().count()
        delivered = 0
        with tqdm(total=waiting, unit="event", disable=not sys.stderr.isatty()) as bar:
            while tried := sync.deliver_waiting(limit=100):
                delivered += tried
                bar.update(tried)
        self.stdout.write(f"{delivered} events delivered.")
