"""Gives the tests a PostgreSQL and a Redis of their own, before settings are read.

Loaded by `-p tests.embedded_plugin` in pyproject.toml: conftest.py would be too late,
because pytest-django reads the settings first. The cluster is fast and forgetful and
lives in a temporary folder, which its keeper deletes when pytest is gone, even when
pytest was killed. Set the three *_DATABASE_URL and REDIS_URL to bring your own.

Migrating is what takes time, so a migrated cluster is kept in `var/test-clusters` until
a migration or a version changes. Its three databases are the templates of the tests'.

Python's compiled files are written even where PYTHONDONTWRITEBYTECODE asks for none:
the tests start Python some forty times, and compiling is most of a start.
"""

import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

CHECKOUT = Path(__file__).resolve().parent.parent
KEPT = CHECKOUT / "var" / "test-clusters"
DATABASE_URLS = (
    "EDITORIAL_DATABASE_URL",
    "PUBLIC_DATABASE_URL",
    "ENGAGEMENT_DATABASE_URL",
)
LONG = [
    "test_chaos.py",
    "test_never_down.py",
    "test_walk.py",
    "test_demo.py",
    "test_canaries.py",
    "test_sync_properties.py",
    "test_guessing.py",
    "test_demo_content.py",
    "test_embedded.py",
    "test_real_exports.py",
    "test_roles.py",
    "test_services.py",
]
"""What takes longest goes first: at the end one worker would wait for the other."""
OURS = "MASTHEAD_TEST_CLUSTER"
"""Set where the cluster is ours, in the workers of xdist too."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    os.environ["CMS_SERVICE"] = "test"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Two Redis databases for each worker: cache and broker. 0 and 1 are nobody's.
        os.environ["MASTHEAD_REDIS_DATABASE"] = str(2 * int(worker[2:]) + 2)
    elif not {"-h", "--help", "-V", "--version"} & set(args) and not any(
        map(os.environ.get, DATABASE_URLS)
    ):
        _start_servers()
    result = yield
    if os.environ.get(OURS):
        _use_the_templates()
    from tests import emptying

    emptying.install()
    return result


def pytest_configure(config):
    if os.environ.get(OURS):
        config.option.reuse_db = True  # the keeper deletes the whole cluster


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def pytest_collection_finish():
    """What was loaded stays: not looking through it again saves a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def pytest_unconfigure(config):
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        from cms import embedded

        embedded.release()


def _start_servers():
    from cms import embedded

    try:
        kept = KEPT / _fingerprint()
        if not (kept / "credentials.json").exists():
            _one_at_a_time(_keep_a_migrated_cluster, kept)
        _use_folder()
        _copy(kept, embedded.var())
        embedded.ensure(fast=True, throwaway=True)
        _let_the_owner_skip_triggers()
    except embedded.ServersUnavailable as error:
        raise pytest.UsageError(str(error)) from None
    os.environ[OURS] = "1"


def _let_the_owner_skip_triggers():
    """For emptying tables between tests: some refuse to be deleted from."""
    import psycopg

    from cms.databases import OWNER
    from cms.embedded import credentials

    known = credentials.read()
    with psycopg.connect(
        host=known["postgresql"],
        user=credentials.SUPERUSER,
        password=known["passwords"][credentials.SUPERUSER],
        dbname="postgres",
    ) as connection:
        connection.execute(
            f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}"
        )


def copy_migrated_cluster(folder):
    """For a newsroom of its own that need not begin with migrating.

    There is none where the tests were given servers; then it migrates.
    """
    kept = KEPT / _fingerprint()
    if (kept / "credentials.json").exists():
        _copy(kept, folder)


def _use_folder():
    folder = tempfile.mkdtemp(prefix="masthead-test-")
    os.chmod(folder, 0o711)  # root's servers run as nobody, who must get in
    os.environ["MASTHEAD_VAR"] = folder


def _use_the_templates():
    from django.db import connections

    from cms.databases import ALIASES, NAMES

    for alias in ALIASES:
        connections[alias].settings_dict["TEST"]["TEMPLATE"] = NAMES[alias]


# --- The migrated cluster -----------------------------------------------------


def _fingerprint():
    """Changes with migrations, versions and roles.

    Nothing more is needed: the tests' databases are still migrated and given their
    grants; there is just little left to do.
    """
    seen = hashlib.sha256()
    for pattern in ("*/migrations/*.py", "constraints.txt", "cms/roles.py"):
        for path in sorted(CHECKOUT.glob(pattern)):
            seen.update(path.name.encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def _one_at_a_time(prepare, kept):
    """Whoever comes while another test run prepares the cluster uses that one."""
    from cms.embedded.locks import Lock

    KEPT.mkdir(parents=True, exist_ok=True)
    lock = Lock(KEPT / "preparing.lock")
    lock.take(patience=300)
    try:
        if not kept.exists():
            prepare(kept)
    finally:
        lock.release()


def _keep_a_migrated_cluster(kept):
    from cms import embedded

    print("Preparing the test databases (once for each change of migrations)")
    _use_folder()
    folder = embedded.var()
    embedded.ensure(fast=True)
    try:
        done = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "migrate",
                "--verbosity",
                "0",
                "--skip-checks",
            ],
            cwd=CHECKOUT,
            env={**os.environ, "CMS_SERVICE": "migrate"},
            capture_output=True,
            text=True,
        )
    finally:
        embedded.release()
    if done.returncode:
        raise pytest.UsageError(f"The migrations fail:\n{done.stderr[-3000:]}")
    _forget_old_ones()
    unfinished = KEPT / f"unfinished-{os.getpid()}"
    unfinished.mkdir()
    _copy(folder, unfinished)
    shutil.rmtree(folder)
    unfinished.rename(kept)


def _forget_old_ones():
    """Those of yesterday, and halves: whoever made one was killed."""
    for old in KEPT.glob("*/"):
        is_old = time.time() - old.stat().st_mtime > 24 * 60 * 60
        if is_old or old.name.startswith("unfinished-"):
            shutil.rmtree(old, ignore_errors=True)


def _copy(source, target):
    """The data with their owner, and the passwords without the addresses."""
    subprocess.run(["cp", "-a", source / "postgresql", target], check=True)
    secret = target / "credentials.json"
    known = json.loads((source / "credentials.json").read_text())
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        json.dump({key: known[key] for key in ("passwords", "secret_key")}, file)
