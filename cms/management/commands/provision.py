import os

import psycopg
from django.core.management.base import BaseCommand, CommandError

from cms import roles
from cms.databases import ALIASES, NAMES, ROLES


class Command(BaseCommand):
    help = (
        "Makes the roles, the three databases and their extensions what they are "
        "meant to be. Safe to run again at any time. PROVISION_DATABASE_URL connects "
        "as a superuser (or a role with CREATEROLE and CREATEDB); CMS_OWNER_PASSWORD, "
        "CMS_READER_PASSWORD and so on set the passwords. Then run `migrate`."
    )
    requires_system_checks = []

    def handle(self, **options):
        url = os.environ.get("PROVISION_DATABASE_URL")
        if not url:
            self._embedded()
            return
        passwords = {
            role: os.environ[f"{role.upper()}_PASSWORD"]
            for role in ROLES
            if os.environ.get(f"{role.upper()}_PASSWORD")
        }
        try:
            roles.provision(url, passwords, say=self.stdout.write)
        except roles.ProvisioningRefused as error:
            raise CommandError(str(error)) from error
        except psycopg.Error as error:
            raise CommandError(
                f"PostgreSQL refused: {error}. PROVISION_DATABASE_URL must connect as "
                "a superuser, or as a role with CREATEROLE and CREATEDB."
            ) from error
        self._report()

    def _embedded(self):
        from django.conf import settings

        if not settings.EMBEDDED:
            raise CommandError(
                "PROVISION_DATABASE_URL is not set. Give the URL of a superuser, for "
                "example postgres://postgres:password@db.example.org/postgres."
            )
        # Whoever starts the embedded servers has provisioned them already.
        self._report()

    def _report(self):
        self.stdout.write(
            f"{len(ROLES)} roles and the databases "
            f"{', '.join(NAMES[alias] for alias in ALIASES)} are ready."
        )
