"""Who is at the API's door: sign-in by token or session, and what they may come for.

A token never does more than its person: their rights are asked for besides, by whoever
answers. It is dead at once when they are inactive, when it is revoked or expired.
"""

from rest_framework import authentication, exceptions, permissions

from accounts import second_factor
from accounts.tokens import FORM, ApiToken
from cms import limits
from cms.addresses import address_of
from cms.api.problems import Problem

WRONG_TOKENS = (60, 60)
"""How many wrong tokens one network may show, in how many seconds."""


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer mst_…`"""

    keyword = "Bearer"

    def authenticate(self, request):
        header = authentication.get_authorization_header(request)
        keyword, _, secret = header.decode("latin-1").partition(" ")
        if keyword.lower() != self.keyword.lower():
            return None
        token = self._token_of(secret.strip())
        if token is None:
            often, seconds = WRONG_TOKENS
            network = limits.network_of(address_of(request))
            if wait := limits.take("wrong-token", network, often, seconds):
                raise exceptions.Throttled(wait)
            raise exceptions.AuthenticationFailed(
                "This token is unknown, expired or revoked, or its owner is inactive. "
                "Make a new one at /accounts/tokens/."
            )
        token.note_use()
        return token.user, token

    def _token_of(self, secret):
        if not FORM.fullmatch(secret):
            return None
        known = ApiToken.objects.in_force().with_secret(secret)
        return known.select_related("user").first()

    def authenticate_header(self, request):
        return f'{self.keyword} realm="Masthead"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's own session; unsafe methods need the CSRF token as anywhere."""


class SignedIn(permissions.BasePermission):
    """Somebody is signed in, and what they came with reaches this far.

    A view says what a token needs: `scope_to_read`, `scope_to_write`, and
    `scope_of = {action: scope}` for single actions. A view that says nothing is closed
    to tokens. By session, staff come in with their second factor only.
    """

    message = "Sign in, or send a token."

    def has_permission(self, request, view):
        user = request.user
        if user is None or not user.is_authenticated or not user.is_active:
            return False
        if isinstance(request.auth, ApiToken):
            self._check_scope(request, view)
        elif second_factor.missing(user):
            raise Problem(
                "second-factor",
                "Staff need a second factor here. Set one up at /accounts/2fa/.",
            )
        return True

    def _check_scope(self, request, view):
        scope = needed_scope(request.method, view)
        if scope is None:
            raise Problem("scope", "Tokens have no business here; sign in.")
        if scope != ANY_SCOPE and not request.auth.allows(scope):
            raise Problem(
                "scope",
                f"This needs a token with the scope {scope}; yours has "
                f"{', '.join(request.auth.scopes)}.",
            )


ANY_SCOPE = "any"


def needed_scope(method, view):
    """The scope a token needs for this view, `ANY_SCOPE`, or None: no token will do."""
    by_action = getattr(view, "scope_of", {}).get(getattr(view, "action", None))
    if by_action:
        return by_action
    safe = method in permissions.SAFE_METHODS
    return getattr(view, "scope_to_read" if safe else "scope_to_write", None)
