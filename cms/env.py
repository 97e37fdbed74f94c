"""Typed environment variables that fail loudly, with a hint."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def text(name, default=None):
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"The environment variable {name} is not set. "
            f"Set it, or see README.md for what each service needs."
        )
    return default


def boolean(name, default):
    value = os.environ.get(name, "").lower()
    if not value:
        return default
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false.")


def integer(name, default):
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None


def words(name, default=()):
    """A comma-separated list."""
    value = os.environ.get(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or list(default)


def folder(name):
    """A folder that is there, or None where nothing is said."""
    value = os.environ.get(name, "")
    if value and not Path(value).is_dir():
        raise ImproperlyConfigured(f"{name}={value!r} is not a folder of this machine.")
    return Path(value).resolve() if value else None


def pairs(name, like="group=role"):
    """{"key": "value"} of `key=value,key=value`."""
    found = {}
    for word in words(name):
        key, equals, value = word.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise ImproperlyConfigured(
                f"{name} must look like {like},{like}; {word!r} does not."
            )
        found[key.strip()] = value.strip()
    return found


def mail(url, *, name):
    """Django's mail settings from `smtp://user:password@host:587?tls=1`, or `console:`.

    `?tls=1` is STARTTLS; `smtps://` is TLS from the first byte.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must look like smtp://user:password@host:587?tls=1, or be "
            f"'console:'; it starts with {parts.scheme or 'nothing'!r}."
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    is_tls = parts.scheme == "smtps"
    try:
        port = parts.port or (465 if is_tls else 25)
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is no number.") from None
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_tls,
        "EMAIL_USE_TLS": not is_tls and query.get("tls", "").lower() in TRUE,
    }


def database(url, *, name):
    """A Django database entry from `postgres://user:password@host:port/db`.

    A socket folder is given as `?host=/run/postgresql`. `name` is the variable's
    name, for the error message.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} must look like postgres://role:password@host:5432/database; "
            f"it starts with {parts.scheme or 'nothing'!r}. "
            "Masthead needs PostgreSQL 18 or newer."
        )
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    try:
        port = parts.port or query.pop("port", "")
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is no number.") from None
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database after the last '/'.")
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "cms.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "OPTIONS": query,
    }


def databases(name):
    """What psycopg is to be told of each of some servers: URLs with spaces or commas
    between them. Each says all of it: role, password, host and database."""
    found = []
    for url in os.environ.get(name, "").replace(",", " ").split():
        entry = database(url, name=name)
        place = {
            "host": entry["HOST"],
            "port": entry["PORT"],
            "user": entry["USER"],
            "password": entry["PASSWORD"],
            "dbname": entry["NAME"],
        }
        if not place["host"] or not place["user"]:
            raise ImproperlyConfigured(
                f"{name}: every replica needs a host and a role, as in "
                "postgres://cms_reader:password@replica:5432/cms_public"
            )
        given = {key: value for key, value in place.items() if value}
        found.append(given | entry["OPTIONS"])
    return found
