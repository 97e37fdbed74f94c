"""docs/data-model.md is true: nothing is left out, and what it names exists."""

import re
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-model.md"
SOURCES = ROOT / "tests" / "source_columns.txt"

STATES = {"derived", "replaced", "not kept", "not yet"}
CODE = re.compile(r"`([^`]+)`")
FIELD = re.compile(r"(?:accounts|editorial|publishing|engagement)\.[A-Z]\w+\.\w+")


def rows():
    """(table as "000 articles", its columns, what stands in the middle)."""
    document, tables = "", []
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            document, tables = line[3:6], []
        elif line.startswith("### "):
            tables = [f"{document} {name}" for name in CODE.findall(line)]
        elif line.startswith("|") and tables:
            source, here, _ = (cell.strip() for cell in line[1:-1].split("|"))
            if source == "source" or source.startswith("-"):
                continue
            columns = CODE.findall(source) or [source.replace(" ", "_")]
            for table in tables:
                yield table, columns, here


def listed():
    found = {}
    for table, columns, _ in rows():
        found.setdefault(table, []).extend(columns)
    return found


def wanted():
    lines = SOURCES.read_text().splitlines()
    pairs = (line.split(": ") for line in lines if not line.startswith("#"))
    return {table: columns.split() for table, columns in pairs}


def fields_named():
    return {tuple(path.split(".")) for path in FIELD.findall(PAGE.read_text())}


def exists(app, model, field):
    try:
        known = apps.get_model(app, model)
    except LookupError:
        return False
    return field in {each.name for each in known._meta.get_fields()} | {
        each.attname for each in known._meta.concrete_fields
    }


def test_every_column_of_the_sources_is_listed_once():
    assert {table: sorted(columns) for table, columns in listed().items()} == {
        table: sorted(columns) for table, columns in wanted().items()
    }


def test_every_line_says_where_or_why_not():
    silent = [
        (table, columns)
        for table, columns, here in rows()
        if here not in STATES
        and not all(FIELD.fullmatch(path) for path in CODE.findall(here) or [""])
    ]

    assert not silent


def test_every_field_that_is_named_exists():
    gone = [".".join(path) for path in sorted(fields_named()) if not exists(*path)]

    assert not gone
