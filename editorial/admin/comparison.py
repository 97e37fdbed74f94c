"""Two states of an item side by side, in words and in the rendered text."""

import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.utils.html import format_html_join

from accounts.models import User
from editorial import blocks
from editorial.diff import lessons_in, staying, story
from editorial.models import Article, Category, Media, Tag
from editorial.models.articles import images
from editorial.redline import Budget, name_of, redline, shown, words

LABELS = {
    "image": "Featured image",
    "format": "Format",
    "is_featured": "Leads the home page",
    "comments_open": "Comments are open",
    "menu_order": "Order in menus",
    "slug": "Address",
    "excerpt": "Standfirst",
    "price_cents": "Price in cents",
    "is_free": "Free",
    "is_preview": "Free preview",
    "content_type": "Kind",
    "no_index": "Hidden from search engines",
    "no_follow": "Links are not followed",
    "og_title": "Social title",
    "og_description": "Social description",
    "og_image_id": "Social image",
}
FIRST = ("title", "excerpt", "description", "author", "category", "tags", "image")
"""Fields in the order in which people ask for them; the rest follows by name."""
PARTS = {"blocks", "sections", "lessons", "id"}
QUOTED = 80

WHAT = {
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
    "moved": "Moved",
    "left": "Moved away",
    "same": "",
}


@dataclass
class FieldChange:
    label: str
    before: str
    after: str
    both: str


@dataclass
class Row:
    """One block of the comparison."""

    what: str
    label: str
    """What kind of block it is."""
    says: str
    """What happened to it, in words."""
    both: str = ""
    before: str = ""
    after: str = ""
    notes: tuple = ()
    block_id: str = ""
    quote: str = ""

    @property
    def is_change(self):
        return self.what != "same"

    @property
    def can_come_back(self):
        """By itself: not when the lesson that it stood in is gone."""
        is_other = self.what in ("removed", "changed") or (
            self.what == "moved" and bool(self.before)
        )
        return is_other and bool(self.block_id)


@dataclass
class Stretch:
    """Neighbouring blocks that are all the same, or one that is not."""

    rows: list

    @property
    def is_quiet(self):
        return not self.rows[0].is_change


@dataclass
class Part:
    """The text of an article, or a lesson of a course with its text."""

    title: str = ""
    what: str = "same"
    says: str = ""
    fields: list = field(default_factory=list)
    stretches: list = field(default_factory=list)

    @property
    def is_change(self):
        return bool(self.fields) or self.what != "same" or self.has_changes

    @property
    def has_changes(self):
        return any(not one.is_quiet for one in self.stretches)


@dataclass
class Comparison:
    fields: list = field(default_factory=list)
    parts: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    is_coarse: bool = False
    """Something was too long to be compared word by word."""

    def __bool__(self):
        return bool(self.fields) or any(part.is_change for part in self.parts)

    @property
    def total(self):
        return len(self.fields) + self.counts.total()

    def sentence(self):
        """ "2 blocks changed, 1 added, 1 removed; title and tags differ." """
        said, nouns = [], ("block", "lesson", "section")
        for noun in nouns:
            verbs = ("changed", "added", "removed", "moved", "renamed")
            for verb in verbs:
                if count := self.counts[noun, verb]:
                    name = noun if count == 1 else f"{noun}s"
                    said.append(f"{count} {name} {verb}")
        if self.fields:
            names = [one.label.lower() for one in self.fields]
            several = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else ""
            verb = "differ" if several else "differs"
            said.append(f"{several or names[0]} {verb}")
        if not said:
            return "Nothing is different."
        sentence = ", ".join(said) + "."
        return sentence[0].upper() + sentence[1:]


def compare(old, new):
    """The Comparison of two snapshots; `old` is None where there was nothing."""
    old = old or {}
    names, budget = Names(old, new), Budget()
    found = Comparison(fields=_fields(old, new, names, budget))
    if "seo" in new:
        seo = _fields(old.get("seo") or {}, new["seo"] or {}, names, budget)
        found.fields += seo
    media = images(_media_of(old) | _media_of(new))
    if "blocks" in new:
        part = Part()
        _tell(part, old.get("blocks", []), new["blocks"], media, budget, found.counts)
        found.parts.append(part)
    if "sections" in new:
        _compare_sections(found, old, new)
        _compare_lessons(found, old, new, names, media, budget)
    found.is_coarse = budget.was_short
    return found


def _media_of(snapshot):
    found = set(blocks.media_ids(snapshot.get("blocks", [])))
    for lesson in lessons_in(snapshot):
        found |= blocks.media_ids(lesson["blocks"])
    return found


# --- Fields -----------------------------------------------------------------------


def _fields(old, new, names, budget):
    found = []
    keys = (set(old) | set(new)) - PARTS - {"seo"}
    order = {name: index for index, name in enumerate(FIRST)}
    for name in sorted(keys, key=lambda one: (order.get(one, len(order)), one)):
        was, now = old.get(name), new.get(name)
        if was == now or not (was or now):
            continue
        label = LABELS.get(name, name.replace("_", " ").capitalize())
        before, after = names.of(name, was), names.of(name, now)
        if name == "tags" or name == "meta_keywords":
            both = _members(before, after)
        else:
            both = words(before, after, budget)
        found.append(FieldChange(label, before, after, both))
    return found


