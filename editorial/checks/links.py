"""Links: those to our own pages at once, those to others by what they answered."""

from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.timesince import timesince

from accounts.models import User
from editorial.blocks.links import fault_of_link
from editorial.checks.registry import ADVICE, WARN, declare, looks
from editorial.checks.texts import shown
from editorial.models import (
    ITEM_MODELS,
    Category,
    LinkAnswer,
    LiveSlug,
    Redirect,
    Tag,
)

GONE = declare("link-gone", "Links to our own pages lead somewhere", WARN)
DRAFT = declare("link-to-draft", "Links lead to what is public", WARN)
MOVED = declare("link-moved", "Links lead to the newest address", ADVICE)
BROKEN = declare("link-broken", "Links to other sites answer", WARN)
AWAY = declare("link-unanswered", "Other sites answer", ADVICE)

MOST_OUTSIDE = 200
"""Addresses of one text that are asked for."""


def path_of(href):
    """The path on this site that a link leads to; "" for any other link."""
    if href.startswith("/"):
        return urlsplit(href).path
    if href.startswith(settings.SITE_ORIGIN + "/"):
        return urlsplit(href).path
    return ""


def outside(text):
    """The addresses on other sites that the text links to, each once."""
    found = {}
    for link in text.links:
        href = link.href.split("#")[0]
        if not href.startswith(("http://", "https://")) or path_of(href):
            continue
        if fault_of_link(href) is None:
            found.setdefault(href, link)
    return dict(list(found.items())[:MOST_OUTSIDE])


# --- Our own ----------------------------------------------------------------------


@looks
def inside(text):
    targets = [(link, target) for link in text.links if (target := _target(link.href))]
    if not targets:
        return
    known = _Known(text, {target for _, target in targets})
    for link, (kind, key) in targets:
        what = known.about(kind, key)
        words = shown(link.words) if link.words.strip() else shown(link.href)
        if what == "gone":
            yield GONE.found(
                f"The link {words} leads to nothing on this site.",
                "Link another page, or take the link out.",
                **link.where,
            )
        elif what == "draft":
            yield DRAFT.found(
                f"The link {words} leads to something that is not published.",
                "Publish that first, or both in one release.",
                **link.where,
            )
        elif what == "moved":
            yield MOVED.found(
                f"The link {words} leads to an old address.",
                "It still works, by a redirect. Link the new address.",
                **link.where,
            )


def _target(href):
    """(what kind of page, its slug or id) of a link to one of ours, or None."""
    if href.startswith("item:"):
        return "item", href.removeprefix("item:").split("#")[0]
    path = path_of(href)
    if not path:
        return None
    try:
        found = resolve(unquote(path))
    except Resolver404:
        return "nothing", path
    if found.app_names[:1] != ["publishing"]:
        return None
    if found.url_name == "lesson":
        return "course", found.kwargs["course_slug"]
    if "slug" in found.kwargs:
        return found.url_name, found.kwargs["slug"]
    return None


class _Known:
    """What stands behind the targets of one text, in a few queries."""

    def __init__(self, text, targets):
        self.text = text
        by_kind = {}
        for kind, key in targets:
            by_kind.setdefault(kind, set()).add(key)
        self.states = {("nothing", path): "gone" for path in by_kind.get("nothing", ())}
        for kind, model in ITEM_MODELS.items():
            self._items(str(kind), model, by_kind.get(str(kind), set()))
        for kind, model in (("category", Category), ("tag", Tag), ("author", User)):
            self._rows(kind, model, by_kind.get(kind, set()))
        self._ids(by_kind.get("item", set()))

    def about(self, kind, key):
        return self.states.get((kind, key), "")

    def _visible(self, model):
        """Of drafts that they may not see, people learn nothing."""
        viewer = self.text.viewer
        return (
            model.objects.all() if viewer is None else model.objects.visible_to(viewer)
        )

    def _items(self, kind, model, slugs):
        if not slugs:
            return
        live = set(
            LiveSlug.objects.filter(kind=kind, slug__in=slugs).values_list(
                "slug", flat=True
            )
        )
        old = Redirect.objects.filter(kind=kind, old_slug__in=slugs - live)
        held = dict(old.values_list("old_slug", "item_id"))
        moved = set(
            LiveSlug.objects.filter(item_id__in=held.values()).values_list(
                "item_id", flat=True
            )
        )
        drafts = self._visible(model).not_archived().filter(slug__in=slugs - live)
        drafts = set(drafts.values_list("slug", flat=True))
        own = self.text.snapshot["slug"] if kind == self.text.item.KIND else ""
        for slug in slugs:
            if slug in live or slug == own:
                state = "live"
            elif held.get(slug) in moved and slug in held:
                state = "moved"
            else:
                state = "draft" if slug in drafts else "gone"
            self.states[kind, slug] = state

    def _rows(self, kind, model, slugs):
        if not slugs:
            return
        known = set(model.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        for slug in slugs - known:
            self.states[kind, slug] = "gone"

    def _ids(self, texts):
        ids = {}
        for text in texts:
            try:
                ids[text] = UUID(text)
            except ValueError:
                self.states["item", text] = "gone"
        if not ids:
            return
        live = set(
            LiveSlug.objects.filter(item_id__in=ids.values()).values_list(
                "item_id", flat=True
            )
        )
        there = set()
        for model in ITEM_MODELS.values():
            rows = self._visible(model).not_archived().filter(pk__in=ids.values())
            there |= set(rows.values_list("pk", flat=True))
        for text, pk in ids.items():
            if pk in live or pk == self.text.item.pk:
                self.states["item", text] = "live"
            else:
                self.states["item", text] = "draft" if pk in there else "gone"


# --- Other sites ------------------------------------------------------------------


@looks
def answers(text):
    links = outside(text)
    if not links:
        return
    known = LinkAnswer.objects.of(links)
    for href, link in links.items():
        answer = known.get(href)
        if answer is None or answer.checked_at is None:
            continue
        ago = f"{timesince(answer.checked_at, depth=1)} ago"
        words = shown(link.words) if link.words.strip() else shown(href)
        if answer.state == LinkAnswer.State.BROKEN:
            yield BROKEN.found(
                f"The link {words} is broken: {answer.said} (asked {ago})",
                "Find the new address, or take the link out.",
                **link.where,
            )
        elif answer.state in (LinkAnswer.State.AWAY, LinkAnswer.State.REFUSED):
            yield AWAY.found(
                f"The link {words} could not be checked: {answer.said} (asked {ago})",
                "Open it yourself to be sure.",
                **link.where,
            )
