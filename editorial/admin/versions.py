"""Versions of an item: the list, one of them, what changed, and bringing it back."""

import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import may
from editorial import actions, blocks
from editorial.admin.house import origin_of
from editorial.admin.verbs import VERBS
from editorial.admin.words import marked
from editorial.diff import difference
from editorial.exceptions import Refused
from editorial.models import (
    Article,
    Category,
    Media,
    Status,
    Tag,
    Version,
    WorkflowHistory,
)

SHOWN = 100
LABELS = {
    "image": "Featured image",
    "seo": "Search and social",
    "format": "Format",
    "is_featured": "Featured",
    "comments_open": "Comments are open",
    "menu_order": "Order in menus",
    "slug": "Address",
}


@require_safe
def listing(request, pk, *, desk):
    item = desk.find(request, pk)
    found = Version.objects.of(item).light().select_related("created_by")
    history = WorkflowHistory.objects.of(item).select_related("changed_by", "version")
    history = history.defer(
        "version__snapshot", "version__rendered", "version__diff_from_previous"
    )[:SHOWN]
    for row in history:
        row.before, row.after = _named(row.from_status), _named(row.to_status)
        row.said = VERBS[row.transition].label if row.transition in VERBS else ""
    return desk.page(
        request,
        "admin/editorial/item/versions.html",
        item,
        title=f"Versions of “{item}”",
        versions=found[:SHOWN],
        history=history,
        back=desk.address(item),
        may_restore=_may_restore(desk, request, item),
        base=f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
    )


@require_safe
def one(request, pk, number, *, desk):
    item = desk.find(request, pk)
    version = _version(item, number)
    other = request.GET.get("with", "")
    before = (
        _version(item, int(other))
        if other.isdecimal()
        else Version.objects.of(item).filter(number__lt=number).first()
    )
    return desk.page(
        request,
        "admin/editorial/item/version.html",
        item,
        title=f"v{version.number} of “{item}”",
        version=version,
        before=before,
        changes=readable(before.snapshot if before else None, version.snapshot),
        html=as_html(version),
        is_newest=version.number == item.current_version,
        may_restore=_may_restore(desk, request, item),
        back=desk.address(item, "versions"),
        restore_url=desk.address(item, "restore", version.number),
        before_url=before and desk.address(item, "restore", before.number),
    )


@require_POST
def restore(request, pk, number, *, desk):
    """The whole version, or the one block that the button names."""
    item = desk.find(request, pk)
    version = _version(item, number)
    block_id = request.POST.get("block") or None
    try:
        actions.restore_version(
            item,
            version,
            by=request.user,
            block_id=block_id,
            origin=origin_of(request),
        )
    except Refused as problem:
        messages.error(request, str(problem))
        return HttpResponseRedirect(desk.address(item, "version", number))
    what = "The block" if block_id else f"v{number}"
    messages.success(
        request,
        f"{what} was restored as v{item.current_version} of the draft. "
        "Readers keep what they have.",
    )
    return HttpResponseRedirect(desk.address(item))


def _named(status):
    return Status(status).label.lower() if status in Status.values else status


def _version(item, number):
    found = Version.objects.of(item).filter(number=number)
    version = found.select_related("created_by").first()
    if version is None:
        raise Http404("There is no such version.")
    return version


def _may_restore(desk, request, item):
    return desk.has_change_permission(request, item) and may(
        request.user, "restore_version", item
    )


def as_html(version):
    """[(title, html)]: the text, or for a course each lesson's."""
    rendered = version.rendered
    parts = [("", mark_safe(rendered["html"]))]  # noqa: S308  (by editorial.blocks)
    titles = {
        lesson["id"]: lesson["title"]
        for section in version.snapshot.get("sections", [])
        for lesson in section["lessons"]
    }
    for pk, lesson in rendered.get("lessons", {}).items():
        parts.append((titles.get(pk, ""), mark_safe(lesson["html"])))  # noqa: S308
    return parts


