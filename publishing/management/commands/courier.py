import logging
import signal
import threading
from collections import deque
from time import monotonic

from django.core.management.base import BaseCommand
from django.db import Error, connections

from editorial import actions
from editorial.models import OutboxEvent
from publishing import receipts, sync
from publishing.purging import sending

logger = logging.getLogger(__name__)

EVERY = 0.3
"""Seconds between two looks at the outbox."""
AT_A_TIME = 5
SCHEDULE = 5
"""Seconds between two looks at what is due."""
REST = 1
LOOK_AGAIN = 1
LAST_WORDS = 5


class Command(BaseCommand):
    help = (
        "Delivers what waits in the outbox, purges caches in front and fires what is "
        "due, for as long as it runs. It needs no Redis: what is taken down is gone "
        "within seconds while the broker is away, too. Run one beside the workers."
    )
    requires_system_checks = []

    def handle(self, **options):
        self.over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.over.set())
        self.delivered = deque()
        self.news = threading.Event()
        # A cache in front that does not answer must not hold up what comes next.
        behind = threading.Thread(target=self._follow_up, daemon=True)
        behind.start()
        logger.info("The courier is on its way.")
        scheduled = 0.0
        while not self.over.is_set():
            try:
                is_idle = not self._round()
                if monotonic() > scheduled:
                    scheduled = monotonic() + SCHEDULE
                    actions.fire_due()
            except Error as problem:
                logger.warning("A database does not answer: %s", problem)
                connections.close_all()
                self.over.wait(REST)
            else:
                if is_idle:
                    self.over.wait(EVERY)
        self.news.set()
        behind.join(LAST_WORDS)

    def _round(self):
        """Deliver some; returns how many."""
        claimed = OutboxEvent.objects.claim(limit=AT_A_TIME)
        for pk in claimed:
            if sync.deliver_claimed(pk):
                self.delivered.append(pk)
                self.news.set()
        return len(claimed)

    def _follow_up(self):
        """Purge what stands in front, then see what readers see."""
        while not self.over.is_set():
            self.news.wait(LOOK_AGAIN)
            self.news.clear()
            try:
                sending.send()
                while self.delivered:
                    receipts.observe(self.delivered.popleft())
            except Exception:
                logger.exception("What was delivered was not followed up")
                connections.close_all()
        connections.close_all()
