"""A canary in every text that is not public; then everything is read by everybody.

Where one shows up before somebody who may not read it, the address is named. And what
somebody may not see answers letter for letter like an id that nobody ever had.
"""

import json
import logging
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cms.databases import ALIASES, ENGAGEMENT
from cms.uuids import uuid7
from editorial import actions
from editorial.models import EditorialTask, Review
from editorial.remarks import add_remark
from engagement.comments.models import Comment
from tests import factories
from tests.emptying import empty_redis
from tests.walk import cast
from tests.walk.doors import routes
from tests.walk.test_walk import signed_in, undone
from tests.walk.world import World, trusted

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(databases=list(ALIASES))]

CANARY = re.compile(rb"canary-?([a-z]+)-?7f3a9")

EVERYBODY_WHO_WRITES = "SACEPOWKDRMBN"
WHO_SEES_ITEMS = "SACEPRBN"
MAY_READ = {
    "text": WHO_SEES_ITEMS,  # drafts, versions, what is scheduled or was taken down
    "review": WHO_SEES_ITEMS,
    "task": "SACEPO",  # and whom it was given to
    "library": EVERYBODY_WHO_WRITES,
    "held": "SACEM",
    "note": "SACEM",
}
READERS = "OWDMU-"
"""Those who may not read drafts, of each kind one; E shows that canaries do sing."""


def canary(group):
    return f"canary-{group}-7f3a9"


def everywhere(group="text"):
    """A canary in every text, JSON and URL field of an item."""
    sings = canary(group)
    return {
        "meta_title": sings,
        "meta_description": sings,
        "meta_keywords": [sings],
        "canonical_url": f"https://example.org/{sings}",
        "og_title": sings,
        "og_description": sings,
        "structured_data": {"headline": sings},
    }


class Aviary(World):
    """The world of the walk with canaries in it."""

    def __init__(self):
        super().__init__()
        sings, editor = canary("text"), trusted(self.ines)
        shared = {"by": self.wim, "category": self.space, "title": sings}
        body = [factories.paragraph(sings)]
        self.drafts = {}
        for name in ("draft", "in_review", "scheduled", "unpublished"):
            fields = everywhere() | {"excerpt": sings}
            self.drafts[name] = factories.article(**shared, body=body, **fields)
        self.drafts["course"] = factories.course(
            **shared, description=sings, **everywhere()
        )
        for item in self.drafts.values():
            cast.stand_by(self.people, item)

        draft = self.drafts["draft"]
        actions.save_version(draft, by=editor, summary=sings)

        read = self.drafts["in_review"]
        actions.submit(read, by=trusted(self.wim), comment=canary("review"))
        actions.start_review(read, by=editor, reviewer=editor)
        add_remark(read, by=editor, comment=canary("review"), quote="")
        Review.objects.on(read).update(overall_comment=canary("review"))

        late = self.drafts["scheduled"]
        factories.approve(late, editor=editor)
        tomorrow = timezone.now() + timedelta(days=1)
        actions.schedule(late, by=editor, publish_at=tomorrow)

        gone = self.drafts["unpublished"]
        factories.publish(gone, editor=editor)
        actions.unpublish(gone, by=editor)

        lesson = self.drafts["course"].lessons.first()
        lesson.title = lesson.description = canary("text")
        lesson.content_blocks = [factories.paragraph(canary("text"))]
        lesson.save()

        EditorialTask.objects.create(
            title=canary("task"), description=canary("task"), assigned_to=self.wim
        )
        factories.MediaFactory(
            uploaded_by=self.wim,
            title=canary("library"),
            alt_text=canary("library"),
            caption=canary("library"),
            credit=canary("library"),
            original_filename=f"{canary('library')}.jpg",
        )
        held = self.comment("other", "withheld")
        Comment.objects.using(ENGAGEMENT).filter(pk=held.pk).update(
            body=canary("held"),
            body_html=f"<p>{canary('held')}</p>",
            reason_note=canary("note"),
        )

    def addresses(self):
        """(route, path) of all that can be read, for each thing with a canary."""
        for route in routes():
            yield route, self.address(route, "")
            if re.search(r"editorial/(article|course)s?/<", route):
                kind = "course" if "editorial/course" in route else "article"
                for name, item in self.drafts.items():
                    if (name == "course") == (kind == "course"):
                        yield route, self._address_of(route, item)
        slug = self.drafts["draft"].slug
        for place in ("articles", "courses", "api/v1/content/articles"):
            yield place, f"/{place}/{slug}/"
        for address in QUESTIONS:
            yield address, address

    def _address_of(self, route, item):
        key = (item.KIND, "draft", self.wim.pk)
        kept = self._items.get(key)
        self._items[key] = item
        try:
            return self.address(route, "")
        finally:
            if kept is None:
                del self._items[key]
            else:
                self._items[key] = kept


