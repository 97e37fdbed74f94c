"""The process that runs the embedded servers for as long as anybody uses them.

    python -m cms.embedded.keeper [--fast] [--throwaway]

It is started by `cms.embedded.ensure` and ends by itself when the last process that
holds the `users` lock is gone, killed ones included. It restarts a server that dies,
and the servers die with it. Two keepers never run for the same folder.
"""

import shutil
import signal
import sys
import time

from cms import roles
from cms.embedded import credentials, places
from cms.embedded.locks import Lock
from cms.embedded.places import ServersUnavailable
from cms.embedded.postgresql import Postgresql
from cms.embedded.redis_server import RedisServer

PULSE = 0.2
SLOWEST_RESTART = 5


def say(line):
    print(line, flush=True)


class Keeper:
    def __init__(self, *, fast, throwaway):
        self.folder = places.make_var()
        self.fast = fast
        self.throwaway = throwaway
        self.told_to_end = False
        self.users = Lock(self.folder / "users.lock")
        self.lock = Lock(self.folder / "keeper.lock")
        self.servers = []

    def run(self):
        if not self.lock.take():
            return  # another one keeps them already
        self.lock.write("")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            self._start()
            self.lock.write("ready")
            say("PostgreSQL and Redis are ready.")
            self._watch()
        finally:
            self.lock.write("")
            for server in self.servers:
                server.stop()
            if self.throwaway:
                self._throw_away()
            say("PostgreSQL and Redis have ended.")
            self.lock.release()
            self.users.release()

    def _end(self, *_):
        self.told_to_end = True

    def _start(self):
        known = credentials.read_or_make()
        runtime = places.runtime(known.get("runtime"))
        passwords = known["passwords"]
        # Written before the first cluster is made, so that its password is never lost.
        credentials.write(known | {"runtime": str(runtime)})
        postgresql = Postgresql(
            runtime, passwords[credentials.SUPERUSER], fast=self.fast, say=say
        )
        redis_server = RedisServer(runtime, fast=self.fast, say=say)
        self.servers = [postgresql, redis_server]
        for server in self.servers:
            server.start()
        roles.provision(postgresql.conninfo, passwords, embedded=True, say=say)
        credentials.write(
            known
            | {
                "runtime": str(runtime),
                "postgresql": str(postgresql.sockets),
                "redis": str(redis_server.socket),
                "elsewhere": sorted(
                    str(place)
                    for place in {runtime, postgresql.sockets.parent}
                    if place != self.folder
                ),
            }
        )

    def _watch(self):
        wait, since = 0.5, time.monotonic()
        while not self.told_to_end and not self.users.take():
            time.sleep(PULSE)
            for server in self.servers:
                if not server.is_running() and not self.told_to_end:
                    name = type(server).__name__
                    if time.monotonic() - since > SLOWEST_RESTART:
                        wait = 0.5
                    say(f"{name} ended unexpectedly; starting it again.")
                    time.sleep(wait)
                    wait, since = min(wait * 2, SLOWEST_RESTART), time.monotonic()
                    try:
                        server.start()
                    except ServersUnavailable as error:
                        say(str(error))

    def _throw_away(self):
        known = credentials.read_or_make()
        for place in (*known.get("elsewhere", ()), self.folder):
            shutil.rmtree(place, ignore_errors=True)


def main(arguments):
    keeper = Keeper(fast="--fast" in arguments, throwaway="--throwaway" in arguments)
    try:
        keeper.run()
    except (ServersUnavailable, roles.ProvisioningRefused, OSError) as error:
        say(str(error))
        (keeper.folder / "trouble.txt").write_text(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
