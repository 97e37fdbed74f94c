"""Everything under /accounts/ works with the rights of the readers' service alone."""

from contextlib import contextmanager

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.db import ProgrammingError, connection, connections, transaction

from accounts import forgotten
from accounts.models import User
from cms import env
from cms.databases import EDITORIAL, ENGAGEMENT, PUBLIC
from tests import factories
from tests.accounts.conftest import Visitor, come_in
from tests.accounts.test_second_factors import code_of
from tests.serving import url_as

pytestmark = [
    pytest.mark.django_db(databases=[EDITORIAL, PUBLIC, ENGAGEMENT], transaction=True),
    pytest.mark.usefixtures("epochs"),
]

NEW = "the ferry leaves at nine"


@contextmanager
def readers_service():
    """Connected as cms_accounts."""
    here = connections[EDITORIAL]
    kept = dict(here.settings_dict)
    theirs = env.database(url_as("cms_accounts", EDITORIAL), name="as cms_accounts")
    here.close()
    here.settings_dict.update(
        {key: theirs[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    )
    try:
        yield
    finally:
        here.close()
        here.settings_dict.clear()
        here.settings_dict.update(kept)


def test_people_come_in_and_look_after_their_account(
    rosa,
    mailbox,
    provider,
):
    link = forgotten.link_for(rosa)
    with readers_service():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("cms_accounts",)
        browser = Visitor()
        form = browser.get(link).url
        browser.post(
            form, {"password1": "a new word here", "password2": "a new word here"}
        )
        browser.post(
            "/accounts/login/", {"login": rosa.email, "password": "a new word here"}
        )
        assert browser.get("/accounts/").status_code == 200
        browser.post("/accounts/", {"display_name": "Rosa B."})
        browser.post("/accounts/email/", {"email": "r@new.example", "action_add": ""})
        asked = [one for one in mailbox if one.to == ["r@new.example"]]
        browser.post(asked[0].link)
        secret = generate_totp_secret()
        session = browser.session
        session["mfa.totp.secret"] = secret
        session.save()
        browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
        browser.post("/accounts/2fa/recovery-codes/generate/")
        browser.post("/accounts/sessions/")
        browser.post("/accounts/2fa/totp/deactivate/")
        come_in(provider, newcomer := Visitor())
        assert newcomer.get("/accounts/").status_code == 200
        browser.post("/accounts/logout/")

    kept = User.objects.get(pk=rosa.pk)
    assert (kept.display_name, kept.email) == ("Rosa B.", "r@new.example")
    assert not Authenticator.objects.filter(user=rosa).exists()
    nora = SocialAccount.objects.get(uid="nora-1").user
    assert {one.role_id for one in nora.role_assignments.all()} == {"author"}


def test_and_cannot_do_more(rosa):
    TOTP.activate(rosa, generate_totp_secret())
    admin = factories.staff("ada", "admin")
    with readers_service():
        for statement in (
            "UPDATE users SET is_superuser = true",
            "UPDATE users SET is_active = true",
            "DELETE FROM users",
            f"INSERT INTO user_roles (id, user_id, role_id, assigned_at, from_provider)"
            f" VALUES ('{admin.pk}', '{rosa.pk}', 'admin', now(), false)",
            "SELECT * FROM articles",
            "SELECT * FROM versions",
        ):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(using=EDITORIAL),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
