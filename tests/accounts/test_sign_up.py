"""Making an account: works, whose address it is, bad input, races."""

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC

pytestmark = pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT])

ROSA = {
    "display_name": "Rosa Brandt",
    "email": "Rosa.Brandt@example.org",
    "password1": "a tram to the harbour",
}


def test_somebody_signs_up_confirms_the_address_and_is_in(visit, mailbox):
    page = visit.post("/accounts/signup/?next=/courses/", ROSA | {"next": "/courses/"})
    assert page.url == "/accounts/confirm-email/"
    assert "mailbox" in visit.get(page.url).content.decode()
    (letter,) = mailbox
    assert letter.to == ["rosa.brandt@example.org"]
    assert visit.get("/accounts/").status_code == 302, "not in before the link"

    link = letter.link
    assert "Yes, it is mine" in visit.get(link).content.decode()
    into = visit.post(link)

    assert into.url == "/courses/"
    rosa = User.objects.get(email="rosa.brandt@example.org")
    assert rosa.email_verified_at
    assert rosa.slug == "rosa-brandt"
    assert "Rosa Brandt" in visit.get("/accounts/").content.decode()