# --- The difference in words ------------------------------------------------------


@dataclass
class BlockChange:
    what: str
    """added, removed, changed or moved"""
    label: str
    text: str
    block_id: str = ""
    """For a block that can be brought back alone."""


@dataclass
class Changes:
    fields: list = field(default_factory=list)
    """(label, before, after)"""
    blocks: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.fields or self.blocks)


def readable(old, new):
    """What changed between two snapshots, for people."""
    changes = difference(old, new)
    names = Names(old or {}, new)
    found = Changes()
    for name, (before, after) in changes["fields"].items():
        if name == "seo":
            found.fields += _seo(before or {}, after or {})
            continue
        label = LABELS.get(name, name.replace("_", " ").capitalize())
        before, after = names.of(name, before), names.of(name, after)
        found.fields.append((label, before, after, marked(before, after)))
    if "blocks" in changes:
        found.blocks += _blocks(
            changes["blocks"], (old or {}).get("blocks", []), new["blocks"]
        )
    for noun in ("sections", "lessons"):
        if noun in changes:
            found.blocks += _parts(noun, changes[noun], old or {}, new)
    return found


def _seo(before, after):
    return [
        (
            name.replace("_", " ").capitalize(),
            was := _plain(before.get(name)),
            now := _plain(after.get(name)),
            marked(was, now),
        )
        for name in sorted(set(before) | set(after))
        if before.get(name) != after.get(name)
    ]


def _plain(value):
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _blocks(changes, old, new):
    before = {block["id"]: block for block in old}
    after = {block["id"]: block for block in new}
    found = []
    for what, ids in changes.items():
        for pk in ids:
            block = after.get(pk) or before[pk]
            if what == "changed":
                text = marked(text_of(before[pk]), text_of(after[pk]))
            else:
                text = text_of(block)
            if what == "moved" and pk in changes["changed"]:
                continue
            label = block["type"].replace("_", " ")
            found.append(BlockChange(what, label, text, "" if what == "added" else pk))
    return found


def _parts(noun, changes, old, new):
    def parts(snapshot):
        sections = snapshot.get("sections", [])
        if noun == "sections":
            return {one["id"]: one for one in sections}
        return {one["id"]: one for section in sections for one in section["lessons"]}

    def text(part):
        body = blocks.plain_text(part["blocks"]) if "blocks" in part else ""
        return f"{part['title']}\n{body}".strip()

    before, after = parts(old), parts(new)
    found = []
    for what, ids in changes.items():
        for pk in ids:
            part = after.get(pk) or before[pk]
            if what == "changed":
                if noun == "sections" and before[pk]["title"] == part["title"]:
                    continue  # its lessons are listed by themselves
                words = marked(text(before[pk]), text(part))
            else:
                words = text(part)
            found.append(BlockChange(what, noun.rstrip("s"), words))
    return found


def text_of(block):
    return blocks.plain_text([block]).strip() or f"[{block['type']}]"


class Names:
    """The names of the rows that two snapshots mention, in one query for each kind."""

    def __init__(self, *snapshots):
        def ids(key):
            found = set()
            for snapshot in snapshots:
                value = snapshot.get(key)
                found.update(value if isinstance(value, list) else [value])
            return {uuid.UUID(one) for one in found if one}

        self.known = {}
        for model, key in (
            (Category, "category"),
            (Tag, "tags"),
            (Media, "image"),
            (User, "author"),
            (Article, "parent"),
        ):
            if wanted := ids(key):
                rows = model.objects.filter(pk__in=wanted)
                self.known |= {str(row.pk): str(row) for row in rows}

    def of(self, name, value):
        if isinstance(value, list) and name == "tags":
            return ", ".join(self.known.get(one, "a deleted tag") for one in value)
        if name in ("category", "image", "author", "parent") and value:
            return self.known.get(value, "something deleted")
        return _plain(value)