QUESTIONS = (
    # searching, ordering and filtering tell nothing either
    "/search/?q=canary",
    "/search/?q=canary-te",
    "/search/?q=" + "canary-text"[:8],
    "/api/v1/content/search/?q=canary",
    "/api/v1/content/articles/?ordering=author__password",
    "/api/v1/content/articles/?fields=title,body,meta_title,snapshot",
    "/api/v1/editorial/articles/?q=canary",
    "/api/v1/editorial/articles/?ordering=author__password",
    "/api/v1/editorial/articles/?mine=false",
    "/api/v1/editorial/articles/?live=false",
    "/api/v1/editorial/courses/?q=canary",
    "/admin/editorial/article/?q=canary",
    "/admin/editorial/article/?title__startswith=canary",
    "/admin/editorial/article/?author__password__startswith=md5",
    "/admin/editorial/article/?o=author__password",
    "/admin/editorial/course/?q=canary",
    "/admin/engagement/comment/?q=canary",
    "/admin/autocomplete/?app_label=editorial&model_name=article&field_name=parent"
    "&term=canary",
    "/feed.rss",
    "/feed.atom",
    "/sitemap.xml",
)


HIDDEN = re.compile(
    "article|course|lesson|release|auditlog|outboxevent|receipt|"
    "accounts/user|accounts/role|admin/engagement/comment|accounts/tokens"
)
"""Routes of what W, D, M and U may not see. Tags and pictures all staff see."""


class Reader:
    def __init__(self, world):
        self.client = Client(raise_request_exception=False)
        self.sessions = {
            letter: signed_in(person) for letter, person in world.people.items()
        }

    def get(self, letter, address, **headers):
        self.client.cookies = SimpleCookie()
        if letter in self.sessions:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[letter]
        if address.startswith("/api/"):
            empty_redis()
        with undone():
            return self.client.get(address, headers=headers)


def everything_of(response):
    body = b"".join(response) if response.streaming else response.content
    return body + json.dumps(dict(response.headers)).encode()


@pytest.fixture
def aviary(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    logging.disable(logging.CRITICAL)
    yield Aviary()
    logging.disable(logging.NOTSET)


def test_no_canary_shows_for_anybody_who_may_not_read_it(aviary):
    reader, heard, escaped = Reader(aviary), set(), []
    addresses = sorted(set(aviary.addresses()))

    for letter in (*READERS, "E"):
        for route, address in addresses:
            response = reader.get(letter, address)
            seen = everything_of(response).replace(address.encode(), b"")
            for group in {one.decode() for one in CANARY.findall(seen)}:
                heard.add((letter, group))
                if letter not in MAY_READ[group]:
                    escaped.append(f"{letter} heard {group} at {address} ({route})")
            if response.status_code >= 500:
                escaped.append(f"{letter}: {address} is broken")

    assert not escaped, "\n".join(["", *escaped])
    assert {group for letter, group in heard if letter == "E"} >= {
        "text",
        "review",
        "task",
        "library",
        "held",
    }, "an editor must hear them, or this test is deaf"


def test_what_one_may_not_see_answers_like_what_never_was(aviary):
    """Status, body and validators alike: no oracle tells that there is something."""
    reader, told = Reader(aviary), []
    for route, address in sorted(set(aviary.addresses())):
        ids = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", address)
        if not ids or not HIDDEN.search(route):
            continue
        nowhere = address
        for one in set(ids):
            nowhere = nowhere.replace(one, str(uuid7()))
        for letter in "WDMU-":
            seen, never = reader.get(letter, address), reader.get(letter, nowhere)
            if letter == "M" and "engagement/comment" in route:
                continue  # a moderator sees comments, and may not delete them
            if (seen.status_code, _plain(seen)) != (never.status_code, _plain(never)):
                told.append(
                    f"{letter} {route}: {seen.status_code}, and {never.status_code} "
                    "for an id that nobody has"
                )
    assert not told, "\n".join(["", *told])


def _plain(response):
    """Without ids and tokens, which differ from request to request."""
    text = b"".join(response) if response.streaming else response.content
    text = re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}", b"ID", text)
    text = re.sub(rb'(csrfmiddlewaretoken" value|csrf-token" content)="\w+"', b"", text)
    location = response.headers.get("Location", "")
    return text, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", location)
