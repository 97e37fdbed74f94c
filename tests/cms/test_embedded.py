"""The embedded servers: from nothing, shared, killed, and found in a bad state.

Each test has a folder of its own, and commands that use it as `manage.py` would.
"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from cms.databases import NAMES, OWNER, SERVICES
from cms.embedded import ports
from cms.embedded.children import is_alive
from cms.embedded.locks import Lock
from cms.embedded.supervisor import Child, Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent.parent
USE_THE_SERVERS = """
import sys
from cms import embedded
try:
    embedded.ensure(fast=True)
except embedded.ServersUnavailable as error:
    sys.exit(str(error))
print("ready", flush=True)
sys.stdin.read()
"""

SLEEP = "import time; time.sleep(60)"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

pytestmark = pytest.mark.skipif(
    not os.environ.get("MASTHEAD_VAR"),
    reason="The servers are not ours: *_DATABASE_URL is set.",
)


class Command:
    """A process that uses the servers until it is told to leave, or killed."""

    def __init__(self, folder, **env):
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE_THE_SERVERS],
            cwd=CHECKOUT,
            env={**os.environ, "MASTHEAD_VAR": str(folder), **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self):
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()
        return self

    def refused(self):
        _, words = self.process.communicate(timeout=60)
        assert self.process.returncode == 1
        return words

    def leave(self):
        self.process.communicate(timeout=60)

    def kill(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="masthead-test-") as place:
        os.chmod(place, 0o711)  # pytest's own folders are closed to `nobody`
        path = Path(place) / "var"
        path.mkdir()
        yield path
        keeper_has_ended(path)


@pytest.fixture
def use(folder):
    commands = []

    def start(**env):
        commands.append(Command(folder, **env))
        return commands[-1]

    yield start
    for command in commands:
        if command.process.poll() is None:
            command.kill()


def keeper_has_ended(folder):
    if not folder.exists():
        return
    lock = Lock(folder / "keeper.lock")
    until = time.monotonic() + 30
    while lock.is_held():
        assert time.monotonic() < until, "the keeper does not end"
        time.sleep(0.05)


def credentials(folder):
    return json.loads((folder / "credentials.json").read_text())


def connect(folder, role=OWNER, name="cms_editorial"):
    known = credentials(folder)
    return psycopg.connect(
        host=known["postgresql"],
        user=role,
        password=known["passwords"][role],
        dbname=name,
        connect_timeout=5,
    )


def processes_of(folder):
    """Whatever still names this folder in its command line or works inside it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            inside = str((process / "cwd").resolve()).startswith(str(folder))
        except OSError:
            continue
        if inside or str(folder).encode() in words:
            found.append(words)
    return found


def postmaster(folder):
    return int((folder / "postgresql/data/postmaster.pid").read_text().split()[0])


def eventually(check, patience=20):
    until = time.monotonic() + patience
    while not check():
        assert time.monotonic() < until
        time.sleep(0.05)


# --- It works -----------------------------------------------------------------


def test_everything_comes_up_from_an_empty_folder_and_nothing_stays(folder, use):
    command = use().ready()

    for roles in SERVICES.values():
        for alias, role in roles.items():
            connect(folder, role, NAMES[alias]).close()
    with connect(folder) as owner:
        assert owner.info.server_version >= 180000
        assert owner.execute("SHOW listen_addresses").fetchone() == ("",)
        assert owner.execute("SELECT lower('ÄÖ')").fetchone() == ("äö",)
        extensions = {
            row[0] for row in owner.execute("SELECT extname FROM pg_extension")
        }
        assert {"ltree", "pg_trgm", "unaccent", "btree_gin"} <= extensions
    secret = folder / "credentials.json"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600

    command.leave()

    assert processes_of(folder) == []


@pytest.mark.chaos
def test_data_and_passwords_are_kept_from_one_run_to_the_next(folder, use):
    first = use().ready()
    with connect(folder) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS n")
    before = credentials(folder)
    first.leave()

    use().ready()

    assert credentials(folder) == before
    with connect(folder) as owner:
        assert owner.execute("SELECT n FROM kept").fetchone() == (1,)


def test_the_servers_stay_for_the_last_command_that_uses_them(folder, use):
    first, second = use().ready(), use().ready()

    first.leave()

    time.sleep(0.5)
    connect(folder).close()
    second.leave()
    assert processes_of(folder) == []


@pytest.mark.chaos
def test_two_commands_at_the_same_moment_share_one_keeper(folder, use):
    commands = [use() for _ in range(3)]

    for command in commands:
        command.ready()

    log = (folder / "log/servers.log").read_text()
    assert log.count("PostgreSQL and Redis are ready.") == 1


def test_a_killed_command_leaves_nothing_behind(folder, use):
    use().ready().kill()

    keeper_has_ended(folder)
    assert processes_of(folder) == []


@pytest.mark.chaos
def test_a_killed_keeper_takes_its_servers_along_and_nothing_is_lost(folder, use):
    first = use().ready()
    with connect(folder) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS n")
    pid = postmaster(folder)
    keeper = next(
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if b"cms.embedded.keeper" in _words(process)
        and f"MASTHEAD_VAR={folder}".encode() in (process / "environ").read_bytes()
    )

    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: not is_alive(pid))
    first.leave()
    use().ready()

    with connect(folder) as owner:
        assert owner.execute("SELECT n FROM kept").fetchone() == (1,)


