"""Mail leaves after the commit, from the worker: what it takes shows in no answer.

Whoever asks for a page waits neither for a mail server nor, measurably, longer for an
address that is known than for one that is not.
"""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from kombu.exceptions import OperationalError

from cms.databases import EDITORIAL

logger = logging.getLogger(__name__)


def compose(template, to, context):
    """(to, subject, text, html) of `…_subject.txt` and `…_message.txt`.

    The HTML is the text in paragraphs, in one frame for all mails.
    """
    context = {
        "site_name": settings.SITE_NAME,
        "site_origin": settings.SITE_ORIGIN,
        "email": to,
        **context,
    }
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    text = render_to_string(f"{template}_message.txt", context).strip() + "\n"
    html = render_to_string("account/email/frame.html", {**context, "text": text})
    return to, subject, text, html


def send_after_commit(template, to, context):
    """Write a mail now, send it when what it tells has happened."""
    from accounts.tasks import send

    letter = compose(template, to, context)
    transaction.on_commit(lambda: hand_over(send, *letter), using=EDITORIAL)


def hand_over(task, *args):
    """To the worker; where the broker is away, to this process."""
    try:
        task.delay(*args)
    except OperationalError:
        logger.warning("The broker is away: %s runs in the web process.", task.name)
        try:
            task.run(*args)
        except (OSError, SMTPException):
            logger.exception("A mail could not be sent; whoever waits may ask again.")


def deliver(to, subject, text, html):
    message = EmailMultiAlternatives(
        subject,
        text,
        settings.DEFAULT_FROM_EMAIL,
        [to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(html, "text/html")
    message.send()
