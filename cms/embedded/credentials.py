"""`var/credentials.json`: passwords, the secret key, and where the sockets are.

Written by the keeper, readable by its owner only, made anew when it is damaged.
"""

import json
import os
import secrets

from cms.databases import ROLES
from cms.embedded.places import ServersUnavailable, var

SUPERUSER = "postgres"


def path():
    return var() / "credentials.json"


def read():
    try:
        return json.loads(path().read_text())
    except FileNotFoundError:
        raise ServersUnavailable(
            f"No database is configured. Set EDITORIAL_DATABASE_URL, "
            "PUBLIC_DATABASE_URL and ENGAGEMENT_DATABASE_URL, or start the embedded "
            "servers with `make demo` or any `python manage.py` command "
            f"({path()} does not exist yet)."
        ) from None
    except PermissionError:
        raise ServersUnavailable(
            f"{path()} may not be read by this user. Run this as its owner, or name "
            "another folder in MASTHEAD_VAR."
        ) from None
    except ValueError:
        raise ServersUnavailable(
            f"{path()} is damaged. Delete it and start again: its contents are made "
            "anew and nothing written is lost."
        ) from None


def read_or_make():
    """What is known, completed with what is missing."""
    try:
        known = read()
    except ServersUnavailable:
        known = {}
    passwords = known.get("passwords", {})
    return {
        **known,
        "secret_key": known.get("secret_key") or secrets.token_urlsafe(50),
        "passwords": {
            role: passwords.get(role) or secrets.token_urlsafe(24)
            for role in (SUPERUSER, *ROLES)
        },
    }


def write(contents):
    """Whole or not at all, and never readable by others, not even for a moment."""
    unfinished = path().with_suffix(f".{os.getpid()}")
    with open(
        os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
    ) as file:
        json.dump(contents, file, indent=2)
        file.write("\n")
    unfinished.replace(path())
