"""The page on which people make, see and revoke their tokens."""

from datetime import timedelta

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, second_factor
from accounts.tokens import LONGEST_LIFE, MOST_TOKENS, SCOPES, ApiToken
from cms.databases import EDITORIAL

LIVES = {7: "A week", 30: "30 days", 90: "90 days", 365: "A year"}
FOR_EVERYBODY = ("content:read",)
"""Scopes that reach something for people without a role."""


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="What it is for, so that you know it again: “Newsletter export”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        help_text="Never more than you may yourself. Choose as little as it needs.",
    )
    days = forms.TypedChoiceField(
        label="How long",
        coerce=int,
        choices=list(LIVES.items()),
        initial=90,
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.user = user
        known = SCOPES if user.is_staff else FOR_EVERYBODY
        self.fields["scopes"].choices = [
            (scope, f"{SCOPES[scope]} ({scope})") for scope in known
        ]

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("Use letters, digits and signs one can see.")
        return name

    def clean(self):
        if self.user.api_tokens.in_force().count() >= MOST_TOKENS:
            raise forms.ValidationError(
                f"You have {MOST_TOKENS} tokens. Revoke one that is no longer used."
            )
        return super().clean()

    def expires_at(self):
        life = timedelta(days=self.cleaned_data["days"])
        return timezone.now() + min(life, LONGEST_LIFE)


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("secret")
def tokens(request):
    """The secret stands in the answer to the form, once, and nowhere else."""
    user = request.user
    closed = second_factor.missing(user)
    form = TokenForm(user, request.POST or None)
    token = secret = None
    if request.method == "POST" and not closed and form.is_valid():
        with transaction.atomic(using=EDITORIAL):
            token, secret = ApiToken.objects.issue(
                user,
                form.cleaned_data["name"],
                form.cleaned_data["scopes"],
                expires_at=form.expires_at(),
            )
            audit.record(
                "token_issued",
                by=user,
                about=user,
                request=request,
                token=token.name,
                scopes=token.scopes,
            )
        form = TokenForm(user)
    listed = user.api_tokens.all()
    return render(
        request,
        "accounts/tokens.html",
        {
            "form": form,
            "new_token": token,
            "secret": secret,
            "in_force": [each for each in listed if each.is_in_force],
            "over": [each for each in listed if not each.is_in_force][:20],
            "closed": closed,
        },
        status=400 if form.errors else 403 if closed and request.POST else 200,
    )


@never_cache
@login_required
@require_POST
def revoke(request, pk):
    """Needs no password again: whoever has lost a token must not be held up."""
    token = get_object_or_404(request.user.api_tokens, pk=pk)
    if token.revoked_at is None:
        with transaction.atomic(using=EDITORIAL):
            token.revoke()
            audit.record(
                "token_revoked",
                by=request.user,
                about=request.user,
                request=request,
                token=token.name,
            )
        messages.success(request, f"“{token.name}” is revoked. It opens nothing now.")
    return redirect("accounts:tokens")
