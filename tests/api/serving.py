"""A newsroom that answers over HTTP; each process has the keys of production."""

from contextlib import ExitStack, contextmanager
from datetime import timedelta

from django.utils import timezone

from accounts.tokens import SCOPES, ApiToken
from tests.journeys.test_newsroom import (
    answers,
    running,
    throw_out_the_services,
    until,
)
from tests.journeys.test_public_alone import free_port

NO_LIMITS = {
    "API_CONTENT_LIMIT": "0",
    "API_READ_LIMIT": "0",
    "API_WRITE_LIMIT": "0",
}


@contextmanager
def newsroom(*, worker=True, threads=4):
    """The address of everything in one web process, with a worker behind it."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.callback(throw_out_the_services)
        stack.enter_context(
            running(
                *("all", "gunicorn", "cms.wsgi", "--no-control-socket"),
                *("--bind", f"127.0.0.1:{port}", "--limit-request-line", "8190"),
                *("--workers", "1", "--threads", str(threads)),
                SITE_ORIGIN=base,
                **NO_LIMITS,
            )
        )
        if worker:
            stack.enter_context(
                running(
                    *("worker", "celery", "--app", "cms", "worker", "--pool", "solo"),
                    *("--without-mingle", "--without-gossip"),
                    SITE_ORIGIN=base,
                )
            )
        until(lambda: answers(f"{base}/healthz"), seconds=90)
        yield base


def token_of(person, scopes=tuple(SCOPES)):
    """The secret of a token that reaches as far as the person."""
    expires_at = timezone.now() + timedelta(hours=3)
    return ApiToken.objects.issue(person, "Test", scopes, expires_at=expires_at)[1]
