"""One Redis, reachable through a Unix socket only."""

import signal
import subprocess
import time
from datetime import datetime

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cms.embedded import children, places
from cms.embedded.places import ServersUnavailable

PATIENCE = 30
SHARED = 128
DATABASES = SHARED + SHARED // 2
"""Three for each test worker: for the cache, for the broker, and far behind them one
for pages."""


class RedisServer:
    def __init__(self, runtime, *, fast=False, say=print):
        self.program = places.redis_program(runtime)
        self.folder = places.server_folder(runtime / "redis")
        self.socket = places.socket_folder(runtime) / "redis.sock"
        self.log = places.var() / "log" / "redis.log"
        self.fast = fast
        self.say = say
        self.process: subprocess.Popen | None = None

    def start(self):
        self._end_orphan()
        for _ in range(2):
            self._launch()
            if self._answers():
                return self
            self._put_aside()
        raise ServersUnavailable(f"Redis does not start. See {self.log}.")

    def _launch(self):
        self.process = children.spawn(
            [
                self.program,
                *("--port", "0"),
                *("--unixsocket", self.socket),
                *("--unixsocketperm", "700"),
                *("--dir", self.folder),
                *("--databases", DATABASES),
                *("--appendonly", "no" if self.fast else "yes"),
                *("--save", ""),
                # What waits in the broker must not be dropped for want of memory.
                *("--maxmemory-policy", "noeviction"),
                *("--daemonize", "no"),
            ],
            log=self.log,
            user=places.server_user(),
            env=places.server_environment(),
            cwd=self.folder,
            farewell=signal.SIGTERM,
        )

    def _client(self):
        return redis.Redis(
            unix_socket_path=str(self.socket),
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )

    def _answers(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not self.is_running():
                return False
            try:
                with self._client() as client:
                    client.ping()
                return True
            except redis.RedisError:  # not there yet, or still loading
                time.sleep(0.03)
        self.stop()
        return False

    def _put_aside(self):
        """The truth is in PostgreSQL: a damaged file here may go, but is kept."""
        for file in self.folder.glob("appendonly.aof"):
            aside = file.with_name(f"broken-{datetime.now():%Y%m%d-%H%M%S}.aof")
            file.rename(aside)
            self.say(f"Redis could not read its file; it is kept as {aside}.")

    def _end_orphan(self):
        try:
            with self._client() as client:
                client.ping()
                client.shutdown()
        except redis.RedisError:
            return
        self.say("Ended a Redis that an earlier run left behind.")

    def stop(self):
        if self.process is not None:
            children.end(self.process, signal.SIGTERM, patience=10)

    def is_running(self):
        return self.process is not None and self.process.poll() is None
