"""What the doors lead to: a small newsroom, built once, looked at by everybody.

Every item stands in `space`, which is below `science`. "other" is Wim's item, of which
B is the co-author and N the named reviewer. "own" is Olga's, and the actor is Olga:
for that one try she has the actor's role.
"""

import base64
import io
from copy import copy
from datetime import timedelta
from functools import cached_property

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Role, User
from accounts.tokens import ApiToken
from cms.databases import ENGAGEMENT, PUBLIC
from cms.uuids import uuid7
from editorial import actions
from editorial.admin.calendar import digest_of
from editorial.models import (
    Article,
    AuditLog,
    DeskPreference,
    EditorialTask,
    MediaFolder,
    Notice,
    OutboxEvent,
    Release,
    ReleaseItem,
    ReviewComment,
    ReviewLink,
    SavedFilter,
    Series,
    WriteEpoch,
)
from editorial.remarks import add_remark
from editorial.sharing import make_link
from engagement.comments.models import Comment
from engagement.refs.models import ContentRef, UserRef
from publishing.models import Receipt, SyncEpoch
from tests import factories
from tests.publishing import factories as published
from tests.walk import cast
from tests.walk.doors import filled

PART = {
    "name": "Mornings",
    "slug": "mornings",
    "description": "",
    "part": 1,
    "of": 1,
    "previous": None,
    "next": None,
}
QUERIES = {
    "admin/autocomplete/": "?app_label=editorial&model_name=article&field_name=tags",
    "api/v1/content/search/": "?q=harbour",
}
"""What a door must be asked to open at all."""
STATES = (
    "draft",
    "pending",
    "in_review",
    "changes",
    "approved",
    "scheduled",
    "published",
    "unpublished",
    "archived",
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def trusted(person):
    """The same person, to whom nothing is refused: for building only."""
    person = copy(person)
    person.is_superuser = person.is_active = True
    person.__dict__.pop("current_roles", None)
    return person


class World:
    def __init__(self):
        WriteEpoch.objects.get_or_create(pk=1)
        SyncEpoch.objects.using(PUBLIC).get_or_create(pk=1)
        self.science = factories.CategoryFactory(name="Science", slug="science")
        self.space = factories.CategoryFactory(
            name="Space", slug="space", parent=self.science
        )
        self.arts = factories.CategoryFactory(name="Arts", slug="arts")
        self.tag = factories.TagFactory(name="Moon", slug="moon")
        self.people = cast.gather(self.science, self.arts)
        self.wim = factories.staff("wim", "author")
        self.olga = factories.staff("olga")
        self.ines = factories.staff("ines", "editor_chief")
        self.reader = factories.staff("rosa")
        self._items = {}
        self._review_token = ""
        self._owned = {}
        self.item("article", "other", "draft")

    # --- Items in every state ------------------------------------------------

    def owner(self, whose):
        return self.olga if whose == "own" else self.wim

    def become(self, letter):
        """Make Olga the actor; undone with the try."""
        actor = cast.ACTORS[cast.LETTERS.index(letter)]
        if actor.role:
            scope = getattr(self, actor.scope) if actor.scope else None
            ended = timezone.now() - timedelta(minutes=1) if letter == "X" else None
            factories.give_role(self.olga, actor.role, category=scope, expires_at=ended)
        if letter == "Z":
            User.objects.filter(pk=self.olga.pk).update(is_active=False)

    def item(self, kind, whose, state):
        owner = self.owner(whose)
        key = (kind, state, owner.pk)
        if key not in self._items:
            self._items[key] = self._make(kind, state, owner)
        return self._items[key]

    def _make(self, kind, state, owner):
        owner, editor = trusted(owner), trusted(self.ines)
        make = factories.article if kind == "article" else factories.course
        number = len(self._items)
        item = make(
            by=owner,
            title=f"{kind.capitalize()} {number}, {state}",
            category=self.space,
        )
        if owner.pk == self.wim.pk:
            cast.stand_by(self.people, item)
        reviewer = self.people["N"] if owner.pk == self.wim.pk else editor
        way = STATES.index(state)
        if state == "archived":
            actions.archive(item, by=editor)
        elif way:
            actions.submit(item, by=owner)
            if way > 1:
                actions.start_review(item, by=editor, reviewer=trusted(reviewer))
            if state == "in_review":
                add_remark(item, by=editor, comment="Is this so?")
                make_link(item, by=editor, label="Legal", days=7)
            if state == "changes":
                actions.request_changes(item, by=editor, comment="Shorter, please.")
            elif way > 3:
                actions.approve(item, by=editor)
            if state == "scheduled":
                later = timezone.now() + timedelta(days=1)
                actions.schedule(item, by=editor, publish_at=later)
            elif way > 5:
                actions.publish(item, by=editor)
            if state == "unpublished":
                actions.unpublish(item, by=editor)
        return type(item).objects.get(pk=item.pk)

    # --- Things of the newsroom ----------------------------------------------

    @cached_property
    def folder(self):
        return MediaFolder.objects.create(name="Harbour")

    def media(self, whose):
        owner = self.owner(whose)
        return self._once("media", owner, lambda: self._picture(owner))

    def _picture(self, owner):
        media = factories.MediaFactory(uploaded_by=owner)
        media.file.save("walk.png", ContentFile(PNG))
        return media

    def _once(self, noun, owner, make):
        key = (noun, owner.pk)
        if key not in self._owned:
            self._owned[key] = make()
        return self._owned[key]

    def task(self, whose):
        to = self.owner(whose)
        return self._once(
            "task",
            to,
            lambda: EditorialTask.objects.create(
                title="Call the harbour", assigned_to=to, assigned_by=self.ines
            ),
        )

    def kept_filter(self, whose):
        by = self.owner(whose)
        return self._once(
            "filter",
            by,
            lambda: SavedFilter.objects.create(owner=by, page="article", name="Walk"),
        )

    def notice(self, whose):
        return Notice.objects.tell(self.owner(whose), "told", "The tide is out.")

    def review_token(self):
        """The secret of a link that a guest was given."""
        if not self._review_token:
            item = self.item("article", "other", "draft")
            _, address = make_link(item, by=trusted(self.ines), label="Ada", days=7)
            self._review_token = address.rstrip("/").rpartition("/")[2]
        return self._review_token

    def calendar_secret(self, whose):
        """What stands in the address of somebody's calendar feed."""
        by = self.owner(whose)
        DeskPreference.objects.update_or_create(
            person=by, defaults={"calendar_digest": digest_of(by.slug)}
        )
        return by.slug

    def token(self, whose):
        by = self.owner(whose)
        later = timezone.now() + timedelta(days=1)

        def make():
            scopes = ["editorial:read"]
            return ApiToken.objects.issue(by, "Walk", scopes, expires_at=later)[0]

        return self._once("token", by, make)

    @cached_property
    def release(self):
        release = Release.objects.create(name="Monday", created_by=self.ines)
        ReleaseItem.objects.create(
            release=release,
            kind="article",
            item_id=self.item("article", "other", "approved").pk,
        )
        return release

    @cached_property
    def event(self):
        self.item("article", "other", "published")
        return OutboxEvent.objects.order_by("pk").first()

    @cached_property
    def audit_row(self):
        self.item("article", "other", "draft")
        return AuditLog.objects.order_by("number").first()

    @cached_property
    def receipt(self):
        now = timezone.now()
        return Receipt.objects.using(PUBLIC).create(
            event_id=uuid7(),
            item_id=self.item("article", "other", "published").pk,
            cause="publish",
            is_live=True,
            committed_at=now,
            projected_at=now,
        )

    @cached_property
    def series(self):
        return Series.objects.create(name="Orbits", slug="orbits")

    # --- What readers see ----------------------------------------------------

    @cached_property
    def live(self):
        """An article, a course with a lesson, and whom they are by, in `public`."""
        section = published.CategoryFactory(slug="harbour", name="Harbour")
        tag = published.TagFactory(slug="tide")
        author = published.ProfileFactory(slug="wim-writes")
        shared = {"category": section, "author": author, "tagged": [tag]}
        course = published.CourseFactory(slug="knots", **shared)
        return {
            "article": published.ArticleFactory(
                slug="first-light", series_slug="mornings", series=PART, **shared
            ),
            "course": course,
            "lesson": published.LessonFactory(course=course, slug="bowline"),
            "category": section,
            "tag": tag,
            "author": author,
        }

    @cached_property
    def content(self):
        """The live article, as comments know it."""
        return ContentRef.objects.create(
            id=self.live["article"].id,
            kind="article",
            state="live",
            title="First light",
            url="/articles/first-light/",
        )

    def comment(self, whose, status="approved"):
        by = self.olga if whose == "own" else self.reader
        return self._once(
            f"comment {status}", by, lambda: self._comment(by, status=status)
        )

    def _comment(self, by, status):
        ref = UserRef.objects.remember(by)
        pk = uuid7()
        comment = Comment(
            pk=pk,
            root_id=pk,
            content_kind="article",
            content_id=self.content.pk,
            user=ref,
            body="So it is.",
            body_html="<p>So it is.</p>",
            status=status,
        )
        comment.save(force_insert=True, using=ENGAGEMENT)
        return comment

    # --- Addresses -----------------------------------------------------------

    def address(self, route, case):
        """The path of a route for one case."""
        words = case.split()
        whose = "own" if "own" in words else "other"
        state = next((one for one in words if one in STATES), "draft")
        values = self.values(route, whose, state, words)

        def value_of(name, converter):
            assert name in values, f"{route}: the world has no value for {name!r}"
            return values[name]

        return filled(route, value_of) + QUERIES.get(route, "")

    def values(self, route, whose, state, words):
        parts = route.split("/")
        if parts[0] == "review":
            return {"token": self.review_token() if words else "no-such"}
        if parts[0] == "desk-calendar":
            return {"secret": self.calendar_secret(whose) if words else "no-such"}
        if parts[:2] == ["admin", "filters"]:
            return {"pk": self.kept_filter(whose).pk}
        if parts[0] == "admin":
            return self._desk_values(parts, whose, state, words)
        if route.startswith("api/v1/editorial/"):
            return self._api_values(parts, whose, state)
        if route.startswith("api/v1/content/"):
            return self._public_values(parts[3:], words)
        if parts[0] == "engagement":
            return self._readers_values(parts, whose, words)
        if parts[0] == "accounts":
            token = self.token(whose).pk if parts[1] == "tokens" else 1
            nothing = {"key": "no-such-key", "uidb36": "1", "provider_id": "none"}
            return nothing | {"pk": token, "token": "no-such-invitation"}
        if parts[0] == "healthz" or "<" not in route:
            return {}
        return self._public_values(parts, words)

    def _desk_values(self, parts, whose, state, words):
        if len(parts) < 4:
            return {
                "app_label": "editorial",
                "url": "no-such-page/",
            }
        model = parts[2]
        if parts[1] == "r":
            return {"content_type_id": 1, "object_id": uuid7()}
        row = self._desk_row(model, whose, state)
        values = {"object_id": row.pk, "pk": row.pk, "id": row.pk, "number": 1}
        if "<slug:verb>" in parts:
            values["verb"] = words[0] if words else "publish"
        if model == "release":
            values["item"] = self.item("article", "other", "approved").pk
        if "<uuid:remark>" in parts:
            remark = ReviewComment.objects.on(row).first()
            values["remark"] = remark.pk if remark else uuid7()
        if "<uuid:link>" in parts:
            link = ReviewLink.objects.on(row).first()
            values["link"] = link.pk if link else uuid7()
        return values

    def _desk_row(self, model, whose, state):
        if model in ("article", "course"):
            return self.item(model, whose, state)
        if model == "lesson":
            return self.item("course", whose, state).lessons.first()
        if model == "user":
            return self.owner(whose)
        rows = {
            "role": lambda: Role.objects.get(pk="author"),
            "media": lambda: self.media(whose),
            "mediafolder": lambda: self.folder,
            "category": lambda: self.space,
            "tag": lambda: self.tag,
            "series": lambda: self.series,
            "editorialtask": lambda: self.task(whose),
            "release": lambda: self.release,
            "notice": lambda: self.notice(whose),
            "outboxevent": lambda: self.event,
            "auditlog": lambda: self.audit_row,
            "receipt": lambda: self.receipt,
            "comment": lambda: self.comment("other"),
        }
        if model in rows:
            return rows[model]()
        return Article(pk=uuid7())  # nothing of ours: an id like any other

    def _api_values(self, parts, whose, state):
        noun = parts[3]
        if noun in ("articles", "courses"):
            item = self.item(noun.removesuffix("s"), whose, state)
            values = {"pk": item.pk, "number": 1, "verb": "submit"}
            if "<uuid:remark>" in parts:
                remark = ReviewComment.objects.on(item).first()
                values["remark"] = remark.pk if remark else uuid7()
            if "<uuid:link>" in parts:
                link = ReviewLink.objects.on(item).first()
                values["link"] = link.pk if link else uuid7()
            if noun == "courses":
                lesson = item.lessons.first()
                values |= {"section": lesson.section_id, "lesson": lesson.pk}
            return values
        rows = {
            "categories": lambda: self.space,
            "tags": lambda: self.tag,
            "media": lambda: self.media(whose),
            "notices": lambda: self.notice(whose),
            "tasks": lambda: self.task(whose),
            "releases": lambda: self.release,
        }
        member = self.item("article", "other", "approved").pk
        return {"pk": rows[noun]().pk if noun in rows else uuid7(), "item": member}

    def _readers_values(self, parts, whose, words):
        status = next((one for one in words if one in Comment.Status.values), None)
        if parts[1] == "comments":
            comment = self.comment(whose, status or "approved")
            return {"comment_id": comment.pk}
        if parts[1] == "reactions" and "comment" in words:
            return {"kind": "comment", "target_id": self.comment("other").pk}
        known = self.content.pk if "draft" not in words else uuid7()
        return {"kind": "article", "content_id": known, "target_id": known}

    def _public_values(self, parts, words):
        live = self.live
        noun = parts[0]
        if noun == "sitemaps":
            return {"section": "articles", "start": live["article"].id}
        slugs = {
            "articles": live["article"].slug,
            "courses": live["course"].slug,
            "categories": live["category"].slug,
            "tags": live["tag"].slug,
            "authors": live["author"].slug,
            "series": live["article"].series_slug,
        }
        values = {
            "slug": slugs.get(noun, ""),
            "course_slug": live["course"].slug,
            "year": live["article"].first_published_at.strftime("%Y"),
            "month": live["article"].first_published_at.strftime("%Y-%m"),
            "day": live["article"].first_published_at.strftime("%Y-%m-%d"),
            "form": "rss",
            "path": "no-such-file.jpg",
            "name": "0a5c8f",
        }
        if "<name:course_slug>" in parts:
            values["slug"] = live["lesson"].slug
        values["lesson"] = live["lesson"].slug
        if "draft" in words:
            values["slug"] = self.item("article", "other", "draft").slug
        return values


def picture():
    file = io.BytesIO(PNG)
    file.name = "walk.png"
    return file
