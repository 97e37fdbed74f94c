"""The page on which somebody looks after their account."""

from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.forms import ProfileForm


def _where_from(request):
    """The page of ours whose link led here: whoever signs in goes back there."""
    came = urlsplit(request.headers.get("referer", ""))
    is_ours = came.netloc == request.get_host()
    if is_ours and not came.path.startswith(("/accounts/", "/admin/", "//")):
        return came.path or "/"
    return reverse("accounts:home")


@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    if not request.user.is_authenticated:
        return redirect_to_login(_where_from(request))
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:home")
    user = request.user
    factors = Authenticator.objects.filter(user_id=user.pk)
    kinds = [factor.type for factor in factors]
    return render(
        request,
        "accounts/home.html",
        {
            "form": form,
            "pending": EmailAddress.objects.get_new(user),
            "has_app": Authenticator.Type.TOTP in kinds,
            "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
            "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
            "needs_second_factor": second_factor.missing(user),
            "sessions": len(UserSession.objects.purge_and_list(user)),
            "roles": _roles(user),
            "desk": settings.DESK_URL if user.is_staff else "",
            "tokens": _address_of_tokens(),
            "provider": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
        },
        status=400 if form.errors else 200,
    )


def _roles(user):
    current = user.role_assignments.current().select_related("role")
    return sorted({one.role.name for one in current})


def _address_of_tokens():
    try:
        return reverse("accounts:tokens")
    except NoReverseMatch:
        return ""
