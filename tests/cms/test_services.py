"""Each service starts by itself and serves its own part of the site, no more."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from cms import settings

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import resolve, Resolver404
call_command("check", fail_level="WARNING")
def served(path):
    try:
        return resolve(path).func.__name__ != "elsewhere"
    except Resolver404:
        return False
print(sorted(path for path in ["/", "/admin/", "/accounts/login/",
    "/engagement/views/"] if served(path)))
print(sorted(alias for alias, entry in settings.DATABASES.items()
    if not entry["ENGINE"].endswith("dummy")))
print(sorted({app.label for app in apps.get_app_configs()}
    & {"admin", "auth", "sessions", "editorial", "accounts", "engagement"}))
"""


def start(service, **environment):
    """Load a service in a process of its own; what it printed, by line."""
    env = {**os.environ, "CMS_SERVICE": service, **environment}
    env["DJANGO_SETTINGS_MODULE"] = "cms.settings"
    return subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("service", "urls", "databases", "apps"),
    [
        ("public", ["/"], ["public"], []),
        (
            "engagement",
            ["/accounts/login/", "/engagement/views/"],
            ["default", "engagement", "public"],
            ["accounts", "admin", "auth", "editorial", "engagement", "sessions"],
        ),
        (
            "editorial",
            ["/accounts/login/", "/admin/"],
            ["default", "engagement", "public"],
            ["accounts", "admin", "auth", "editorial", "engagement", "sessions"],
        ),
        (
            "all",
            ["/", "/accounts/login/", "/admin/", "/engagement/views/"],
            ["default", "engagement", "public"],
            ["accounts", "admin", "auth", "editorial", "engagement", "sessions"],
        ),
    ],
)
def test_a_service_serves_its_own_part(service, urls, databases, apps):
    done = start(service)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()[-3:]
    assert lines == [str(urls), str(databases), str(apps)]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"CMS_SERVICE": "nonsense"}, "choose one of"),
        ({"EDITORIAL_DATABASE_URL": "mysql://x/y"}, "must look like postgres://"),
        ({"EDITORIAL_DATABASE_URL": "postgres://x@y/z"}, "PUBLIC_DATABASE_URL"),
        ({"DEBUG": "maybe"}, "neither true nor false"),
        ({"PORT": "eighty"}, "not a whole number"),
        ({"MEDIA_STORAGE_URL": "ftp://x"}, "s3://bucket/prefix"),
        ({"PUBLIC_REPLICA_URLS": "replica.example"}, "PUBLIC_REPLICA_URLS"),
        ({"PUBLIC_REPLICA_URLS": "postgres:///db"}, "needs a host and a role"),
    ],
)
def test_a_wrong_setting_is_a_clear_error(environment, sentence, monkeypatch):
    for name, value in {"CMS_SERVICE": "all", **environment}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        runpy.run_path(settings.__file__)


def test_a_process_with_wrong_settings_ends_with_the_error():
    done = start("nonsense")

    assert done.returncode != 0
    assert "choose one of" in done.stderr


def test_everything_in_one_process_must_be_asked_for():
    done = start("", DEBUG="")

    assert done.returncode != 0
    assert "CMS_SERVICE" in done.stderr
