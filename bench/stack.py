"""The bench's own servers, on a cluster and ports of its own, ended with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "var" / "bench"
TICKS = os.sysconf("SC_CLK_TCK")
SERVER = ("--worker-class", "gthread", "--workers", "2", "--threads", "4")
"""The same for everybody who is compared."""

os.environ["MASTHEAD_VAR"] = str(PLACE / "cluster")
for name in (
    "EDITORIAL_DATABASE_URL",
    "PUBLIC_DATABASE_URL",
    "ENGAGEMENT_DATABASE_URL",
):
    os.environ.pop(name, None)

from cms import embedded  # noqa: E402  (it must see MASTHEAD_VAR)
from cms.embedded import children, credentials  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(service, **more):
    return {
        **os.environ,
        "CMS_SERVICE": service,
        "DEBUG": "",
        "STATIC_ROOT": str(PLACE / "static"),
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        **{name: str(value) for name, value in more.items()},
    }


class Stack:
    """`with Stack() as stack:` has PostgreSQL and Redis; servers are added by name."""

    def __init__(self):
        self.children = {}
        self.logs = PLACE / "log"

    def __enter__(self):
        self.logs.mkdir(parents=True, exist_ok=True)
        embedded.ensure()
        return self

    def __exit__(self, *_):
        for name in list(self.children):
            self.stop(name)
        embedded.release()

    def start(self, name, command, *, env, cwd=ROOT):
        log = self.logs / f"{name}.log"
        log.write_bytes(b"")
        child = children.spawn(command, log=log, env=env, cwd=cwd)
        self.children[name] = child
        return child

    def stop(self, name):
        child = self.children.pop(name)
        children.end(child, patience=10)

    def serve(self, name, app, *, env, cwd=ROOT, python=sys.executable, port=None):
        """gunicorn, set up as for everybody else; returns its port once it answers."""
        port = port or free_port()
        self.start(
            name,
            [
                *(python, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}"),
                *SERVER,
                *("--no-control-socket", "--log-level", "warning"),
            ],
            env=env,
            cwd=cwd,
        )
        self._wait(name, port)
        return port

    def _wait(self, name, port, patience=60):
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self.children[name].poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{name} does not answer:\n{self.last_lines(name)}")

    def last_lines(self, name, count=15):
        lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def processor_seconds(self, name):
        """What a server has used so far, its own children included."""
        group, used = self.children[name].pid, 0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                used += int(fields[11]) + int(fields[12])
        return used / TICKS

    def manage(self, service, *arguments, **more):
        """Run a `manage.py` command; its output, or an error that shows it."""
        return run(
            [sys.executable, "manage.py", *arguments], env=environment(service, **more)
        )

    def inside(self, service, task, **arguments):
        """Run a function of `bench.inside` as this service; what it answers."""
        said = run(
            [sys.executable, "-m", "bench.inside", task, json.dumps(arguments)],
            env=environment(service),
        )
        return json.loads(said.splitlines()[-1])

    def superuser(self):
        """How psycopg connects as the cluster's superuser."""
        known = credentials.read()
        return {
            "host": known["postgresql"],
            "user": credentials.SUPERUSER,
            "password": known["passwords"][credentials.SUPERUSER],
            "dbname": "postgres",
        }


def run(command, *, env, cwd=ROOT):
    """A command that must succeed; it ends with us if we are interrupted."""
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            said, complained = child.communicate()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise
    if child.returncode:
        raise RuntimeError(
            f"{' '.join(str(part) for part in command)[:200]} failed:\n"
            f"{said[-2000:]}{complained[-3000:]}"
        )
    return said
