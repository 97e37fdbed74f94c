"""How allauth signs people in here: our limits, our mails, our addresses."""

from time import time

from allauth.account import app_settings as rules
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import has_verified_email, setup_user_email
from allauth.core import context as current
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import forgotten, limits, mail, oidc, second_factor
from accounts.middleware import BEGAN
from accounts.models import User
from cms.addresses import address_of
from cms.databases import EDITORIAL

TRIES_AT_A_NAME = 5


def create(user):
    """Insert somebody new under a profile address that is free.

    Two people of one name may sign up at the same moment. An e-mail address that is
    taken raises IntegrityError all the same.
    """
    for last in range(TRIES_AT_A_NAME, 0, -1):
        user.slug = User.objects.free_slug(user.display_name)
        try:
            with transaction.atomic(using=EDITORIAL):
                user.save(force_insert=True)
            return user
        except IntegrityError as error:
            if "one_profile_address" not in str(error) or last == 1:
                raise


class SignIn(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This e-mail address and password do not go "
        "together. Check both, or ask for a new password.",
        "incorrect_password": "This is not your password. Try again.",
        "enter_current_password": "This is not your present password. Try again.",
        "incorrect_code": second_factor.WRONG_CODE,
        "too_many_login_attempts": "Too many tries. Wait five minutes, then try again.",
        "invalid_password_reset": "This link was used already or is too old. "
        "Ask for a new one.",
        "duplicate_email": "This is your address already.",
    }

    # Who is asking ------------------------------------------------------------

    def get_client_ip(self, request):
        return address_of(request) or "0.0.0.0"  # noqa: S104  (says: unknown)

    # Signing in ---------------------------------------------------------------

    def authenticate(self, request, **credentials):
        """Counted before it is checked: many tries at once are no way round.

        What hashing takes is the same for an address that nobody has; see
        `django.contrib.auth.backends.ModelBackend`.
        """
        seconds = limits.wait_for_password(request, credentials.get("email", ""))
        if seconds:
            raise ValidationError(limits.wait_sentence(seconds), code="too_many_tries")
        user = authenticate(request, **credentials)
        if user is not None:
            limits.came_in(request, credentials.get("email", ""))
        return user

    def is_reauthentication_required(self, *, app, **kwargs):
        """Whoever signed in a moment ago is not asked again at once."""
        began = current.request.session.get(BEGAN, 0)
        if time() - began < rules.REAUTHENTICATION_TIMEOUT:
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def pre_login(self, request, user, *, signal_kwargs=None, **kwargs):
        """What must be right before a session begins."""
        # Whoever was not made by signing up has no row of allauth's.
        know_address(user)
        if user.is_active and (sociallogin := (signal_kwargs or {}).get("sociallogin")):
            oidc.follow(user, sociallogin.account.extra_data)
        return super().pre_login(request, user, signal_kwargs=signal_kwargs, **kwargs)

    def get_login_redirect_url(self, request):
        """Staff to the desk, readers to the site; where they came from goes first."""
        if request.user.is_staff:
            return settings.DESK_URL or reverse("accounts:home")
        return (
            settings.SITE_ORIGIN + "/" if settings.CMS_SERVICE == "editorial" else "/"
        )

    get_signup_redirect_url = get_login_redirect_url

    def get_password_change_redirect_url(self, request):
        return reverse("accounts:home")

    def is_safe_url(self, url):
        """To this host, or to a page of the site or the desk as we know them."""
        if not url:
            return False
        hosts = {current.request.get_host()}
        for known in (settings.SITE_ORIGIN, settings.DESK_URL):
            if "://" in known:
                hosts.add(known.split("://", 1)[1].split("/", 1)[0])
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts=hosts, require_https=current.request.is_secure()
        )

    # Signing up ---------------------------------------------------------------

    def save_user(self, request, user, form, commit=True):
        user.email = form.cleaned_data["email"]
        user.display_name = form.cleaned_data["display_name"]
        if password := form.cleaned_data.get("password1"):
            user.set_password(password)
        else:
            user.set_unusable_password()
        return create(user) if commit else user

    def set_password(self, user, password):
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])

    def confirm_email(self, request, email_address):
        """An address becomes somebody's once it is verified, if nobody else has it."""
        others = User.objects.with_email(email_address.email)
        if others.exclude(pk=email_address.user_id).exists():
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False
        return super().confirm_email(request, email_address)

    # Mail ---------------------------------------------------------------------

    def send_mail(self, template_prefix, email, context):
        context = {
            key: value
            for key, value in context.items()
            if key not in {"request", "current_site"}
        }
        mail.send_after_commit(
            template_prefix,
            email,
            {
                **context,
                # Never with the Host of a request, which anybody can send.
                "signup_url": settings.SITE_ORIGIN + reverse("account_signup"),
                "forgotten_url": settings.SITE_ORIGIN
                + reverse("account_reset_password"),
                "account_url": settings.SITE_ORIGIN + reverse("accounts:home"),
            },
        )

    def get_email_confirmation_url(self, request, emailconfirmation):
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return settings.SITE_ORIGIN + path

    def get_reset_password_from_key_url(self, key):
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.SITE_ORIGIN + path.replace("UID-KEY", key)

    def send_password_reset_mail(self, user, email, context):
        mail.send_after_commit(
            "account/email/password_reset_key",
            user.email,
            {"user": user, "password_reset_url": forgotten.link_for(user)},
        )


