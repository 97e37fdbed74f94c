"""Whatever the product imports is required, by name and with its version."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
OURS = {"cms", "accounts", "editorial", "publishing", "engagement", "tests"}
BESIDE = {"bench"}
"""Ours too, with requirements of its own."""
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]+\])?==(\S+)", re.MULTILINE)


def pins(name):
    """[(package, version)] of a requirements file."""
    found = PIN.findall((CHECKOUT / name).read_text())
    return [(_plain(package), version) for package, version in found]


def pinned(*names):
    return {package for name in names for package, _ in pins(name)}


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folders):
    """{module: file that imports it} of everything that is not ours or Python's."""
    found = {}
    for folder in folders:
        for path in (CHECKOUT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                else:
                    continue
                for name in names:
                    found.setdefault(name.split(".")[0], path.relative_to(CHECKOUT))
    return {
        module: path
        for module, path in found.items()
        if module not in OURS | BESIDE and module not in sys.stdlib_module_names
    }


@pytest.mark.parametrize(
    ("folders", "files"),
    [
        (OURS - {"tests"}, ["requirements.txt"]),
        (["tests"], ["requirements.txt", "requirements-dev.txt"]),
    ],
)
def test_every_import_has_its_line(folders, files):
    distributions = packages_distributions()
    have = pinned(*files)

    missing = {
        f"{module} ({path})"
        for module, path in imported(folders).items()
        if not {_plain(name) for name in distributions.get(module, [module])} & have
    }

    assert missing == set()


def test_every_line_is_pinned_to_the_same_version_in_constraints():
    constraints = set(pins("constraints.txt"))
    for name in (
        "requirements.txt",
        "requirements-embedded.txt",
        "requirements-dev.txt",
    ):
        assert set(pins(name)) - constraints == set(), name
