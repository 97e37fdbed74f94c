"""A visitor whose requests commit, and the mail that comes of them."""

import re

import pytest
from django.core import mail
from django.test import Client, TestCase

from accounts import tasks
from cms.databases import EDITORIAL
from tests import factories


class Visitor(Client):
    """What waits for the commit happens after each request, as in production."""

    def request(self, **request):
        with TestCase.captureOnCommitCallbacks(using=EDITORIAL, execute=True):
            return super().request(**request)


@pytest.fixture
def visit():
    return Visitor()


@pytest.fixture
def another_browser():
    return Visitor()


class Mailbox:
    """Mails that were sent, oldest first."""

    def __iter__(self):
        for letter in mail.outbox:
            letter.link = next(
                iter(re.findall(r"https?://\S+/accounts/\S+", letter.body)), ""
            )
            yield letter

    def __len__(self):
        return len(mail.outbox)

    @property
    def last(self):
        return list(self)[-1]

    def empty(self):
        mail.outbox.clear()


@pytest.fixture
def mailbox(monkeypatch):
    """The worker's mails are sent at once, and stay here."""
    for task in (tasks.send, tasks.send_reset_link):
        monkeypatch.setattr(task, "delay", task)
    return Mailbox()


@pytest.fixture
def ada():
    """Admin."""
    return factories.staff("ada", "admin")


@pytest.fixture
def signed_in(visit):
    """A browser in which somebody is signed in: `signed_in(ada).get(…)`."""

    def enter(person):
        visit.force_login(person, backend="accounts.backends.RoleBackend")
        return visit

    return enter
