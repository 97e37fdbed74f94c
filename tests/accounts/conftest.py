"""A visitor whose requests commit, and the mail that comes of them."""

import re

import pytest
from django.core import mail
from django.test import Client, TestCase

from accounts import oidc, tasks
from accounts.models import Role
from cms.databases import EDITORIAL
from tests import factories
from tests.accounts import oidc_provider


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


# --- The sign-in provider of the house --------------------------------------------

NORA = {
    "sub": "nora-1",
    "email": "nora@example.org",
    "email_verified": True,
    "name": "Nora Lind",
    "groups": ["newsroom", "everybody"],
}


@pytest.fixture(scope="module")
def running_provider():
    with oidc_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(running_provider, settings):
    app = {
        "provider_id": oidc.ID,
        "name": "The House",
        "client_id": oidc_provider.CLIENT,
        "secret": oidc_provider.SECRET,
        "settings": {
            "server_url": running_provider.issuer,
            "email_authentication": False,
        },
    }
    settings.OIDC_SERVER_URL = running_provider.issuer
    settings.OIDC_NAME = "The House"
    settings.OIDC_ROLES = {
        "newsroom": "author",
        "newsroom-chiefs": "editor_chief",
        "root": "super_admin",
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    for code in ("author", "editor_chief"):
        Role.objects.update_or_create(
            code=code, defaults={"name": code, "from_provider": True}
        )
    running_provider.person = dict(NORA)
    running_provider.app = app
    return running_provider


def come_in(provider, browser=None, path="/accounts/oidc/oidc/login/"):
    """Press the button, say yes there, come back; the answer to that."""
    browser = browser or Visitor()
    there = browser.post(path)
    assert there.url.startswith(f"{provider.issuer}/authorize?"), there.url
    return browser.get(provider.say_yes(there.url))
