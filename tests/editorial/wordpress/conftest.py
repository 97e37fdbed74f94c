"""An import as a person starts it, on the small site in `fixtures/`."""

import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command

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


@pytest.fixture
def take(tmp_path):
    """Run the command; returns its report, with what it printed under "said"."""

    def run(path=HARBOUR, **options):
        report = tmp_path / "report.json"
        said = io.StringIO()
        options.setdefault("no_deliver", True)
        call_command(
            "import_wordpress", str(path), report=str(report), stdout=said, **options
        )
        return json.loads(report.read_text()) | {"said": said.getvalue()}

    return run


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
