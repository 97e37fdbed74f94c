"""Every door × every actor × whose item it is × its state, against doors.txt.

A route that nobody listed fails and is named, with the letters that were seen, to be
judged before they are written down. So does a listed one that is gone.
"""

import logging
from collections import Counter
from contextlib import ExitStack, contextmanager
from http.cookies import SimpleCookie
from time import time

import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.test import Client

from accounts.middleware import BEGAN, SEEN
from cms.databases import ALIASES
from tests.emptying import empty_redis
from tests.walk.bodies import body
from tests.walk.cast import ACTORS, ANONYMOUS
from tests.walk.doors import METHODS, Line, listed, outcome_of, routes
from tests.walk.world import World

pytestmark = [pytest.mark.walk, pytest.mark.django_db(databases=list(ALIASES))]

PARTS = 2
"""The doors are shared out among as many tests, for as many processes."""

JSON_DOORS = ("/look/", "/autosave/", "/here/", "/begin/")
"""Ends of the desk's addresses that scripts talk to."""

READING, WRITING = 2, 5
"""What a line of each takes, roughly, beside one another."""

ONE_DAY = 24 * 60 * 60


@contextmanager
def undone():
    """What happens inside did not happen, in any of the databases."""
    with ExitStack() as stack:
        for alias in ALIASES:
            stack.enter_context(Undoing(alias))
        yield


class Undoing:
    """Opens a frame when a database may first be changed, and rolls it back.

    Most tries change nothing: three statements less than if each had its frame.
    """

    def __init__(self, alias):
        self.alias, self.frame, self.broken = alias, None, None
        self.watching = connections[alias].execute_wrapper(self.watch)

    def __enter__(self):
        self.watching.__enter__()

    def watch(self, execute, sql, params, many, context):
        if self.frame is None and only_reads(sql):
            try:
                return execute(sql, params, many, context)
            except DatabaseError:
                self.broken = sql
                raise
        if self.frame is None:
            self.frame = transaction.atomic(using=self.alias)
            self.frame._from_testcase = True  # views may ask for an outermost frame
            self.frame.__enter__()
        return execute(sql, params, many, context)

    def __exit__(self, *problem):
        self.watching.__exit__(None, None, None)
        if self.frame is not None:
            transaction.set_rollback(True, using=self.alias)
            self.frame.__exit__(None, None, None)
        # Outside of a frame it takes the whole walk along: nothing after it counts.
        assert not self.broken, f"PostgreSQL refuses to read: {self.broken}"


def only_reads(sql):
    """A query of a model's table: the SQL that we write ourselves may do anything."""
    return str(sql).startswith('SELECT "') and " FOR UPDATE" not in sql


def send(client, method, address, sent):
    kind = {}
    is_upload = any(hasattr(value, "read") for value in sent.values())
    speaks_json = address.startswith("/api/") or address.endswith(JSON_DOORS)
    if speaks_json and method != "GET" and not is_upload:
        kind["content_type"] = "application/json"
    if method in ("PUT", "PATCH", "DELETE"):
        sent = {} if is_upload else sent
        kind |= {"content_type": "application/json", "headers": {"If-Match": "*"}}
    return getattr(client, method.lower())(address, sent, **kind)


def signed_in(person):
    """The key of a session that has just been seen, and is for a day.

    Being there is noted every five minutes: a slow walk would note it at every door.
    """
    client = Client()
    client.force_login(person)
    session = client.session
    session[BEGAN], session[SEEN] = time(), time() + ONE_DAY
    session.save()
    return session.session_key