def _members(before, after):
    """A list of names: which came and which went, whatever their order."""
    one, other = before.split(", "), after.split(", ")
    gone = [name for name in one if name not in other and name]
    came = [name for name in other if name not in one and name]
    kept = [name for name in other if name in one and name]
    if not gone and not came:
        return words(before, after)
    marked = [words(name, "") for name in gone] + [words("", name) for name in came]
    return format_html_join(" ", "{}", ((each,) for each in [*marked, *kept]))


def plain(value):
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


class Names:
    """The names of the rows that two snapshots mention, in one query for each kind."""

    def __init__(self, *snapshots):
        self.known = {}
        for model, keys in (
            (Category, ("category",)),
            (Tag, ("tags",)),
            (Media, ("image", "og_image_id", "video")),
            (User, ("author",)),
            (Article, ("parent",)),
        ):
            if wanted := set().union(*(_ids(one, keys) for one in snapshots)):
                rows = model.objects.filter(pk__in=wanted)
                self.known |= {str(row.pk): str(row) for row in rows}

    def of(self, name, value):
        if isinstance(value, list) and name == "tags":
            return ", ".join(self.known.get(one, "a deleted tag") for one in value)
        if value and name in (
            "category", "image", "author", "parent", "og_image_id", "video",
        ):  # fmt: skip
            return self.known.get(value, "something deleted")
        return plain(value)


def _ids(snapshot, keys):
    found = set()
    for part in (snapshot, snapshot.get("seo") or {}, *lessons_in(snapshot)):
        for key in keys:
            value = part.get(key)
            found.update(value if isinstance(value, list) else [value])
    return {uuid.UUID(one) for one in found if one}


# --- Blocks -----------------------------------------------------------------------


def _tell(part, old, new, media, budget, counts):
    """The story of a text, as rows; neighbours that are the same in one stretch."""
    for step in story(old, new).steps:
        row = _row(step, media, budget)
        if row.what in ("added", "removed", "changed", "moved"):
            counts["block", row.what] += 1
        stretch = part.stretches[-1] if part.stretches else None
        if stretch and stretch.is_quiet and not row.is_change:
            stretch.rows.append(row)
        else:
            part.stretches.append(Stretch([row]))


def _row(step, media, budget):
    label = name_of(step.block["content"])
    row = Row(step.what, label, WHAT[step.what], quote=quote_of(step.block))
    if step.what == "same":
        row.both = row.before = row.after = shown(step.new, media)
    elif step.what == "added":
        row.both = row.after = shown(step.new, media)
    elif step.what == "removed":
        row.both = row.before = shown(step.old, media)
        row.block_id = step.old["id"]
    elif step.what == "left":
        row.says = "Moved from here"
    else:
        row.block_id = step.old["id"]
        if step.is_changed:
            line = redline(step.old, step.new, media, budget)
            row.both, row.before, row.after = line.both, line.before, line.after
            row.notes = line.notes
        else:
            row.both = row.after = shown(step.new, media)
        if step.what == "moved":
            row.says = f"Moved {step.way}" + (" and changed" if step.is_changed else "")
    return row


def quote_of(block):
    """The beginning of a block, to know it by."""
    text = " ".join(blocks.plain_text([block]).split())
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rsplit(' ', 1)[0]}…"


# --- Courses ----------------------------------------------------------------------


def _compare_sections(found, old, new):
    before = {one["id"]: one for one in old.get("sections", [])}
    after = {one["id"]: one for one in new["sections"]}
    stayed = staying(list(before), list(after))
    for pk, section in after.items():
        was = before.get(pk)
        if was is None:
            _say(found, "section", "added", section["title"], both_of="after")
            continue
        for name in ("title", "description"):
            if was.get(name) != section.get(name):
                label = "Section" if name == "title" else f"About “{section['title']}”"
                text = was.get(name) or "", section.get(name) or ""
                found.fields.append(FieldChange(label, *text, words(*text)))
        if pk not in stayed:
            _say(found, "section", "moved", section["title"])
    for pk, section in before.items():
        if pk not in after:
            _say(found, "section", "removed", section["title"], both_of="before")


def _say(found, noun, what, title, both_of=""):
    part = Part(title=title, what=what, says=f"{noun.capitalize()} {what}")
    found.counts[noun, what] += 1
    found.parts.append(part)


def _compare_lessons(found, old, new, names, media, budget):
    before = {one["id"]: one for one in lessons_in(old)}
    after = {one["id"]: one for one in lessons_in(new)}
    home = [_homes(snapshot) for snapshot in (old, new)]
    stayed = staying(list(before), list(after))
    for pk in [*after, *(pk for pk in before if pk not in after)]:
        was, now = before.get(pk), after.get(pk)
        part = Part(title=(now or was)["title"])
        if was is None or now is None:
            part.what = "added" if was is None else "removed"
        elif pk not in stayed or home[0][pk] != home[1][pk]:
            part.what = "moved"
        if was and now:
            part.fields = _fields(was, now, names, budget)
        texts = [(one or {}).get("blocks", []) for one in (was, now)]
        own = found.counts if was and now else Counter()
        _tell(part, *texts, media, budget, own)
        if now is None:
            for stretch in part.stretches:
                for row in stretch.rows:
                    row.block_id = ""
        if part.what == "same" and (part.fields or part.has_changes):
            part.what = "changed"
        part.says = f"Lesson {part.what}" if part.what != "same" else "Lesson"
        if part.what != "same":
            found.counts["lesson", part.what] += 1
        found.parts.append(part)


def _homes(snapshot):
    return {
        lesson["id"]: section["id"]
        for section in snapshot.get("sections", [])
        for lesson in section["lessons"]
    }
