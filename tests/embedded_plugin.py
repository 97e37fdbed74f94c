"""Gives the tests a PostgreSQL and a Redis of their own, before settings are read.

Loaded by `-p tests.embedded_plugin` in pyproject.toml: conftest.py would be too late,
because pytest-django reads the settings first. The cluster is fast and forgetful and
lives in a temporary folder, which its keeper deletes when pytest is gone, even when
pytest was killed. Set the three *_DATABASE_URL and REDIS_URL to bring your own.
"""

import os
import tempfile

import pytest

DATABASE_URLS = (
    "EDITORIAL_DATABASE_URL",
    "PUBLIC_DATABASE_URL",
    "ENGAGEMENT_DATABASE_URL",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    os.environ["CMS_SERVICE"] = "test"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Two Redis databases for each worker: cache and broker. 0 and 1 are nobody's.
        os.environ["MASTHEAD_REDIS_DATABASE"] = str(2 * int(worker[2:]) + 2)
    elif not {"-h", "--help", "-V", "--version"} & set(args) and not any(
        map(os.environ.get, DATABASE_URLS)
    ):
        _start_servers()
    return (yield)


def pytest_unconfigure(config):
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        from cms import embedded

        embedded.release()


def _start_servers():
    from cms import embedded

    folder = tempfile.mkdtemp(prefix="masthead-test-")
    os.chmod(folder, 0o711)  # root's servers run as nobody, who must get in
    os.environ["MASTHEAD_VAR"] = folder
    try:
        embedded.ensure(fast=True, throwaway=True)
    except embedded.ServersUnavailable as error:
        raise pytest.UsageError(str(error)) from None
