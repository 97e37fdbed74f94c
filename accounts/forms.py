"""Forms of the pages on which people sign up, sign in and look after their account."""

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as app
from allauth.mfa.webauthn import forms as passkey
from allauth.socialaccount import forms as provider
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction

from accounts import limits, mail, tasks
from accounts.models import User
from cms.databases import EDITORIAL


class Labels:
    """One name for one thing, on all pages."""

    NAMES = {
        "login": "E-mail address",
        "email": "E-mail address",
        "password": "Password",
        "password1": "Password",
        "password2": "The same password again",
        "oldpassword": "Present password",
        "code": "Code",
        "name": "Name of this passkey",
        "passwordless": "Sign in with it alone, without a password",
    }
    names: dict[str, str] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (self.NAMES | self.names).items():
            if field := self.fields.get(name):
                field.label = label
                field.widget.attrs.pop("placeholder", None)
                if name == "password":
                    field.help_text = ""
        for name in ("login", "email"):
            if field := self.fields.get(name):
                field.max_length = 255
                field.validators.append(MaxLengthValidator(255))
                field.widget.attrs |= {"autocapitalize": "none", "maxlength": "255"}


class LoginForm(Labels, account.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class Naming(forms.Form):
    display_name = forms.CharField(
        label="Name",
        max_length=255,
        help_text="Readers see it beside what you write.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["display_name", "email", "password1"]

    def clean_display_name(self):
        name = " ".join(self.cleaned_data["display_name"].split())
        if not name.isprintable():
            raise ValidationError("Use letters, digits and signs that can be seen.")
        return name


class SignupForm(Labels, account.SignupForm, Naming):
    """An address that somebody has gets the same answer, after the same work."""

    def try_save(self, request):
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
            return super().try_save(request)
        try:
            with transaction.atomic(using=EDITORIAL):
                return super().try_save(request)
        except IntegrityError:
            # Somebody signed up with this address a moment ago.
            if not User.objects.with_email(self.cleaned_data["email"]).exists():
                raise
            self.account_already_exists = True
            return super().try_save(request)


class ProviderSignupForm(Labels, provider.SignupForm, Naming):
    pass


class ResetPasswordForm(Labels, account.ResetPasswordForm):
    """Looks nobody up: the worker does, and writes to whoever it is."""

    def clean_email(self):
        return get_adapter().clean_email(self.cleaned_data["email"].lower())

    def save(self, request, **kwargs):
        email = self.cleaned_data["email"]
        transaction.on_commit(
            lambda: mail.hand_over(tasks.send_reset_link, email), using=EDITORIAL
        )
        return email


class ResetPasswordKeyForm(Labels, account.ResetPasswordKeyForm):
    names = {"password1": "New password", "password2": "The new password again"}

    def clean(self):
        """Of two who open one link at once only the first is let in: the token is
        checked again, and the password set, while the row is locked."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        with transaction.atomic(using=EDITORIAL):
            locked = User.objects.select_for_update().get(pk=self.user.pk)
            if not account.default_token_generator.check_token(locked, self.temp_key):
                raise get_adapter().validation_error("invalid_password_reset")
            get_adapter().set_password(locked, cleaned["password1"])
        return cleaned

    def save(self):
        """Done already."""


class SetPasswordForm(Labels, account.SetPasswordForm):
    names = {"password1": "New password", "password2": "The new password again"}


class ChangePasswordForm(Labels, account.ChangePasswordForm):
    names = {"password1": "New password", "password2": "The new password again"}


class ReauthenticateForm(Labels, account.ReauthenticateForm):
    pass


class AddEmailForm(Labels, account.AddEmailForm):
    names = {"email": "New e-mail address"}


class Counted:
    """A code is counted before it is checked, and signs in once."""

    def clean_code(self):
        if seconds := limits.wait_for_code(self.user):
            raise ValidationError(limits.wait_sentence(seconds), code="too_many_tries")
        code = super().clean_code()
        if limits.was_used(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(Labels, Counted, second_factor.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(Labels, Counted, second_factor.ReauthenticateForm):
    pass


class ActivateTOTPForm(Labels, Counted, app.ActivateTOTPForm):
    names = {"code": "Code that the app shows"}


class AddWebAuthnForm(Labels, passkey.AddWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True
        self.fields[
            "passwordless"
        ].help_text = "The device then asks for your finger, face or PIN each time."


class ProfileForm(Naming, forms.ModelForm):
    field_order = ["display_name", "bio", "website"]

    class Meta:
        model = User
        fields = ("display_name", "bio", "website")
        labels = {"bio": "About you", "website": "Web site"}
        widgets = {"bio": forms.Textarea(attrs={"rows": 4, "maxlength": 2000})}

    def save(self, commit=True):
        """These columns and no others: what else changed meanwhile stays."""
        self.instance.save(update_fields=[*self.Meta.fields, "updated_at"])
        return self.instance
