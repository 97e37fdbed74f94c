"""Autosave: what somebody typed goes into the draft, beside what others typed.

The frame is that of every edit, `actions.editing`; what is special is the merge. No
version, no event, and one line of the audit log for each person and sitting.
"""

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.permissions import may
from cms.databases import EDITORIAL
from editorial import actions, blocks, merging
from editorial.exceptions import Refused
from editorial.models import (
    Article,
    AuditLog,
    Clash,
    Course,
    Lesson,
    Sitting,
    Status,
)

RAW = "html"
ENDS_SOMETHING = (Status.APPROVED, Status.SCHEDULED)
"""States that the first edit ends. A slip of the finger must not: we ask."""

NOT_YET = UUID(int=0)
"""The text of a page for a new item, before it is one."""

SEO_TEXTS = ("meta_title", "meta_description", "og_title", "og_description")


class Ends(Refused):
    """Saving would void an approval, and perhaps a schedule; nobody said so yet."""


# --- What is written on -----------------------------------------------------------


class ArticleText:
    """The words of an article."""

    fields = ("title", "excerpt", *SEO_TEXTS)
    one_line = ("title", "meta_title", "og_title")
    model = Article

    def __init__(self, article):
        self.item, self.pk = article, article.pk

    def on(self, item):
        """The same text on the locked item."""
        return type(self)(item)

    @property
    def row(self):
        return self.item

    def blocks(self):
        return self.item.block_list()

    def write(self, body):
        """Keep the blocks, where they are given; the ids they have then."""
        if body is None:
            return []
        self.item.set_blocks(body)
        return [block["id"] for block in self.item.block_list()]


class LessonText(ArticleText):
    """The words of a lesson, which is edited as a part of its course."""

    fields = ("title", "description")
    one_line = ("title",)
    model = Lesson

    def __init__(self, lesson, course=None):
        self.lesson, self.pk = lesson, lesson.pk
        self.item = course or lesson.course

    def on(self, item):
        return LessonText(Lesson.objects.select_for_update().get(pk=self.pk), item)

    @property
    def row(self):
        return self.lesson

    def blocks(self):
        return self.lesson.content_blocks or []

    def write(self, body):
        if body is not None:
            blocks.validate(body)
            self.lesson.content_blocks = body
        self.lesson.save()
        return [block["id"] for block in self.blocks()]


class CourseText(ArticleText):
    """The words about a course; each of its lessons is a text of its own."""

    fields = ("title", "description", *SEO_TEXTS)
    model = Course

    def blocks(self):
        return []

    def write(self, body):
        if body:
            raise Refused("A course has no text of its own: write in its lessons.")
        return []


TEXTS = {Article: ArticleText, Course: CourseText, Lesson: LessonText}


def text_of(row):
    """The text of an article, a course or a lesson."""
    return TEXTS[type(row)](row)


def words_of(text):
    """{field: what it says}, as the desk's page compares it."""
    return {name: getattr(text.row, name) or "" for name in text.fields}


# --- Saving -----------------------------------------------------------------------


@dataclass
class Draft:
    """What a page sends: what was there when it last heard from us, and what is."""

    save_id: UUID
    revision: int
    """The newest that the page has seen."""
    body: merging.Edit = field(default_factory=merging.Edit)
    fields: dict = field(default_factory=dict)
    """{name: (was, now)}"""
    settled: list = field(default_factory=list)
    """Clashes that the person has decided."""
    may_end: bool = False
    """An approval may be voided by it; the person was asked."""


@dataclass
class Saved:
    text: object
    revision: int
    remap: dict
    """{id that was sent: id that the block has}, where another text has the id."""
    unkept: dict
    """{field: why it could not be kept}"""
    others: bool
    """Somebody else's words came in: the page must take over the whole text."""


def autosave(text, draft, *, by, sitting, origin=None):
    """Merge a draft into the text and keep it. Sent twice, it is kept once."""
    with transaction.atomic(using=EDITORIAL):
        sitting = Sitting.objects.select_for_update(of=("self",)).get(pk=sitting.pk)
        item = actions.locked(text.item)
        if sitting.last_save == draft.save_id:
            return _again(text.on(item), sitting)
        _check(item, draft, by=by)
        before, status = item.revision, item.status
        with actions.editing(item, by=by, origin=origin, quietly=True) as fresh:
            now = text.on(fresh)
            remap, unkept = _put_on(now, draft, by=by)
        saved = Saved(now, item.revision, remap, unkept, before != draft.revision)
        _remember(sitting, draft, saved)
        if sitting.saves == 1:
            AuditLog.objects.record(
                "write",
                by=by,
                resource_type=item.KIND,
                resource_id=item.pk,
                old={"revision": before, "status": status},
                new={"title": item.title, "revision": item.revision},
                **(origin or {}),
            )
    return saved