class Walker:
    """Tries doors as one of the actors, and leaves nothing behind."""

    def __init__(self, world):
        self.world = world
        self.tries = 0
        self.client = Client(raise_request_exception=False)
        self.sessions = {}
        self.addresses = {}
        for letter, person in (*world.people.items(), ("own", world.olga)):
            self.sessions[letter] = signed_in(person)

    def answer(self, method, route, case, letter):
        """The response to one actor, after everything it did was undone."""
        is_own = "own" in case.split()
        address = self.address(route, case)
        sent = body(self.world, method, route, case)
        # One client for all: each new one loads every middleware again.
        self.client.cookies = SimpleCookie()
        if letter in self.sessions:
            session = self.sessions["own" if is_own else letter]
            self.client.cookies[settings.SESSION_COOKIE_NAME] = session
        if method != "GET" or route.startswith(("accounts", "api")):
            empty_redis()  # limits of the one before are not limits of the next
        self.tries += 1
        with undone():
            if is_own:
                self.world.become(letter)
            return send(self.client, method, address, sent)

    def address(self, route, case):
        """The same for everybody, and whatever was done to it was undone."""
        if (route, case) not in self.addresses:
            self.addresses[route, case] = self.world.address(route, case)
        return self.addresses[route, case]

    def outcome(self, method, route, case, letter):
        if letter == ANONYMOUS.letter and "own" in case.split():
            return " "  # nobody owns nothing
        return outcome_of(self.answer(method, route, case, letter))

    def letters(self, method, route, case):
        return "".join(
            self.outcome(method, route, case, actor.letter) for actor in ACTORS
        )

    def wrong(self, line):
        """A sentence if anybody found another outcome than the one that is listed."""
        if line.method == "ANY":
            seen = self.letters("GET", line.route, line.case)
            for method in METHODS[1:]:
                for at in (0, -1):
                    found = self.outcome(
                        method, line.route, line.case, ACTORS[at].letter
                    )
                    if found != line.expected[at]:
                        yield f"{method} {line.route}: {found!r} as {ACTORS[at].name}"
        else:
            seen = self.letters(line.method, line.route, line.case)
        if seen != line.expected:
            who = ", ".join(
                actor.name
                for actor, one, other in zip(ACTORS, seen, line.expected, strict=True)
                if one != other
            )
            yield (
                f"{line.method} {line.route} {line.case}: not as listed for {who}\n"
                f"    listed |{line.expected}|\n    found  |{seen}|"
            )


@pytest.fixture
def world(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    # Whoever walks slowly is not asked for the password again on the way.
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 24 * 60 * 60
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.walk.undrawn.Undrawn"]
    logging.disable(logging.CRITICAL)  # thousands of refusals, all of them meant
    yield World()
    logging.disable(logging.NOTSET)


def unlisted(walker, part, known):
    """Doors that nobody listed, each with the letters that were seen."""
    for route in part:
        if ("ANY", route) in known:
            continue
        for method in METHODS:
            if (method, route) in known:
                continue
            if walker.outcome(method, route, "", ACTORS[0].letter) == "x":
                continue  # there is no such method: nothing opens
            yield Line(method, route, "", walker.letters(method, route, ""))


def shares(there, lines):
    """The routes, in parts that take about as long as each other.

    A door with many lines is walked by one process: all its lines share a route.
    """
    work = Counter(dict.fromkeys(there, 1))
    for line in lines:
        work[line.route] += READING if line.method in ("GET", "ANY") else WRITING
    parts = [[] for _ in range(PARTS)]
    for route in sorted(there, key=lambda route: (-work[route], route)):
        min(parts, key=lambda part: sum(map(work.get, part))).append(route)
    return parts


@pytest.mark.parametrize("part", range(PARTS))
def test_every_door_answers_every_actor_as_listed(part, world, record_property):
    lines, there = listed(), routes()
    walker = Walker(world)
    mine = shares(there, lines)[part]
    own_lines = [line for line in lines if line.route in mine]

    wrong = []
    if part == 0:
        # Files are served here only where no web server stands in front.
        gone = sorted({line.route for line in lines} - {*there, "media/<path:path>"})
        wrong += [f"listed, but there is no such route: {route}" for route in gone]
    for line in own_lines:
        wrong += walker.wrong(line)
    forgotten = list(unlisted(walker, mine, {line.door for line in lines}))

    doors = {(*line.door, verb_of(line)) for line in own_lines}
    record_property("doors", len(doors))
    record_property("tries", walker.tries)
    record_property("unlisted", len(forgotten))
    record_property("wrong", len(wrong))
    problems = [f"unlisted, seen as: {line}" for line in forgotten] + wrong
    assert not problems, "\n".join(["", *problems])


def verb_of(line):
    """One route of the desk has a door for each verb of the workflow."""
    return line.case.split()[0] if "<slug:verb>" in line.route else ""
