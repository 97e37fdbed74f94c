"""The examples of docs/api.md are run as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest

from publishing import sync
from tests import factories
from tests.serving import newsroom, token_of

pytestmark = [
    pytest.mark.client,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("epochs"),
]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_the_examples_work(wim, ines):
    section = factories.CategoryFactory(name="Harbour", slug="harbour")
    for name in ("Sea", "Tide"):
        live = factories.article(by=wim, title=f"{name} lights", category=section)
        live.tags.add(factories.TagFactory(name=name, slug=name.lower()))
        if name == "Tide":
            live.slug = "lights"
            live.save()
        factories.publish(live, editor=ines)
    sync.deliver_waiting()
    examples = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    assert len(examples) >= 5

    with newsroom() as base:
        for example in examples:
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", example],
                env={
                    "PATH": "/usr/bin:/bin",
                    "BASE": base,
                    "TOKEN": token_of(wim),
                    "CATEGORY": str(section.pk),
                },
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, example + done.stdout + done.stderr
