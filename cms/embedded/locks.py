"""File locks: the kernel lets go of them when their holder dies, however it dies."""

import fcntl
import os
import time


class Lock:
    """Who needs the servers shares `users`; who runs them holds `keeper` alone."""

    def __init__(self, path):
        self.path = path
        self._file: int | None = None

    def take(self, *, shared=False, patience=0.0):
        """True when we hold it. Waits up to `patience` seconds."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._file, kind | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(0.03)

    def write(self, text):
        """Leave a note in the file, for whoever finds it held."""
        assert self._file is not None, "take it first"
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)

    def release(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def is_held(self):
        """Whether anybody holds it, ourselves apart."""
        probe = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(probe)
        return False
