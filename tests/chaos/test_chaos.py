"""Nothing is lost while everything is killed. Runs on a cluster of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded_plugin import copy_migrated_cluster

pytestmark = pytest.mark.chaos

CHANGES = int(os.environ.get("CHAOS_CHANGES", "1000"))


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chaos")
    folder.chmod(0o755)
    copy_migrated_cluster(folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.storm", "--changes", str(CHANGES)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "MASTHEAD_VAR": str(folder), "MASTHEAD_REDIS_DATABASE": "0"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, "the storm broke off; see its errors above"
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"\n{result}")
    return result


def test_the_storm_struck_everything(aftermath):
    assert aftermath["changes"] == CHANGES
    assert all(count > 0 for count in aftermath["killed"].values()), aftermath


def test_after_the_storm_the_stores_agree(aftermath):
    drift = {
        name: aftermath[name] for name in ("missing", "stale", "orphan", "altered")
    }
    assert drift == {"missing": 0, "stale": 0, "orphan": 0, "altered": 0}, aftermath
    assert aftermath["checked"] > aftermath["live"]


def test_a_publish_without_redis_answers_in_under_a_second(aftermath):
    seconds = aftermath["publish_seconds_without_redis"]
    assert set(seconds) == {"hanging", "killed"}
    assert all(value < 1 for value in seconds.values()), seconds
