"""What accounts leaves to the worker: mail, and forgetting."""

from datetime import timedelta
from smtplib import SMTPException

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

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
    """Answers kept for repeated requests, turns that no longer count, old sessions."""
    idempotency.forget_expired()
    limits.forget_expired()
    forget_sessions()


def forget_sessions():
    """Sessions that are over, and what is listed about them."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    an_hour_ago = timezone.now() - timedelta(hours=1)
    UserSession.objects.filter(created_at__lt=an_hour_ago).exclude(
        session_key__in=Session.objects.values("session_key")
    ).delete()
