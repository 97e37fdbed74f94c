"""A real PostgreSQL and Redis for development, demo and tests, from two wheels.

Used only where no *_DATABASE_URL is set; production never starts anything here.

    from cms import embedded
    embedded.ensure()          # before Django reads the settings

`ensure` uses the servers that run for this folder, or starts them. They belong to no
command: a small process of their own, the keeper, runs them until the last process
that called `ensure` is gone (a killed one counts as gone), so one command may end
while another still works. Data stay under `var/` (`MASTHEAD_VAR` names another folder).
"""

import atexit
import os
import subprocess
import sys
import time
from urllib.parse import quote

from cms.databases import NAMES
from cms.embedded import credentials, redis_server
from cms.embedded.locks import Lock
from cms.embedded.places import CHECKOUT, ServersUnavailable, make_var, var

__all__ = [
    "ServersUnavailable",
    "broker_url",
    "database_url",
    "ensure",
    "page_cache_url",
    "redis_url",
    "release",
    "secret_key",
    "var",
    "where_data_are",
]

PATIENCE = 120
_users = None


# --- What the settings ask for ------------------------------------------------


def database_url(alias, role):
    known = credentials.read()
    return (
        f"postgres://{role}:{quote(known['passwords'][role], safe='')}@/{NAMES[alias]}"
        f"?host={quote(_socket(known, 'postgresql'), safe='/')}"
    )


def redis_url():
    """For the cache and everything that talks to Redis itself."""
    path = _socket(credentials.read(), "redis")
    return f"unix://{quote(path)}?db={_redis_database()}"


def broker_url():
    """For Celery: a database of its own, which clearing the cache does not empty."""
    path = _socket(credentials.read(), "redis")
    return f"redis+socket://{quote(path)}?virtual_host={_redis_database() + 1}"


def page_cache_url():
    """For pages that web processes share: counted, so alone in their database."""
    path = _socket(credentials.read(), "redis")
    return f"unix://{quote(path)}?db={redis_server.SHARED + _redis_database() // 2}"


def secret_key():
    return credentials.read()["secret_key"]


def _redis_database():
    return int(os.environ.get("MASTHEAD_REDIS_DATABASE") or 0)


def _socket(known, server):
    try:
        return known[server]
    except KeyError:
        raise ServersUnavailable(
            "The embedded servers have never come up. Start them with `make demo` or "
            f"any `python manage.py` command, and see {var()}/log/servers.log."
        ) from None


def where_data_are():
    """A sentence when the servers' files are not under `var/`, otherwise nothing."""
    known = credentials.read()
    if known.get("runtime") in (None, str(var())):
        return ""
    return (
        f"Root's servers run as nobody, who may not enter {var()}: their files are "
        f"in {known['runtime']}. `make clean` deletes them too."
    )


# --- Using the servers --------------------------------------------------------


def ensure(*, fast=False, throwaway=False):
    """Have the servers run until this process ends, or calls `release`.

    `fast` gives durability away for speed, `throwaway` deletes the whole folder at the
    end. Both count only for who starts the servers.
    """
    global _users
    if _users is not None:
        return
    folder = make_var()
    lock = Lock(folder / "users.lock")
    if not lock.take(shared=True, patience=PATIENCE):
        raise ServersUnavailable(
            f"The servers of {folder} are still ending. Try again in a moment; "
            f"if this stays so, see {folder}/log/servers.log."
        )
    _users = lock
    atexit.register(_release_in, os.getpid())
    try:
        _wait_until_ready(folder, fast, throwaway)
    except BaseException:
        release()
        raise


def release():
    """Stop needing the servers. Waits for their end when nobody else needs them."""
    global _users
    if _users is None:
        return
    _users.release()
    _users = None
    folder = var()
    try:
        if Lock(folder / "users.lock").is_held():  # by another user, or by the keeper
            _wait_for_the_end(folder, patience=1.0)
        else:
            _wait_for_the_end(folder, patience=30.0)
    except FileNotFoundError:
        pass  # a throwaway folder, thrown away


def _release_in(pid):
    if os.getpid() == pid:  # not in a forked child
        release()


def _wait_for_the_end(folder, patience):
    until = time.monotonic() + patience
    while time.monotonic() < until and Lock(folder / "keeper.lock").is_held():
        time.sleep(0.03)


def _wait_until_ready(folder, fast, throwaway):
    keeper, until = None, time.monotonic() + PATIENCE
    lock = Lock(folder / "keeper.lock")
    while time.monotonic() < until:
        if lock.is_held():
            if lock.path.read_text() == "ready":
                return
        elif keeper is None:
            keeper = _start_keeper(folder, fast, throwaway)
        if keeper is not None and keeper.poll():
            raise ServersUnavailable(_trouble(folder))
        if keeper is not None and keeper.returncode == 0 and not lock.is_held():
            keeper = None  # another keeper was ending just then
        time.sleep(0.03)
    raise ServersUnavailable(
        f"The embedded servers did not come up within {PATIENCE} seconds. "
        f"See {folder}/log/servers.log."
    )


def _start_keeper(folder, fast, throwaway):
    (folder / "trouble.txt").unlink(missing_ok=True)
    flags = [*(["--fast"] if fast else []), *(["--throwaway"] if throwaway else [])]
    with open(folder / "log" / "servers.log", "ab") as log:
        # In a session of its own: Ctrl-C is for the command, not for its database.
        return subprocess.Popen(
            [sys.executable, "-m", "cms.embedded.keeper", *flags],
            cwd=CHECKOUT,
            env={**os.environ, "MASTHEAD_VAR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _trouble(folder):
    try:
        return (folder / "trouble.txt").read_text().strip()
    except FileNotFoundError:
        return (
            f"The embedded servers could not be started. See {folder}/log/servers.log."
        )
