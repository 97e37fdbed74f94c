"""`make demo` from nothing, disturbed, killed and started again."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="masthead-test-") as place:
        os.chmod(place, 0o711)
        yield Path(place) / "var"


@pytest.fixture
def demo(folder):
    started = []

    def start(port=None):
        if port is None:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
        started.append(Demo(folder, port))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        one.process.stdout.close()
    eventually(lambda: not processes_of(folder))


class Demo:
    def __init__(self, folder, port):
        self.folder, self.port, self.words = folder, port, ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=CHECKOUT,
            env=os.environ
            | {"MASTHEAD_VAR": str(folder), "PORT": str(port), "CMS_SERVICE": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ready(self):
        for line in self.process.stdout:
            self.words += line
            if "Ctrl-C ends all of it" in line:
                return self
        raise AssertionError(f"the demo ended:\n{self.words}")

    def ended(self):
        self.words += self.process.communicate(timeout=60)[0]
        return self.process.returncode

    def home(self):
        address = f"http://127.0.0.1:{self.port}/"
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()


def processes_of(folder):
    """{pid: command line} of whatever was started for this folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (
                f"MASTHEAD_VAR={folder}\0".encode()
                in (process / "environ").read_bytes()
                or str(folder).encode() in (process / "cmdline").read_bytes()
            ):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                if words:
                    found[int(process.name)] = words.decode()
        except OSError:
            continue
    found.pop(os.getpid(), None)
    return found


def eventually(check, patience=40):
    until = time.monotonic() + patience
    while not check():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_newspaper_stands_from_nothing_and_survives_a_killed_worker(folder, demo):
    running = demo().ready()

    status, page = running.home()
    assert status == 200
    assert page.count("/articles/") > 3
    assert re.search(r"editor@masthead\.example +\S", running.words)

    def workers():
        return {
            pid for pid, words in processes_of(folder).items() if " worker " in words
        }

    before = workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: workers() - before)

    second = demo(running.port)
    assert second.ended() == 1
    assert f"Masthead runs already, at http://127.0.0.1:{running.port}" in second.words
    assert "Traceback" not in second.words

    running.process.send_signal(signal.SIGTERM)
    assert running.ended() == 0
    assert "worker ended (killed by SIGKILL)" in running.words
    assert processes_of(folder) == {}
    for log in ("web", "worker", "courier", "beat"):
        assert "permission denied" not in (folder / f"log/{log}.log").read_text()


def test_the_second_start_keeps_what_was_written_and_a_kill_leaves_nothing(
    folder, demo
):
    running = demo().ready()

    assert running.home()[1].count("/articles/") > 3
    assert "Writing the demo content" not in running.words

    running.process.kill()
    eventually(lambda: processes_of(folder) == {})


def test_a_taken_port_is_a_sentence_that_names_its_holder(demo):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

        refused = demo(port)

        assert refused.ended() == 1
    assert f"Port {port} is taken by pid {os.getpid()} (" in refused.words
    assert f"PORT={port + 1} make demo" in refused.words
    assert "Traceback" not in refused.words
