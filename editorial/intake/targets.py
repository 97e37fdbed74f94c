"""What a link may lead to: our own items by title or address, and everything else.

A link to an item of ours is kept as its address on the site, `/articles/<slug>/`.
When the address of a live item changes, its old one leads on (`Redirect`), so the
link does, too; nothing in the text has to be resolved when it is shown.
"""

from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import Resolver404, resolve, reverse

from editorial.blocks.embeds import address_of, provider_of
from editorial.blocks.links import fault_of_link
from editorial.models import ITEM_MODELS, LiveSlug, Redirect, Status

SHOWN = 8
NOT_YET = "Readers who follow this link find nothing until it is published."
ARCHIVED = "It is in the archive. Readers who follow this link find nothing."
TAKEN_DOWN = "It was taken down. Readers who follow this link find nothing."


def items_for(user, words):
    """Rows of the items that a link may lead to, best first.

    What the person may view, and what everybody can read already.
    """
    words = " ".join(words.split())[:100]
    if words and (address := _own_path(words)) is not None:
        found = item_at(user, address)
        return [found] if found else []
    rows = []
    for model in ITEM_MODELS.values():
        query = model.objects.filter(_known_to(user, model, _matching(words)))
        query = query.exclude(slug="").select_related("live_version", "category")
        begins = Case(
            When(title__istartswith=words, then=Value(0)),
            default=Value(1),
            output_field=IntegerField(),
        )
        rows += query.annotate(rank=begins).order_by("rank", "-updated_at")[:SHOWN]
    rows.sort(key=lambda one: -one.updated_at.timestamp())
    rows.sort(key=lambda one: one.rank)
    return _shown(user, rows[:SHOWN])


def target_of(user, address):
    """What an address leads to, for the link's own small window.

    {"href", "kind": "item" | "embed" | "outside" | "inside", …} or {"fault"}.
    """
    address = address.strip()
    if fault := fault_of_link(address):
        return {"href": address, "fault": f"This {fault}."}
    path = _own_path(address)
    if path is not None:
        found = item_at(user, path)
        return found or {"href": path, "kind": "inside"}
    if provider := provider_of(address):
        own = address_of(address)
        return {"href": own, "kind": "embed", "provider": provider}
    return {"href": address, "kind": "outside"}


def item_at(user, path):
    """The row of the item at an address of the site, if the person may know it."""
    kind, slug = _named_in(path)
    if kind is None:
        return None
    model = ITEM_MODELS[kind]
    held = LiveSlug.objects.filter(kind=kind, slug=slug).values_list("item_id")
    moved = Redirect.objects.filter(kind=kind, old_slug=slug).values_list("item_id")
    working = model.objects.visible_to(user).filter(slug=slug).values("pk")
    query = model.objects.filter(_known_to(user, model)).exclude(slug="")
    query = query.select_related("live_version", "category")
    found = (
        query.filter(pk__in=held).first()
        or query.filter(pk__in=working).order_by("-updated_at").first()
        or query.filter(pk__in=moved).first()
    )
    return _shown(user, [found])[0] if found else None


def _known_to(user, model, matching=None):
    """What one may view, by its working copy; what is live, by what readers see."""
    draft, live = matching or (Q(), Q())
    seen = Q(pk__in=model.objects.visible_to(user).values("pk"))
    return (seen & draft) | (Q(live_version__isnull=False) & live)


def _matching(words):
    """(how a draft matches, how a live item does); a draft's title stays unknown."""
    try:
        return Q(pk=UUID(words)), Q(pk=UUID(words))
    except ValueError:
        pass
    draft, live = Q(), Q()
    for word in words.split()[:6]:
        draft &= Q(title__icontains=word) | Q(slug__icontains=word)
        live &= Q(live_version__snapshot__title__icontains=word)
    return draft, live


def _shown(user, items):
    """What is said of each: to those who may not view the draft, what readers see."""
    live = {
        (one.kind, one.item_id): one.slug
        for one in LiveSlug.objects.filter(item_id__in=[item.pk for item in items])
    }
    viewed = {
        pk
        for model in ITEM_MODELS.values()
        for pk in model.objects.visible_to(user)
        .filter(pk__in=[item.pk for item in items if isinstance(item, model)])
        .values_list("pk", flat=True)
    }
    return [
        _row(item, live.get((item.KIND, item.pk)), is_viewed=item.pk in viewed)
        for item in items
    ]


def _row(item, live_slug, *, is_viewed):
    title, status = str(item), item.get_status_display()
    if not is_viewed:
        title, status = item.live_version.snapshot["title"] or "Untitled", "Published"
    href = reverse(f"publishing:{item.KIND}", args=[live_slug or item.slug])
    if item.is_live:
        page = f"{settings.SITE_ORIGIN}{href}"
    else:
        page = reverse(f"admin:editorial_{item.KIND}_change", args=[item.pk])
    return {
        "kind": "item",
        "item": item.KIND,
        "id": str(item.pk),
        "title": title,
        "href": href,
        "open": page,
        "status": status,
        "is_live": item.is_live,
        "category": item.category.name if item.category else "",
        "warning": "" if item.is_live else _warning(item),
    }


def _warning(item):
    if item.status == Status.ARCHIVED:
        return ARCHIVED
    if item.status == Status.UNPUBLISHED:
        return TAKEN_DOWN
    if item.status == Status.SCHEDULED and item.publish_at:
        return "It is scheduled. Until then, readers who follow this link find nothing."
    return NOT_YET


def _own_path(address):
    """The path of an address on our site; None where it leads elsewhere."""
    if address.startswith("/") and not address.startswith("//"):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc and f"{parts.scheme}://{parts.netloc}" == settings.SITE_ORIGIN:
        return address[len(settings.SITE_ORIGIN) :] or "/"
    return None


def _named_in(path):
    try:
        found = resolve(unquote(urlsplit(path).path))
    except (Resolver404, ValueError):
        return None, None
    if found.namespace != "publishing" or found.url_name not in ITEM_MODELS:
        return None, None
    return found.url_name, found.kwargs.get("slug", "")
