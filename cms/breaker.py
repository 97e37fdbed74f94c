"""Who does not answer is not asked again by everybody, only by one now and then.

    if breaker.may_ask():
        try:
            ask()
        except Unavailable:
            breaker.failed()
        else:
            breaker.succeeded()

A server that hangs costs each who asks it their whole patience; a process has few
threads, and soon all of them would wait. While the breaker is open they are told at
once, one of them tries each `rest` seconds, and each failure doubles that rest.
"""

import logging
from threading import Lock
from time import monotonic

logger = logging.getLogger(__name__)


class Breaker:
    def __init__(self, name, *, rest=1.0, longest=5.0):
        self.name = name
        self.rest = rest
        self.longest = longest
        self._lock = Lock()
        self._until = 0.0
        """0 while all is well."""
        self._next_rest = rest

    def may_ask(self):
        """Whether to try. Whoever may while it is open tries for all the others."""
        if not self._until:
            return True
        with self._lock:
            now = monotonic()
            if now < self._until:
                return False
            self._until = now + self._next_rest
            return True

    def is_open(self):
        """Whether it failed when it was last asked, without asking for a turn."""
        return bool(self._until)

    def failed(self):
        with self._lock:
            was_well = not self._until
            self._until = monotonic() + self._next_rest
            self._next_rest = min(self._next_rest * 2, self.longest)
        if was_well:
            logger.warning("%s does not answer; it is left alone a while.", self.name)

    def succeeded(self):
        if not self._until:
            return
        with self._lock:
            self._until = 0.0
            self._next_rest = self.rest
        logger.warning("%s answers again.", self.name)
