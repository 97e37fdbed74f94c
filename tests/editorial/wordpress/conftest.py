"""An import as a person starts it, on the small site in `fixtures/`."""

import io
import json
import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from cms.databases import EDITORIAL, ENGAGEMENT
from editorial.models import Article, ImportRecord
from engagement.comments.models import Comment
from tests import factories

FIXTURES = Path(__file__).parent / "fixtures"
HARBOUR = FIXTURES / "harbour.xml"
SOURCE = "wordpress:https://harbour.example"


@pytest.fixture
def harbour(tmp_path):
    """The site's export, to be changed at will: `harbour(("old", "new"), …)`."""

    def make(*changes):
        text = HARBOUR.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "harbour.xml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def run_in(folder, path=HARBOUR, **options):
    report, said = folder / "report.json", io.StringIO()
    options.setdefault("no_deliver", True)
    call_command(
        "import_wordpress", str(path), report=str(report), stdout=said, **options
    )
    return json.loads(report.read_text()) | {"said": said.getvalue()}


@pytest.fixture
def take(tmp_path):
    """Run the command; returns its report, with what it printed under "said"."""
    return partial(run_in, tmp_path)


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker, tmp_path_factory):
    """The site taken in by Ines, once for all tests of a module that only look.

    What they change is rolled back after each, and the import after the last.
    """
    with django_db_blocker.unblock(), ExitStack() as whole:
        for alias in (EDITORIAL, ENGAGEMENT):
            whole.enter_context(transaction.atomic(using=alias))
            whole.callback(transaction.set_rollback, True, using=alias)
        ines = factories.staff("ines", "editor")
        yield run_in(tmp_path_factory.mktemp("import"), by=ines.email)


def notes_of(report, kind, number):
    return [
        one["note"]
        for one in report["notes"]
        if (one["kind"], one["id"]) == (kind, str(number))
    ]


def skips_of(report, kind):
    return {one["id"]: one["why"] for one in report["skipped"] if one["kind"] == kind}


def real_export(name):
    """A real export of somebody's site, or a skip that says where to get one."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("MASTHEAD_DATA") or beside)
    if not (folder / name).is_file():
        pytest.skip(f"{name} is not there: set MASTHEAD_DATA to the folder with it.")
    return folder / name


def article(number):
    record = ImportRecord.objects.get(
        source=SOURCE, kind__in=["post", "page"], external_id=str(number)
    )
    return Article.objects.get(pk=record.item_id)


def comment(number):
    return Comment.objects.get(source_key=f"{SOURCE}#{number}")
