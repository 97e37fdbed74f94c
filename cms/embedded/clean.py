"""`make clean`: end what runs for this checkout, and delete all that was written.

python -m cms.embedded.clean
"""

import os
import shutil
import signal
import sys
import time

from cms.embedded import credentials
from cms.embedded.locks import Lock
from cms.embedded.places import ServersUnavailable, var


def clean():
    folder = var()
    if not folder.exists():
        return
    demo = Lock(folder / "demo.lock")
    if demo.is_held():
        pid = int(demo.path.read_text().split()[0])
        os.kill(pid, signal.SIGTERM)
        _wait(demo, f"The demo (pid {pid})")
    users = Lock(folder / "users.lock")
    if not users.take(patience=5):
        sys.exit(
            "A command still uses the embedded servers; end it, and clean again. "
            f"`fuser {users.path}` names it."
        )
    try:
        known = credentials.read()
    except ServersUnavailable:
        known = {}
    for place in (*known.get("elsewhere", ()), folder):
        shutil.rmtree(place, ignore_errors=True)


def _wait(lock, who):
    until = time.monotonic() + 30
    while lock.is_held():
        if time.monotonic() > until:
            sys.exit(f"{who} does not end. Kill it, and clean again.")
        time.sleep(0.1)


if __name__ == "__main__":
    clean()
