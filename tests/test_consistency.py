"""House rules that a machine can check, so that nobody has to remember them."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections, router

from cms.databases import ALIASES, home_of

ROOT = Path(__file__).resolve().parents[1]
APPS = ["cms", "accounts", "editorial", "publishing", "engagement"]
SOURCES = sorted(
    path
    for app in APPS
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted(
    path
    for path in (ROOT / "templates").rglob("*.html")
    if "email" not in path.parts  # no policy reaches a mail, nor do style sheets
)


def calls(path, names):
    """Calls of functions or methods with these names in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in names:
                yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_transaction_names_its_database(path):
    for call in calls(path, {"atomic", "on_commit"}):
        named = any(keyword.arg == "using" for keyword in call.keywords)
        assert named, f"{path}:{call.lineno} does not say using=…"
    for call in calls(path, {"delay_on_commit", "apply_async_on_commit"}):
        raise AssertionError(
            f"{path}:{call.lineno}: fires at the commit of the wrong database"
        )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_is_sent_into_the_future(path):
    """Redis delivers a long countdown again and again; the schedule is a column."""
    for call in calls(path, {"apply_async"}):
        late = {"countdown", "eta"} & {keyword.arg for keyword in call.keywords}
        assert not late, f"{path}:{call.lineno} uses {late}"


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_template_needs_a_weaker_content_security_policy(path):
    text = path.read_text()
    assert not re.search(r"<[^>]+\sstyle=", text), "an inline style"
    assert not re.search(r"<style[\s>]", text), "an inline style sheet"
    assert not re.search(r"<[^>]+\son[a-z]+=", text), "an inline event handler"
    for script in re.findall(r"<script\b[^>]*>", text):
        data = re.search(r'type="application/(ld\+)?json"', script)
        assert "src=" in script or data, script


@pytest.mark.parametrize(
    "model", apps.get_models(include_auto_created=True), ids=lambda m: m._meta.label
)
def test_every_model_has_exactly_one_home(model):
    homes = [alias for alias in ALIASES if router.allow_migrate_model(alias, model)]

    assert homes == [home_of(model._meta.app_label)]
    assert router.db_for_read(model) == router.db_for_write(model) == homes[0]


@pytest.mark.django_db(databases="__all__")
def test_every_table_stands_in_its_models_home_alone():
    tables = {
        alias: set(connections[alias].introspection.table_names()) for alias in ALIASES
    }
    for model in apps.get_models(include_auto_created=True):
        found = [alias for alias in ALIASES if model._meta.db_table in tables[alias]]
        assert found == [home_of(model._meta.app_label)], model


def test_the_public_side_never_imports_the_newsroom():
    """The public service has neither accounts nor editorial among its apps."""
    public = [
        *(ROOT / "publishing" / "models").rglob("*.py"),
        *(ROOT / "publishing" / "views").rglob("*.py"),
        *(ROOT / "publishing" / "templatetags").rglob("*.py"),
        ROOT / "publishing" / "urls.py",
        ROOT / "publishing" / "feeds.py",
        ROOT / "publishing" / "sitemaps.py",
    ]
    for path in public:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                top = node.module.split(".")[0]
            elif isinstance(node, ast.Import):
                top = node.names[0].name.split(".")[0]
            else:
                continue
            assert top not in {"accounts", "editorial", "engagement"}, path
