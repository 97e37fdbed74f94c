"""One PostgreSQL cluster, reachable through a Unix socket only."""

import locale
import os
import secrets
import shutil
import signal
import subprocess
import time
from datetime import datetime
from pathlib import Path

import psycopg

from cms.embedded import children, places
from cms.embedded.credentials import SUPERUSER
from cms.embedded.places import ServersUnavailable
from cms.roles import POSTGRESQL_FLOOR

PATIENCE = 60

FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
}
"""For tests: a cluster that is thrown away need not survive a power cut."""


class Postgresql:
    def __init__(self, runtime, password, *, fast=False, say=print):
        self.programs = places.postgresql_programs(runtime)
        self.folder = places.server_folder(runtime / "postgresql")
        self.data = self.folder / "data"
        self.sockets = places.socket_folder(runtime)
        self.log = places.var() / "log" / "postgresql.log"
        self.password = password
        self.fast = fast
        self.say = say
        self.process: subprocess.Popen | None = None

    @property
    def conninfo(self):
        return psycopg.conninfo.make_conninfo(
            host=str(self.sockets),
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            connect_timeout=5,
        )

    # --- Start and stop -------------------------------------------------------

    def start(self):
        self._end_orphan()
        self._make_cluster()
        for attempt in range(3):
            self._launch()
            if self._answers():
                return self
            # A killed postmaster's last children still hold its shared memory.
            time.sleep(1 + attempt)
            self._end_orphan()
        raise ServersUnavailable(
            f"PostgreSQL does not start. The end of {self.log}:\n{self._last_words()}"
        )

    def _launch(self):
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "password_encryption": "scram-sha-256",
            "max_connections": "100",
            "cluster_name": "masthead",
            "log_line_prefix": "%m [%p] %u@%d ",
            **(FAST_AND_FORGETFUL if self.fast else {}),
        }
        arguments = [
            part
            for name, value in settings.items()
            for part in ("-c", f"{name}={value}")
        ]
        self.log_starts_at = self.log.stat().st_size if self.log.exists() else 0
        self.process = children.spawn(
            [self.programs / "postgres", "-D", self.data, *arguments],
            log=self.log,
            user=places.server_user(),
            env=places.server_environment(),
            cwd=self.folder,
            farewell=signal.SIGINT,  # PostgreSQL's fast shutdown
        )

    def _answers(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not self.is_running():
                return False
            try:
                psycopg.connect(self.conninfo).close()
                return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self._set_password()
                    return self.is_running() and self._answers()
            time.sleep(0.03)
        self.stop()
        return False

    def stop(self):
        if self.process is not None:
            children.end(self.process, signal.SIGINT, patience=20)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    # --- What an earlier run may have left ------------------------------------

    def _end_orphan(self):
        """End a postmaster that lost its keeper; forget a pid that means nothing."""
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            note.unlink(missing_ok=True)
            return
        if self._is_ours(pid):
            for sent, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5)):
                os.kill(pid, sent)
                if _gone(pid, patience):
                    break
            else:
                raise ServersUnavailable(
                    f"A PostgreSQL of an earlier run (pid {pid}) does not end. "
                    f"Run `kill -9 {pid}` and start again."
                )
            self.say(f"Ended a PostgreSQL that an earlier run left behind (pid {pid}).")
        # Containers reuse process ids: PostgreSQL would take any living one for itself.
        note.unlink(missing_ok=True)

    def _is_ours(self, pid):
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == self.data.resolve()
        except OSError:
            return False

    # --- The cluster's folder -------------------------------------------------

    def _make_cluster(self):
        unfinished = self.folder / "data.unfinished"
        if unfinished.exists():
            self.say("Clearing away a half-made database cluster.")
            shutil.rmtree(unfinished)
        if self.data.exists():
            if self._is_whole():
                return
            aside = self.folder / f"data.broken-{datetime.now():%Y%m%d-%H%M%S}"
            self.data.rename(aside)
            if not any(aside.iterdir()):
                aside.rmdir()
            else:
                self.say(
                    f"{self.data} was no complete cluster. It is kept as {aside}; "
                    "a new one is made."
                )
        note = self.folder / f"password-{secrets.token_hex(4)}"
        with open(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
            f.write(self.password)
        places.give_away(note)
        places.server_folder(unfinished)
        try:
            self._initdb(unfinished, note)
        finally:
            note.unlink()
        unfinished.rename(self.data)

    def _is_whole(self):
        try:
            version = int((self.data / "PG_VERSION").read_text().split(".")[0])
        except (OSError, ValueError):
            return False
        own = places.program_version(self.programs / "postgres")
        if version != own:
            raise ServersUnavailable(
                f"{self.data} was made by PostgreSQL {version}, and {self.programs} "
                f"holds PostgreSQL {own}. Name the older one in PG_BIN, or begin "
                "anew with `make clean`, which deletes what was written."
            )
        return (
            version >= POSTGRESQL_FLOOR
            and (self.data / "global" / "pg_control").is_file()
        )

    def _initdb(self, folder, password_file):
        done = subprocess.run(
            [
                self.programs / "initdb",
                f"--pgdata={folder}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same sorting and lower() everywhere, whatever libc there is.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                f"--locale={_character_types()}",
                *(["--no-sync"] if self.fast else []),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            env=places.server_environment(),
            check=False,
            **places.run_as(places.server_user()),
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise ServersUnavailable(
                "PostgreSQL cannot make its data folder "
                f"{folder}:\n{(done.stderr or done.stdout).strip()[-1500:]}"
            )

    def _set_password(self):
        """Make our password the superuser's, when credentials.json was made anew."""
        self.stop()
        subprocess.run(
            [self.programs / "postgres", "--single", "-D", self.data, "postgres"],
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{self.password}'\n",
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=places.server_environment(),
            check=False,
            **places.run_as(places.server_user()),
        )
        self.say("The superuser's password was made anew.")
        self._launch()

    def _last_words(self):
        with open(self.log, errors="replace") as log:
            log.seek(self.log_starts_at)
            return log.read()[-1500:].strip()


def _character_types():
    """What counts as a letter, for full text. Plain C would take “ for one."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        try:
            before = locale.setlocale(locale.LC_CTYPE)
            locale.setlocale(locale.LC_CTYPE, name)
            locale.setlocale(locale.LC_CTYPE, before)
        except locale.Error:
            continue
        return name
    return "C"


def _gone(pid, patience):
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if not children.is_alive(pid):
            return True
        time.sleep(0.05)
    return False
