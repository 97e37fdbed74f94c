"""From a stranger to somebody with a passkey, in a real Chromium.

Served by the readers' service with the keys that it has in production (cms_accounts),
mailed by the worker over SMTP, and signed with Chromium's own virtual authenticator.
"""

import re
import socket
from contextlib import ExitStack
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from accounts import invitations
from accounts.models import Invitation, User
from cms.databases import EDITORIAL
from tests import factories
from tests.serving import answers, free_port, running, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

PASSWORD = "a tram to the harbour"


class PostOffice:
    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(
            message_from_bytes(envelope.original_content, policy=policy.default)
        )
        return "250 OK"

    def link_to(self, address):
        """The link in the next letter to somebody; those to others stay unread."""

        def theirs():
            found = [one for one in self.letters if one["To"] == address]
            return found and self.letters.pop(self.letters.index(found[0]))

        text = until(theirs, seconds=90).get_body(("plain",)).get_content()
        return re.search(r"https?://\S+/accounts/\S+", text)[0]


@pytest.fixture
def post_office():
    kept = PostOffice()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        kept.port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=kept.port)
    controller.start()
    yield kept
    controller.stop()


@pytest.fixture
def readers_service(post_office):
    """Its address; by name, because passkeys want one."""
    port = free_port()
    base = f"http://localhost:{port}"
    environment = {
        "SITE_ORIGIN": base,
        "EMAIL_URL": f"smtp://127.0.0.1:{post_office.port}",
    }
    with ExitStack() as stack:
        stack.enter_context(
            running(
                *("engagement", "gunicorn", "cms.wsgi", "--no-control-socket"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"),
                **environment,
            )
        )
        stack.enter_context(
            running(
                *("worker", "celery", "--app", "cms", "worker", "--pool", "solo"),
                *("--without-mingle", "--without-gossip"),
                **environment,
            )
        )
        until(lambda: answers(f"{base}/healthz"), seconds=90)
        yield base


def open_page(browser, base):
    page = browser.new_context(
        base_url=base, viewport={"width": 1280, "height": 900}
    ).new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def with_authenticator(page):
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_from_a_stranger_to_somebody_with_a_passkey(
    chromium,
    readers_service,
    post_office,
):
    page = open_page(chromium, readers_service)
    with_authenticator(page)

    page.goto("/accounts/signup/?next=/accounts/")
    page.get_by_label("Name").fill("Rosa Brandt")
    page.get_by_label("E-mail address").fill("rosa@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.wait_for_url("**/accounts/confirm-email/")
    page.goto(post_office.link_to("rosa@example.org"))
    page.get_by_role("button", name="Yes, it is mine").click()
    page.wait_for_url("**/accounts/")
    assert page.locator("h1").inner_text() == "Rosa Brandt"
    rosa = User.objects.using(EDITORIAL).get(email="rosa@example.org")
    assert rosa.email_verified_at

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/recovery-codes/")
    assert page.locator(".codes li").count() == 10

    page.goto("/accounts/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{readers_service}/")
    page.goto("/accounts/")
    assert page.locator("h1").inner_text() == "Rosa Brandt"
    # The start page is another service's: Chromium says that it answered 404.
    assert [said for said in page.complaints if "404" not in said] == []

    without_scripts(chromium, readers_service, post_office)


def without_scripts(browser, base, post_office):
    """Everything but passkeys, and a forgotten password."""
    page = browser.new_context(base_url=base, java_script_enabled=False).new_page()
    page.goto("/accounts/signup/?next=/accounts/")
    page.get_by_label("Name").fill("Omar")
    page.get_by_label("E-mail address").fill("omar@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.goto(post_office.link_to("omar@example.org"))
    page.get_by_role("button", name="Yes, it is mine").click()
    page.wait_for_url("**/accounts/")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/accounts/password/reset/")
    page.get_by_label("E-mail address").fill("omar@example.org")
    page.get_by_role("button", name="Send me a link").click()
    page.goto(post_office.link_to("omar@example.org"))
    page.get_by_label("New password", exact=True).fill("the ferry leaves at nine")
    page.get_by_label("The new password again").fill("the ferry leaves at nine")
    page.get_by_role("button", name="Save the password").click()
    page.get_by_role("link", name="Sign in", exact=True).last.click()
    assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
    page.get_by_label("E-mail address").fill("omar@example.org")
    page.get_by_label("Password").fill("the ferry leaves at nine")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto("/accounts/")
    assert page.locator("h1").inner_text() == "Omar"


def test_somebody_who_was_invited_comes_in(visitor, newsroom, ines):
    """Browsers send no Origin from a page that wants no referrer: forms must go."""
    nele = factories.staff("nele", "author")
    nele.set_unusable_password()
    nele.save()
    invitation = Invitation.objects.create(user=nele, invited_by=ines)
    page = visitor(java_script_enabled=False)

    page.goto(f"/accounts{invitations.link_of(invitation).partition('/accounts')[2]}")
    page.locator("main button[type=submit]").click()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("The new password again").fill(PASSWORD)
    page.get_by_role("button", name="Save the password").click()

    page.get_by_role("link", name="Sign in", exact=True).last.wait_for()
    invitation.refresh_from_db()
    assert invitation.accepted_at
