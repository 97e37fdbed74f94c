"""How often somebody may try. Counted exactly, whatever runs at the same time.

An account is limited together with the network that tries, tightly, and by itself,
loosely: guessing from a thousand networks is slow, and nobody locks out somebody else
with ten wrong passwords. The network is what `cms.addresses` says, not a header.
"""

from cms.addresses import address_of
from cms.limits import forget, network_of, take

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60

PASSWORDS = ((10, 5 * MINUTE), (100, HOUR), (100, 5 * MINUTE))
"""Tries for an account from one network, for an account, from one network."""
CODES = (10, 5 * MINUTE)
"""Tries of a code of the second factor, for one person."""

PAGES = {
    # name of the page: (tries from one network, seconds), what is typed, (tries for it)
    "account_signup": ((20, HOUR), "email", (5, HOUR)),
    "account_reset_password": ((20, HOUR), "email", (5, HOUR)),
    "account_reset_password_from_key": ((30, HOUR), None, None),
    "account_confirm_email": ((60, HOUR), None, None),
    "account_email": ((20, HOUR), None, None),
    "account_change_password": ((20, HOUR), None, None),
    "account_set_password": ((20, HOUR), None, None),
    "mfa_activate_totp": ((30, HOUR), None, None),
    "mfa_login_webauthn": ((60, 5 * MINUTE), None, None),
    "mfa_reauthenticate_webauthn": ((60, 5 * MINUTE), None, None),
    "socialaccount_signup": ((20, HOUR), "email", (5, HOUR)),
}


def _network(request):
    return network_of(address_of(request))


def _together(request, email):
    return f"{email.strip().casefold()}|{_network(request)}"


def wait_for_password(request, email):
    """Count a try; seconds to wait, or 0 if it may be checked."""
    together, account, network = PASSWORDS
    return (
        take("sign-in", _together(request, email), *together, durable=True)
        or take("sign-in-account", email.strip().casefold(), *account, durable=True)
        or take("sign-in-network", _network(request), *network, durable=True)
    )


def came_in(request, email):
    """Whoever knew the password may mistype it again."""
    forget("sign-in", _together(request, email))


def wait_for_code(user):
    return take("second-factor", str(user.pk), *CODES, durable=True)


def was_used(user, code):
    """Whether somebody came in with this code already, in the time that it holds."""
    return bool(take("code", f"{user.pk}|{code}", 1, 5 * MINUTE, durable=True))


def wait_for_page(request, name):
    """The same for the other pages that send mail, make accounts or check secrets."""
    if request.method != "POST" or name not in PAGES:
        return 0
    of_network, field, of_typed = PAGES[name]
    seconds = take(name, _network(request), *of_network, durable=True)
    if not seconds and field and (typed := request.POST.get(field, "")):
        name = f"{name}-for"
        seconds = take(name, typed.strip().casefold(), *of_typed, durable=True)
    return seconds


def wait_sentence(seconds):
    minutes = -(-int(seconds) // 60)
    return (
        "Too many tries. Wait "
        + ("a minute" if minutes <= 1 else f"{minutes} minutes")
        + ", then try again. If you forgot your password, ask for a new one."
    )
