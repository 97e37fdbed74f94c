"""Whether somebody must have a second factor, and whether they have one.

`missing(user)` is the whole question; the desk and the editorial API ask it.
"""

from base64 import urlsafe_b64encode

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes are a way back in, not a second factor of their own."""

WRONG_CODE = (
    "This code is wrong or was used before. Wait for the next one and type it as shown."
)


def missing(user):
    """Whether this person must set up a second factor before the desk opens.

    The answer is kept on the object, which lives as long as one request.
    """
    if not settings.STAFF_NEED_MFA or not user.is_authenticated or not user.is_staff:
        return False
    if not hasattr(user, "_has_second_factor"):
        user._has_second_factor = Authenticator.objects.filter(
            user_id=user.pk, type__in=STRONG
        ).exists()
    return not user._has_second_factor


def _ring():
    """The first key locks, all of them open: SECRET_KEY may change in two steps."""
    return MultiFernet(
        [
            Fernet(
                urlsafe_b64encode(
                    HKDF(
                        algorithm=SHA256(),
                        length=32,
                        salt=None,
                        info=b"masthead: secrets of second factors",
                    ).derive(secret.encode())
                )
            )
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


class SecondFactors(DefaultMFAAdapter):
    """Secrets are encrypted at rest: a copy of the database signs nobody in."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "unverified_email": "Confirm your e-mail address first: open the link that we "
        "sent you, or keep the old address.",
    }

    def encrypt(self, text):
        return _ring().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _ring().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user):
        return user.email

    def get_totp_issuer(self):
        return settings.SITE_NAME

    def get_public_key_credential_rp_entity(self):
        entity = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.SITE_NAME}
