"""Load: as many requests as a server answers, and a look at every answer.

With `wrk` where it is installed, else with a small client of our own, which takes a
larger share of the machine and so makes all ratios a little smaller.
"""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.{} Safari/537.36"
)
TOOL = "wrk" if shutil.which("wrk") else "own"


class WrongAnswers(RuntimeError):
    """A server that answers wrongly, however quickly, has no figure."""


@dataclass
class Request:
    path: str
    method: str = "GET"
    body: str = ""
    agent: str = BROWSER.format(0)
    cookie: str = ""

    def line(self):
        return "\t".join((self.method, self.path, self.body, self.agent, self.cookie))


@dataclass
class Target:
    """One server, what it is asked for, and what its answers must look like."""

    name: str
    port: int
    requests: object
    """A list of them, or a function that makes a new one for each round."""
    mark: str = ""
    status: int = 200
    processes: object = None
    """Returns the seconds of processor time that the server has used so far."""

    def lines(self):
        asked = self.requests() if callable(self.requests) else self.requests
        return [request.line() for request in asked]


@dataclass
class Round:
    rate: float
    p50: float
    p99: float
    cpu: float
    """Milliseconds of the server's processor time for one request."""


def compare(targets, *, rounds, seconds, warm_up=1.0, say=lambda line: None):
    """Measure the targets in turn, round by round; {name: [Round, …]}.

    Whatever disturbs the machine for a while disturbs all of them.
    """
    found = {target.name: [] for target in targets}
    for target in targets:
        measure(target, warm_up)
    for number in range(rounds):
        turn = number % len(targets)
        for target in targets[turn:] + targets[:turn]:
            found[target.name].append(measure(target, seconds))
        say(
            f"  round {number + 1} of {rounds}: "
            + ", ".join(
                f"{name} {kept[-1].rate:,.0f}/s" for name, kept in found.items()
            )
        )
    return found


def ratio(found, one, other):
    """The median of one's rate over the other's, round by round."""
    return statistics.median(
        mine.rate / theirs.rate
        for mine, theirs in zip(found[one], found[other], strict=True)
    )


def median(rounds, name="rate"):
    return statistics.median(getattr(one, name) for one in rounds)


def measure(target, seconds):
    before = target.processes() if target.processes else 0
    answer = (_wrk if TOOL == "wrk" else _own)(target, seconds)
    used = target.processes() - before if target.processes else 0
    if not answer["requests"] or answer["wrong"] or answer["broken"]:
        raise WrongAnswers(
            f"{target.name}: of {answer['requests']} answers {answer['wrong']} were "
            f"not {target.status} with {target.mark!r}, and {answer['broken']} broke."
        )
    return Round(
        rate=answer["requests"] / answer["seconds"],
        p50=answer["p50"],
        p99=answer["p99"],
        cpu=1000 * used / answer["requests"],
    )


def _wrk(target, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as lines:
        lines.write("\n".join(target.lines()))
        lines.flush()
        done = subprocess.run(
            [
                *("wrk", "--threads", "1", "--connections", str(CONNECTIONS)),
                *("--duration", f"{max(1, round(seconds))}s", "--timeout", "10s"),
                *("--script", Path(__file__).with_name("requests.lua")),
                f"http://127.0.0.1:{target.port}",
            ],
            env={
                **os.environ,
                "BENCH_REQUESTS": lines.name,
                "BENCH_MARK": target.mark,
                "BENCH_STATUS": str(target.status),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"wrk failed: {done.stderr or done.stdout}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _own(target, seconds):
    """In a process of its own, so that it does not share our interpreter's lock."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(
            {
                "port": target.port,
                "seconds": seconds,
                "mark": target.mark,
                "status": target.status,
                "lines": target.lines(),
            }
        ),
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def ask(port, request, *, accept_encoding=""):
    """One request: (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        return _ask(connection, request.line(), accept_encoding)
    finally:
        connection.close()


def _ask(connection, line, accept_encoding=""):
    method, path, body, agent, cookie = line.split("\t")
    headers = {"User-Agent": agent}
    if body:
        headers["Content-Type"] = "application/json"
    if cookie:
        headers["Cookie"] = cookie
    if accept_encoding:
        headers["Accept-Encoding"] = accept_encoding
    connection.request(method, path, body=body.encode() or None, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def timed(port, requests, *, mark="", status=200):
    """Milliseconds of each of these requests, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    try:
        for request in requests:
            began = time.perf_counter()
            found, _, body = _ask(connection, request.line())
            taken.append(1000 * (time.perf_counter() - began))
            if found != status or mark.encode() not in body:
                raise WrongAnswers(
                    f"{request.path} answered {found}, "
                    f"{'without' if mark.encode() not in body else 'with'} {mark!r}."
                )
    finally:
        connection.close()
    return taken


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Client(threading.Thread):
    def __init__(self, asked, offset):
        super().__init__()
        self.asked, self.at = asked, offset
        self.taken, self.wrong, self.broken = [], 0, 0

    def run(self):
        mark, lines = self.asked["mark"].encode(), self.asked["lines"]
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.asked["port"], timeout=10
        )
        until = time.perf_counter() + self.asked["seconds"]
        while (began := time.perf_counter()) < until:
            self.at = (self.at + 1) % len(lines)
            try:
                status, _, body = _ask(connection, lines[self.at])
            except OSError:
                self.broken += 1
                connection.close()
                continue
            self.taken.append(1000 * (time.perf_counter() - began))
            self.wrong += status != self.asked["status"] or mark not in body
        connection.close()


def main():
    asked = json.load(sys.stdin)
    step = len(asked["lines"]) // CONNECTIONS
    clients = [_Client(asked, step * number) for number in range(CONNECTIONS)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    taken = [one for client in clients for one in client.taken]
    json.dump(
        {
            "requests": len(taken),
            "seconds": time.perf_counter() - began,
            "wrong": sum(client.wrong for client in clients),
            "broken": sum(client.broken for client in clients),
            "p50": percentile(taken, 50) if taken else 0,
            "p99": percentile(taken, 99) if taken else 0,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
