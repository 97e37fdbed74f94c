"""Mail, over real SMTP: what arrives, and what happens when nothing does."""

import smtplib
import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.core.exceptions import ImproperlyConfigured

from accounts import mail, tasks
from cms import env
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests.accounts.conftest import Visitor

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])


class Kept:
    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def post_office(settings):
    """A mail server that keeps what it gets, and settings that point to it."""
    kept = Kept()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    found = env.mail(f"smtp://127.0.0.1:{port}", name="EMAIL_URL")
    for name, value in found.items():
        setattr(settings, name, value)
    yield kept
    controller.stop()


def test_a_mail_arrives_as_text_and_html_without_anything_that_reports(
    post_office, monkeypatch
):
    monkeypatch.setattr(tasks.send, "delay", tasks.send)
    Visitor().post(
        "/accounts/signup/",
        {
            "display_name": "Zoë <b>B</b>",
            "email": "zoe@example.org",
            "password1": "a tram to the harbour",
        },
    )

    (envelope,) = post_office.envelopes
    assert envelope.rcpt_tos == ["zoe@example.org"]
    message = message_from_bytes(envelope.original_content, policy=policy.default)
    assert not [part.defects for part in message.walk() if part.defects]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] and message["Date"]
    assert max(map(len, envelope.original_content.split(b"\n"))) < 999
    text, html = (part.get_content() for part in message.iter_parts())
    assert "Hello Zoë <b>B</b>" in text
    assert "Zoë &lt;b&gt;B&lt;/b&gt;" in html
    assert "<img" not in html and "<script" not in html
    assert "/accounts/confirm-email/" in text
    assert 'href="http://127.0.0.1:8000/accounts/confirm-email/' in html


def test_a_name_does_not_add_headers():
    letter = mail.compose(
        "account/email/email_confirmation",
        "x@example.org",
        {"user": None, "activate_url": "https://x.example/\r\nBcc: y@example.org"},
    )

    assert "\n" not in letter[1]


def test_a_mail_server_that_is_away_is_tried_again_later(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    with pytest.raises(OSError):
        tasks.send.run("x@example.org", "Hello", "Hello", "<p>Hello</p>")
    assert OSError in tasks.send.autoretry_for
    assert smtplib.SMTPException in tasks.send.autoretry_for


def test_where_the_broker_is_away_the_page_sends_the_mail_itself(
    post_office, monkeypatch
):
    from kombu.exceptions import OperationalError

    def away(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.send, "delay", away)

    mail.hand_over(tasks.send, "x@example.org", "Hello", "Hello", "<p>Hello</p>")

    assert len(post_office.envelopes) == 1


def test_the_address_of_the_mail_server_is_read_or_refused():
    found = env.mail("smtp://me:p%40ss@mail.example:587?tls=1", name="EMAIL_URL")
    assert found["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == (587, True)
    assert env.mail("smtps://mail.example", name="EMAIL_URL")["EMAIL_PORT"] == 465
    for wrong in ("mail.example", "http://mail.example", "smtp://", "smtp://x:port"):
        with pytest.raises(ImproperlyConfigured):
            env.mail(wrong, name="EMAIL_URL")
