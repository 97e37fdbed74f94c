"""How passwords are kept. The first in PASSWORD_HASHERS is the one for new ones; who
signs in with another gets theirs rehashed, unseen."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


class BCrypt(BCryptSHA256PasswordHasher):
    """bcrypt as the source documents ask: twelve rounds, whatever Django's default.

    Hashed with SHA-256 first, so that nothing after the 72nd byte is ignored.
    """

    rounds = 12
