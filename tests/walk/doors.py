"""The doors that there are (from the resolver), and those that are listed."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, get_resolver

from cms.uuids import uuid7
from tests.walk.cast import LETTERS

TABLE = Path(__file__).with_name("doors.txt")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

OUTCOMES = {
    "Y": "the door opened (2xx)",
    "r": "it was done, or lies elsewhere (a redirect)",
    "w": "let in, but what was sent is wrong (400, 415, 422)",
    "c": "let in, but its state does not allow it (409, 412, 428)",
    "s": "sent to the sign-in page",
    "u": "must sign in (401)",
    "n": "may not (403)",
    ".": "is not there for them (404)",
    "g": "was taken down (410)",
    "x": "not this method (405)",
    "t": "too often (429)",
    "!": "broken (5xx): never right",
    " ": "there is no such combination",
}
SIGN_IN = ("/accounts/login/", "/admin/login/")


def outcome_of(response):
    status = response.status_code
    if 200 <= status < 300:
        return "Y"
    if 300 <= status < 400:
        return "s" if response.headers["Location"].startswith(SIGN_IN) else "r"
    for letter, codes in {
        "w": (400, 415, 422),
        "c": (409, 412, 428),
        "u": (401,),
        "n": (403,),
        ".": (404,),
        "g": (410,),
        "x": (405,),
        "t": (429,),
    }.items():
        if status in codes:
            return letter
    return "!"


@dataclass(frozen=True)
class Line:
    method: str
    route: str
    case: str
    expected: str
    """A letter of OUTCOMES for each actor."""

    @property
    def door(self):
        return self.method, self.route

    def __str__(self):
        return f"{self.method:6} {self.route}  |{self.case}|{self.expected}|"


def listed():
    """The lines of doors.txt. Below `== route`, each line is a method and a case."""
    lines, route = [], None
    for number, text in enumerate(TABLE.read_text().splitlines(), 1):
        where = f"doors.txt, line {number}"
        if not text.strip() or text.startswith("#"):
            continue
        if text.startswith("=="):
            route = text[2:].strip()
            continue
        first, letters, *_ = text.split("|")
        method, _, case = first.strip().partition(" ")
        assert route is not None, f"{where}: no route yet"
        assert method in (*METHODS, "ANY"), f"{where}: no such method: {method}"
        letters = letters * len(LETTERS) if len(letters) == 1 else letters
        assert len(letters) == len(LETTERS), f"{where}: a letter for each actor, please"
        assert set(letters) <= set(OUTCOMES), f"{where}: an unknown letter"
        lines.append(Line(method, route, case.strip(), letters))
    twice = [
        key
        for key, times in Counter((*one.door, one.case) for one in lines).items()
        if times > 1
    ]
    assert not twice, f"doors.txt lists these twice: {twice}"
    return lines


def routes():
    """{route: view} of everything that the resolver answers."""
    found = {}

    def walk(patterns, before):
        for entry in patterns:
            route = before + str(entry.pattern)
            if isinstance(entry, URLPattern):
                # Of two patterns for one address only the first is ever reached.
                found.setdefault(route or "(home)", entry.callback)
            else:
                walk(entry.url_patterns, route)

    walk(get_resolver().url_patterns, "")
    return found


PLACE = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:(\w+):)?(\w+)>")


def filled(route, value_of):
    """The path of a route, with `value_of(name, converter)` in each of its places."""
    path = "" if route == "(home)" else route.replace("\\.", ".")
    path = PLACE.sub(lambda found: str(value_of(found[1] or found[3], found[2])), path)
    return "/" + path.replace("^", "").replace("$", "")


def address_of_nothing(route):
    """A path that fits the route, with ids that nobody has."""

    def value_of(name, converter):
        if converter == "int":
            return 999_999
        known = {"form": "rss", "kind": "article"}
        known |= {"year": "2026", "month": "2026-03", "day": "2026-03-14"}
        known |= {"app_label": "editorial", "slug": "no-such", "verb": "publish"}
        return known.get(name) or uuid7()

    return filled(route, value_of)
