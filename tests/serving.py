"""Services of ours as processes, each with the keys that it has in production."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
from django.db import connections
from django.utils import timezone

from accounts.tokens import SCOPES, ApiToken
from cms import embedded
from cms.databases import ALIASES, OWNER, PUBLIC, SERVICES

ROOT = Path(__file__).resolve().parents[1]

URL_OF = {
    "default": "EDITORIAL_DATABASE_URL",
    "public": "PUBLIC_DATABASE_URL",
    "engagement": "ENGAGEMENT_DATABASE_URL",
}
NO_LIMITS = {
    "API_CONTENT_LIMIT": "0",
    "API_READ_LIMIT": "0",
    "API_WRITE_LIMIT": "0",
}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def url_as(role, alias):
    """The test database behind an alias, as another role."""
    name = connections[alias].settings_dict["NAME"]
    path, _, query = embedded.database_url(alias, role).partition("?")
    return f"{path.rsplit('/', 1)[0]}/{name}?{query}"


@contextmanager
def running(service, *command, **env):
    """A service of ours as a process, with the keys that this service has."""
    keys = {
        URL_OF[alias]: url_as(role, alias) for alias, role in SERVICES[service].items()
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={
            **os.environ,
            **keys,
            "CMS_SERVICE": service,
            "DEBUG": "1",
            "SECRET_KEY": "x" * 50,
            "STAFF_NEED_MFA": "0",
            "REDIS_URL": embedded.redis_url(),
            "CELERY_BROKER_URL": embedded.broker_url(),
            **env,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def newsroom(*, threads=4, **env):
    """The address of everything in one web process."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with running(
        *("all", "gunicorn", "cms.wsgi", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "--limit-request-line", "8190"),
        *("--workers", "1", "--threads", str(threads)),
        **{"SITE_ORIGIN": base, **NO_LIMITS, **env},
    ):
        until(lambda: answers(f"{base}/healthz"), seconds=90)
        yield base


def worker(base, **env):
    """The worker behind it; a context manager."""
    return running(
        *("worker", "celery", "--app", "cms", "worker", "--concurrency", "2"),
        *("--without-mingle", "--without-gossip"),
        **{"SITE_ORIGIN": base, **env},
    )


@contextmanager
def newsroom_with_worker(**options):
    with ExitStack() as stack:
        base = stack.enter_context(newsroom(**options))
        stack.enter_context(worker(base))
        yield base


def until(true, seconds=30):
    """Wait for what another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError("It did not happen in time.")


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def throw_out_the_services():
    """A connection that outlives its process would keep the test databases."""
    superuser = embedded.database_url(PUBLIC, "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = ANY(%s) AND usename <> %s",
            [[connections[alias].settings_dict["NAME"] for alias in ALIASES], OWNER],
        )


def token_of(person, scopes=tuple(SCOPES)):
    """The secret of a token that reaches as far as the person."""
    expires_at = timezone.now() + timedelta(hours=3)
    return ApiToken.objects.issue(person, "Test", scopes, expires_at=expires_at)[1]