@pytest.mark.chaos
def test_a_killed_postgresql_is_started_again_while_it_is_needed(folder, use):
    use().ready()
    pid = postmaster(folder)

    os.kill(pid, signal.SIGKILL)

    def answers():
        try:
            connect(folder).close()
        except psycopg.OperationalError:
            return False
        return postmaster(folder) != pid

    eventually(answers)


def _words(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


# --- What an earlier run may have left ----------------------------------------


@pytest.mark.chaos
def test_a_cluster_that_was_half_made_is_made_again(folder, use):
    half = folder / "postgresql"
    (half / "data.unfinished/base").mkdir(parents=True)
    (half / "data").mkdir()
    (half / "data/postgresql.conf").write_text("# and no more")

    use().ready()

    connect(folder).close()
    assert not (half / "data.unfinished").exists()
    kept = list(half.glob("data.broken-*"))
    assert len(kept) == 1
    assert str(kept[0]) in (folder / "log/servers.log").read_text()


@pytest.mark.chaos
def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(folder, use):
    use().ready().leave()
    keeper_has_ended(folder)
    note = folder / "postgresql/data/postmaster.pid"
    note.write_text(f"{os.getpid()}\n{note.parent}\n")

    use().ready()

    connect(folder).close()


@pytest.mark.chaos
@pytest.mark.parametrize("contents", [None, "{ not json"])
def test_lost_credentials_are_made_anew_and_the_data_kept(folder, use, contents):
    first = use().ready()
    with connect(folder) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 1 AS n")
    first.leave()
    keeper_has_ended(folder)
    secret = folder / "credentials.json"
    secret.unlink() if contents is None else secret.write_text(contents)

    use().ready()

    with connect(folder) as owner:
        assert owner.execute("SELECT n FROM kept").fetchone() == (1,)


@pytest.mark.chaos
def test_a_damaged_redis_file_is_put_aside(folder, use):
    use().ready().leave()
    keeper_has_ended(folder)
    (folder / "redis/appendonly.aof").write_bytes(b"*1\r\n$9\r\nnonsense!!\r\n" * 3)

    # `fast` keeps no file; this one starts as the demo does.
    done = subprocess.run(
        [sys.executable, "-c", USE_THE_SERVERS.replace("fast=True", "")],
        cwd=CHECKOUT,
        env={**os.environ, "MASTHEAD_VAR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "ready\n", done.stderr
    assert len(list((folder / "redis").glob("broken-*.aof"))) == 1


@pytest.mark.chaos
def test_a_path_too_long_for_a_socket_is_no_obstacle(folder):
    deep = folder.joinpath(*["a-rather-long-name-for-a-folder"] * 4)
    deep.mkdir(parents=True)

    command = Command(deep).ready()

    place = Path(credentials(deep)["postgresql"])
    assert deep not in place.parents
    connect(deep).close()
    command.leave()
    subprocess.run(
        [sys.executable, "-m", "cms.embedded.clean"],
        cwd=CHECKOUT,
        env={**os.environ, "MASTHEAD_VAR": str(deep)},
        check=True,
    )
    assert not place.exists()
    assert not deep.exists()


@pytest.mark.chaos
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers change their user")
def test_what_nobody_cannot_reach_moves_to_where_it_can(folder, use):
    folder.parent.chmod(0o700)

    command = use().ready()

    place = Path(credentials(folder)["runtime"])
    assert place.parent == Path("/var/tmp")
    connect(folder).close()
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700  # not ours to open
    command.leave()
    subprocess.run(
        [sys.executable, "-m", "cms.embedded.clean"],
        cwd=CHECKOUT,
        env={**os.environ, "MASTHEAD_VAR": str(folder)},
        check=True,
    )
    assert not place.exists()


# --- Bad input ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PG_BIN", "/nowhere", "PG_BIN=/nowhere holds no postgres and initdb."),
        ("REDIS_BIN", "/nowhere", "REDIS_BIN=/nowhere does not run."),
    ],
)
def test_a_wrong_program_is_refused_in_a_sentence(folder, use, name, value, sentence):
    words = use(**{name: value}).refused()

    assert sentence in words
    assert "Traceback" not in words


def test_settings_without_any_database_say_what_to_do(tmp_path):
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith("DATABASE_URL")
    }
    done = subprocess.run(
        [sys.executable, "-c", "from cms import embedded; embedded.redis_url()"],
        cwd=CHECKOUT,
        env={**env, "MASTHEAD_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "No database is configured." in done.stderr
    assert "make demo" in done.stderr


# --- The neighbours: ports and the supervisor ---------------------------------


def test_who_holds_a_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

        assert ports.is_taken("127.0.0.1", port)
        assert ports.listener(port)[0] == os.getpid()

    assert not ports.is_taken("127.0.0.1", port)
    assert ports.listener(port) is None


def test_the_supervisor_restarts_what_dies_and_ends_all(tmp_path):
    said = []
    child = Child("short", [sys.executable, "-c", "raise SystemExit('I fell')"], None)
    steady = Child("steady", [sys.executable, "-c", SLEEP], None)
    supervisor = Supervisor(
        [child, steady], folder=tmp_path, cwd=tmp_path, say=said.append
    )
    before = {number: signal.getsignal(number) for number in SIGNALS}

    try:
        supervisor.start()
        first = child.process.pid
        eventually(lambda: supervisor.tend() or child.process.pid != first)
        supervisor.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert any("short ended (exit code 1)" in line for line in said)
    assert any("short | I fell" in line for line in said)
    assert steady.process.poll() == -signal.SIGTERM