def know_address(user):
    """The row of allauth's that goes with a user; verified as the user is."""
    email = user.email.lower()
    if EmailAddress.objects.filter(user_id=user.pk, email=email).exists():
        return
    with transaction.atomic(using=EDITORIAL):
        EmailAddress.objects.filter(user_id=user.pk, primary=True).update(primary=False)
        EmailAddress.objects.get_or_create(
            user=user,
            email=email,
            defaults={"primary": True, "verified": user.email_verified_at is not None},
        )


def verify_address(user):
    """Mark somebody's address as theirs: a link that was sent there came back."""
    know_address(user)
    EmailAddress.objects.filter(user_id=user.pk, email=user.email.lower()).update(
        verified=True, primary=True
    )
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])


class Provider(DefaultSocialAccountAdapter):
    """Sign-in with the provider of the house; see `accounts.oidc`."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": "Choose a password first: without one you could not sign in "
        "any more.",
    }

    def is_open_for_signup(self, request, sociallogin):
        return settings.OIDC_MAKES_ACCOUNTS

    def populate_user(self, request, sociallogin, data):
        user = super().populate_user(request, sociallogin, data)
        full = " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
        name = data.get("name") or full or user.email.split("@")[0]
        user.display_name = name[:255]
        return user

    def save_user(self, request, sociallogin, form=None):
        """allauth would save the person without a profile address."""
        user = sociallogin.user
        user.set_unusable_password()
        if form:
            user.email = form.cleaned_data["email"]
            user.display_name = form.cleaned_data["display_name"]
        with transaction.atomic(using=EDITORIAL):
            create(user)
            save_account(sociallogin)
            setup_user_email(request, user, sociallogin.email_addresses)
            if has_verified_email(user):
                verify_address(user)
        return user

    def pre_social_login(self, request, sociallogin):
        """Connecting writes the connection and leaves the person alone; allauth would
        write every column of the person, which the readers' service may not."""
        sociallogin.save = lambda *args, **kwargs: save_account(sociallogin)

    def validate_disconnect(self, account, accounts):
        if account.user.role_assignments.filter(from_provider=True).exists():
            raise ValidationError(
                f"Your roles come from {settings.OIDC_NAME}. To work without it, ask "
                "an administrator to give you roles by hand first."
            )


def save_account(sociallogin):
    sociallogin.account.user = sociallogin.user
    sociallogin.account.save()
