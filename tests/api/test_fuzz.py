"""Schemathesis against the served document, as each role: `make fuzz`.

Environment: FUZZ_ROLES (author,editor,… or anonymous), FUZZ_EXAMPLES (how many tries
for each operation), FUZZ_ONLY (a pattern of paths), FUZZ_PHASES.
"""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from accounts.permissions import ROLES
from publishing import sync
from tests import factories
from tests.serving import newsroom, token_of

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]

ANONYMOUS, MEMBER = "anonymous", "member"
EVERYBODY = [ANONYMOUS, MEMBER, *ROLES]
ASKED = os.environ.get("FUZZ_ROLES", "")
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "10")
ONLY = os.environ.get("FUZZ_ONLY", "")
PHASES = os.environ.get("FUZZ_PHASES", "examples,coverage,fuzzing,stateful")
SETTINGS = """
# A schema cannot say which ids are there, or which ETag is the current one: in the
# newsroom what fits the schema may be refused all the same.
[[operations]]
include-path-regex = "/editorial/"
checks.positive_data_acceptance.enabled = false
"""


def a_newsroom_at_work(actor):
    """Something of everything, much of it the actor's own; ids for the document."""
    ines = factories.staff("ines", "editor_chief")
    wim = factories.staff("wim", "author")
    section = factories.CategoryFactory(name="Harbour", slug="harbour")
    tag = factories.TagFactory(name="Tides", slug="tides")
    own = actor or wim
    writes = {"author", "creator", "contributor", "editor", "editor_chief", "admin"}
    if own is not wim and not {r.role_id for r in own.current_roles} & writes:
        own = wim
    draft = factories.article(by=own, title="A draft of mine", category=section)
    factories.article(by=wim, title="A draft of another", category=section)
    live = factories.publish(
        factories.article(
            by=wim, title="Harbour lights", category=section, slug="lights"
        ),
        editor=ines,
    )
    live.tags.add(tag)
    course = factories.course(by=own, title="My course", category=section)
    taught = factories.course(
        by=wim, title="Sailing", category=section, slug="sailing", is_free=False
    )
    factories.publish(taught, editor=ines)
    media = factories.MediaFactory(uploaded_by=own)
    sync.deliver_waiting()
    return {
        "articles": str(draft.pk),
        "courses": str(course.pk),
        "categories": str(section.pk),
        "tags": str(tag.pk),
        "media": str(media.pk),
        "section": str(course.sections.first().pk),
        "lesson": str(course.lessons.first().pk),
        "slugs": {
            "articles": "lights",
            "courses": "sailing",
            "categories": "harbour",
            "tags": "tides",
            "authors": "wim",
        },
    }


def with_real_ids(document, known):
    """The document with examples that lead somewhere: it finds nothing by chance."""
    for path, item in document["paths"].items():
        noun = path.split("/")[4] if path.count("/") > 4 else ""
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                name = parameter["name"]
                value = {
                    "id": known.get(noun),
                    "slug": known["slugs"].get(noun),
                    "section": known["section"],
                    "lesson": known["lesson"] if "editorial" in path else "knots",
                    "number": 1,
                }.get(name)
                if parameter["in"] == "path" and value is not None:
                    parameter.pop("examples", None)
                    parameter["example"] = value
                    # Most tries should be about something that is there.
                    parameter["schema"] = parameter["schema"] | {"examples": [value]}
    return document


@pytest.mark.parametrize("role", ASKED.split(",") if ASKED else EVERYBODY)
def test_nothing_undocumented_happens_to(role, tmp_path):
    actor = None
    if role != ANONYMOUS:
        actor = factories.staff("actor", *([] if role == MEMBER else [role]))
    known = a_newsroom_at_work(actor)
    with newsroom() as base:
        with urllib.request.urlopen(f"{base}/api/v1/schema/") as answer:
            document = with_real_ids(json.load(answer), known)
        served = tmp_path / "openapi.json"
        served.write_text(json.dumps(document))
        (tmp_path / "schemathesis.toml").write_text(SETTINGS)
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            *("run", str(served), "--url", base),
            *("--checks", "all", "--max-examples", EXAMPLES, "--seed", "1"),
            *("--continue-on-failure", "--workers", "2", "--warnings", "off"),
            *("--phases", PHASES, "--suppress-health-check", "all", "--no-color"),
        ]
        if actor:
            command += ["-H", f"Authorization: Bearer {token_of(actor)}"]
        if ONLY:
            command += ["--include-path-regex", ONLY]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
