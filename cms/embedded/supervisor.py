"""Runs a few child processes as one: restarts what dies, ends them all together."""

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from cms.embedded import children

LONG_ENOUGH = 30
SLOWEST_RESTART = 30
LARGE_LOG = 20_000_000


@dataclass
class Child:
    name: str
    command: list
    env: dict
    process: object = None
    born: float = 0.0
    falls: int = 0
    due: float = field(default=0.0)


class Supervisor:
    """Call it from the main thread: its children die with the thread that made them."""

    def __init__(self, family, *, folder, cwd, say):
        self.family = family
        self.folder = Path(folder)
        self.cwd = cwd
        self.say = say
        self.told_to_end = False

    def log(self, child):
        return self.folder / f"{child.name}.log"

    def start(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)
        for child in self.family:
            log = self.log(child)
            if log.exists() and log.stat().st_size > LARGE_LOG:
                log.replace(log.with_suffix(".old.log"))
            self._spawn(child)

    def _end(self, *_):
        if self.told_to_end:  # asked twice: at once
            for child in self.family:
                if child.process is not None and child.process.poll() is None:
                    child.process.kill()
        self.told_to_end = True

    def _spawn(self, child):
        child.process = children.spawn(
            child.command, log=self.log(child), env=child.env, cwd=self.cwd
        )
        child.born = time.monotonic()

    def tend(self):
        """Look after the children once: restart what has died, later each time."""
        now = time.monotonic()
        for child in self.family:
            if child.process.poll() is None:
                continue
            if not child.due:
                lived = now - child.born
                child.falls = 0 if lived > LONG_ENOUGH else child.falls + 1
                wait = min(2**child.falls, SLOWEST_RESTART)
                child.due = now + wait
                self.say(
                    f"{child.name} ended ({_manner(child.process.returncode)}); "
                    f"starting it again in {wait} s. Its last lines:"
                )
                self.say(self.last_lines(child))
            elif now >= child.due:
                child.due = 0.0
                self._spawn(child)

    def stop(self, patience=20):
        for child in self.family:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + patience
        for child in self.family:
            if child.process is not None:
                children.end(child.process, patience=max(0.1, until - time.monotonic()))

    def last_lines(self, child, count=5):
        try:
            lines = self.log(child).read_text(errors="replace").splitlines()[-count:]
        except OSError:
            lines = []
        return "\n".join(f"  {child.name} | {line}" for line in lines)


def _manner(code):
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