def _again(text, sitting):
    """The answer to a save whose first answer was lost on the way."""
    answer = sitting.last_answer
    return Saved(
        text, text.item.revision, answer["remap"], answer["unkept"], others=True
    )


def _check(item, draft, *, by):
    if item.status in ENDS_SOMETHING and not draft.may_end:
        actions.check(by, "reopen", item)
        what = "the approval"
        if item.status == Status.SCHEDULED:
            what += " and the schedule"
        raise Ends(f"It is {item.get_status_display().lower()}. Saving ends {what}.")


def _put_on(text, draft, *, by):
    """Merge field by field and block by block; (remap, unkept)."""
    unkept, clashes = {}, []
    for name, (was, now) in draft.fields.items():
        if name in text.one_line:
            was, now = " ".join(was.split()), " ".join(now.split())
        longest = text.row._meta.get_field(name).max_length
        if longest and len(now) > longest:
            unkept[name] = (
                f"It is {len(now) - longest} characters too long ({longest} at most); "
                "the rest was saved."
            )
            continue
        value, mine = merging.merge_text(getattr(text.row, name), was, now)
        setattr(text.row, name, value)
        if mine is not None:
            clashes.append(
                Clash(
                    id=uuid5(merging.COPIES, f"{text.pk}:{name}:{mine}"),
                    text_id=text.pk,
                    field=name,
                    text=mine,
                    written_by=by,
                )
            )
    if text.row is text.item:
        _name(text.item, text.item.title)
    remap, body = {}, None
    if draft.body:
        body = _merged(text, draft.body, clashes, by=by)
    kept = text.write(body)
    for block, pk in zip(body or (), kept, strict=body is not None):
        if block["id"] != pk:
            remap[block["id"]] = pk
    for clash in clashes:
        clash.id = UUID(remap.get(str(clash.id), str(clash.id)))
    Clash.objects.bulk_create(clashes, ignore_conflicts=True)
    _settle(text, draft, kept if body is not None else None)
    return remap, unkept


def begin(item, *, by, tab, save_id, origin=None):
    """A new item, on the desk from its first words on; asked twice, made once."""
    with transaction.atomic(using=EDITORIAL):
        sitting = Sitting.objects.sit_down(text_id=NOT_YET, tab=tab, person=by).locked()
        if sitting.last_save == save_id:
            return type(item).objects.get(pk=sitting.last_answer["item"])
        actions.create(item, by=by, origin=origin)
        sitting.last_save, sitting.last_answer = save_id, {"item": str(item.pk)}
        sitting.save(update_fields=["last_save", "last_answer"])
    return item


def _name(item, title):
    """An address that was made of nothing is made of the title when there is one."""
    if item.was_never_live and item.slug.startswith(f"untitled-{item.KIND}") and title:
        item.slug = actions.free_slug(item, title)


def _merged(text, edit, clashes, *, by):
    current = text.blocks()
    known = [block["content"] for block in current if block["type"] == RAW]
    for _, block in edit.changed.values():
        if (
            block["type"] == RAW
            and block["content"] not in known
            and not may(by, "insert_raw_html", text.item)
        ):
            raise PermissionDenied(
                "Raw HTML may only be inserted by an editor. Take the block out, or "
                "ask an editor to add it; the rest is saved then."
            )
    merged = merging.merge(current, edit)
    clashes += [
        Clash(id=UUID(copy), text_id=text.pk, block_id=UUID(stayed), written_by=by)
        for stayed, copy in merged.clashes
    ]
    return merged.blocks


def _settle(text, draft, kept):
    """Forget what was decided, and what nobody has to decide any more."""
    open_ones = Clash.objects.on(text.pk)
    done = [
        clash.pk
        for clash in open_ones
        if str(clash.pk) in draft.settled
        or (
            clash.block_id
            and kept is not None
            and not {str(clash.pk), str(clash.block_id)} <= set(kept)
        )
    ]
    if done:
        open_ones.filter(pk__in=done).delete()


def _remember(sitting, draft, saved):
    sitting.saves += 1
    sitting.last_save = draft.save_id
    sitting.last_answer = {"remap": saved.remap, "unkept": saved.unkept}
    sitting.save(update_fields=["saves", "last_save", "last_answer"])


def may_write(person, item):
    """Whether an edit by this person would be let in, in the state that it is in."""
    if item.status in (Status.PENDING_REVIEW, Status.IN_REVIEW):
        return may(person, "edit_in_review", item)
    if item.status in ENDS_SOMETHING:
        return may(person, "edit", item) and may(person, "reopen", item)
    if item.status in (Status.PUBLISHED, Status.UNPUBLISHED):
        return may(person, "edit", item) and may(person, "revise", item)
    return item.status != Status.ARCHIVED and may(person, "edit", item)
