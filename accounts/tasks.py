"""What accounts leaves to the worker: mail, and forgetting."""

from smtplib import SMTPException

from celery import shared_task

from accounts import forgotten, mail
from cms import limits
from cms.api import idempotency

AGAIN_FOR_AN_HOUR = {
    "autoretry_for": (OSError, SMTPException),
    "retry_backoff": 10,
    "retry_backoff_max": 600,
    "max_retries": 12,
}
"""A mail server that is away is tried again."""


@shared_task(**AGAIN_FOR_AN_HOUR)
def send(to, subject, text, html):
    mail.deliver(to, subject, text, html)


@shared_task(**AGAIN_FOR_AN_HOUR)
def send_reset_link(email):
    """The address is looked up here: the page does the same work for each of them."""
    forgotten.write_to(email)


@shared_task
def forget_expired():
    """Answers kept for repeated requests, and turns that no longer count."""
    idempotency.forget_expired()
    limits.forget_expired()
