"""Links with which somebody chooses a password: a forgotten one, or their first."""

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts import mail
from accounts.models import User


def link_for(user):
    """Works once, for PASSWORD_RESET_TIMEOUT, and for this e-mail address.

    It begins with SITE_ORIGIN and never with the Host of a request, which anybody can
    send. Who opens it and chooses a password has shown that the address is theirs.
    """
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": PASSWORD_RESET_TOKEN_GENERATOR().make_token(user),
        },
    )
    return settings.SITE_ORIGIN + path


def write_to(email):
    """The mail for somebody who asked: a link, or that nobody has this address.

    It goes to the address of the account as we have it, not as it was typed: two
    spellings that look alike may be two mailboxes (CVE-2019-19844).
    """
    user = User.objects.filter(is_active=True).with_email(email).first()
    if user is None:
        signup_url = settings.SITE_ORIGIN + reverse("account_signup")
        letter = mail.compose(
            "account/email/unknown_account", email, {"signup_url": signup_url}
        )
    else:
        letter = mail.compose(
            "account/email/password_reset_key",
            user.email,
            {"user": user, "password_reset_url": link_for(user)},
        )
    mail.deliver(*letter)
