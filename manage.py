#!/usr/bin/env python
"""Masthead's command line.

`CMS_SERVICE` follows from the command when it is not set, and where no database is
configured the embedded servers run for as long as the command does.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

SERVICE_OF = {
    "runserver": "all",
    "check": "migrate",
    "demo": "migrate",
    "makemigrations": "migrate",
    "migrate": "migrate",
    "optimizemigration": "migrate",
    "provision": "migrate",
    "showmigrations": "migrate",
    "sqlmigrate": "migrate",
    "squashmigrations": "migrate",
}
"""Subcommand to service; every other command does a worker's work."""

NEED_NO_SERVERS = {
    "",
    "--help",
    "--version",
    "-h",
    "help",
    "startapp",
    "startproject",
    "version",
}
DATABASE_URLS = (
    "EDITORIAL_DATABASE_URL",
    "PUBLIC_DATABASE_URL",
    "ENGAGEMENT_DATABASE_URL",
)


def use_the_checkouts_python():
    """`python manage.py …` works without activating anything, once .venv is there."""
    if find_spec("django") is not None:
        return
    python = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parent.parent:
        sys.exit(
            "Django is not installed for this Python. Run `make demo`, which sets "
            "everything up, or `pip install -r requirements.txt`."
        )
    os.execv(python, [str(python), *sys.argv])  # noqa: S606


def main():
    use_the_checkouts_python()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
    if not os.environ.get("CMS_SERVICE"):
        os.environ["CMS_SERVICE"] = SERVICE_OF.get(command, "worker")

    if command not in NEED_NO_SERVERS and not any(map(os.environ.get, DATABASE_URLS)):
        from cms import embedded

        try:
            embedded.ensure()
        except embedded.ServersUnavailable as error:
            sys.exit(str(error))

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
