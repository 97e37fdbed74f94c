"""Versions of an item: the list, one of them, any two compared, and bringing back."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may
from editorial import actions, library
from editorial.admin.comparison import compare
from editorial.admin.house import origin_of
from editorial.admin.verbs import VERBS
from editorial.diff import extent
from editorial.exceptions import Refused
from editorial.models import Review, Status, Version, WorkflowHistory
from editorial.models.versions import hash_of

SHOWN = 100
LATEST = 5
LARGEST_NUMBER = 2**31 - 1
DRAFT, LIVE, NOTHING = "draft", "live", "nothing"
HEAVY = ("version__snapshot", "version__rendered", "version__diff_from_previous")
SAYS = {"revert": "Release taken back", "import": "Imported", "unpublish": "Taken down"}


# --- The list ---------------------------------------------------------------------


@require_safe
def listing(request, pk, *, desk):
    item = desk.find(request, pk)
    found = Version.objects.of(item).light().select_related("created_by")
    before = request.GET.get("before", "")
    if before.isdecimal() and int(before) <= LARGEST_NUMBER:
        found = found.filter(number__lt=int(before))
    versions = list(found[: SHOWN + 1])
    more = versions[SHOWN:] and versions[SHOWN - 1].number
    versions = versions[:SHOWN]
    tell_of_versions(item, versions)
    return desk.page(
        request,
        "admin/editorial/item/versions.html",
        item,
        title=f"Versions of “{item}”",
        versions=versions,
        more=more,
        standing=standing_of(item),
        history=_history(item),
        chosen=_first_choice(item, versions),
        back=desk.address(item),
        may_restore=_may_restore(desk, request, item),
        base=f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
    )


def _first_choice(item, versions):
    """What is compared unless somebody chooses: what is live, with the draft."""
    if item.live_version_id:
        return item.live_version.number
    return versions[0].number if versions else None


def _history(item):
    history = WorkflowHistory.objects.of(item).select_related("changed_by", "version")
    history = list(history.defer(*HEAVY)[:SHOWN])
    for row in history:
        row.before, row.after = _named(row.from_status), _named(row.to_status)
        row.number = row.metadata.get("version")
        known = VERBS[row.transition].label if row.transition in VERBS else ""
        row.said = known or SAYS.get(
            row.transition, row.transition.replace("_", " ").capitalize()
        )
    return history


def _named(status):
    return Status(status).label.lower() if status in Status.values else status


def tell_of_versions(item, versions):
    """Give each version `facts`: who reviewed and approved it, when it was live."""
    by_number = {version.number: version for version in versions}
    by_pk = {version.pk: version for version in versions}
    for version in versions:
        version.facts = []
        version.is_live = version.pk == item.live_version_id
        version.is_approved = version.pk == item.approved_version_id
    reviews = Review.objects.on(item).filter(version__in=by_pk).order_by("created_at")
    for review in reviews.select_related("reviewer"):
        if review.status == Review.Status.PENDING:
            said = f"In review by {review.reviewer}"
        elif review.status == Review.Status.APPROVED:
            continue  # the history says who approved it
        else:
            said = f"{review.get_status_display()} by {review.reviewer}"
        by_pk[review.version_id].facts.append((said, review.completed_at))
    told = WorkflowHistory.objects.of(item).filter(
        transition__in=["approve", "publish", "revert"]
    )
    for row in reversed(told.select_related("changed_by").defer("version")):
        version = by_number.get(row.metadata.get("version"))
        if version is not None:
            verb = {
                "approve": "Approved by",
                "publish": "Published by",
                "revert": "Live again by",
            }[row.transition]
            version.facts.append((f"{verb} {row.changed_by}", row.changed_at))


# --- What is live, and what is not ------------------------------------------------


@dataclass
class Standing:
    """Both truths of an item, for the bar that is always in sight."""

    live: Version | None = None
    since: object = None
    differs: str = ""
    """How the draft differs from what is live: "4 blocks and the title"."""
    newest: Version | None = None
    unkept: str = ""
    """How the draft differs from its newest version."""
    lost_at: object = None

    @property
    def is_live(self):
        return self.live is not None


def standing_of(item):
    found = Standing(live=item.live_version, lost_at=item.unpublished_at)
    snapshot = item.snapshot()
    now = hash_of(snapshot)
    if found.live:
        found.since = item.published_at
        if found.live.content_hash != now:
            found.differs = extent(found.live.snapshot, snapshot) or "details"
    found.newest = item.latest_version
    if found.newest and found.newest.content_hash != now:
        found.unkept = extent(found.newest.snapshot, snapshot) or "details"
    return found


@require_safe
def standing(request, pk, *, desk):
    """The bar's sentence and the panel again, for a page on which somebody saved."""
    item = desk.find(request, pk)
    base = f"admin:{desk.opts.app_label}_{desk.opts.model_name}"
    return TemplateResponse(
        request,
        "admin/editorial/item/standing.html",
        {"original": item, "base": base},
    )


# --- Any two ----------------------------------------------------------------------


@dataclass
class Side:
    """One of the two texts that are compared."""

    name: str
    value: str
    """What stands in the address of the page."""
    snapshot: dict | None
    version: Version | None = None

    @property
    def number(self):
        return self.version.number if self.version else None


def _side(item, value):
    if value == NOTHING:
        return Side("nothing", NOTHING, None)
    if value == DRAFT:
        return Side("the draft", DRAFT, item.snapshot())
    if value == LIVE:
        version = item.live_version
        if version is None:
            raise Http404("Nothing of it is live.")
    else:
        version = _version(item, int(value) if value.isdecimal() else 0)
    return Side(f"v{version.number}", value, version.snapshot, version)


def _version(item, number):
    version = None
    if 0 < number <= LARGEST_NUMBER:
        found = Version.objects.of(item).filter(number=number)
        version = found.select_related("created_by").first()
    if version is None:
        raise Http404("There is no such version.")
    return version


@require_safe
def two(request, pk, *, desk):
    """Any two versions, or one and the draft, in the rendered text."""
    item = desk.find(request, pk)
    numbers = Version.objects.of(item).values_list("number", flat=True)
    newest = [str(number) for number in numbers[:2]]
    asked = request.GET.get("from") or (
        LIVE if item.is_live else (newest[0] if newest else NOTHING)
    )
    old, new = _side(item, asked), _side(item, request.GET.get("to") or DRAFT)
    return desk.page(
        request,
        "admin/editorial/item/compare.html",
        item,
        title=f"Compare versions of “{item}”",
        choices=Version.objects.of(item).light().select_related("created_by")[:SHOWN],
        # The two that are compared may be older than the list goes back.
        beyond=[
            side.version
            for side in (old, new)
            if side.version and side.version.number < item.current_version - SHOWN + 1
        ],
        back=desk.address(item),
        **_compared(desk, request, item, old, new),
    )


def _compared(desk, request, item, old, new):
    beside = request.GET.get("view") == "side"
    only = request.GET.get("only") == "1"
    address = desk.address(item, "compare")

    def link(**changed):
        query = {"from": old.value, "to": new.value}
        query |= {"view": "side"} if beside else {}
        query |= {"only": "1"} if only else {}
        query |= changed
        return f"{address}?{urlencode({k: v for k, v in query.items() if v})}"

    comparison = compare(old.snapshot, new.snapshot or {})
    may_restore = _may_restore(desk, request, item) and old.version is not None
    return {
        "old": old,
        "new": new,
        "changes": comparison,
        "beside": beside,
        "only": only,
        "inline_url": link(view=""),
        "beside_url": link(view="side"),
        "only_url": link(only="" if only else "1"),
        "swap_url": link(**{"from": new.value, "to": old.value}),
        "compare_url": address,
        "may_restore": may_restore,
        "restore_url": may_restore
        and desk.address(item, "restore", old.version.number),
        "base": f"admin:{desk.opts.app_label}_{desk.opts.model_name}",
    }


# --- One of them ------------------------------------------------------------------


@require_safe
def one(request, pk, number, *, desk):
    item = desk.find(request, pk)
    version = _version(item, number)
    other = request.GET.get("with", "")
    if other.isdecimal():
        before = _version(item, int(other))
    else:
        before = Version.objects.of(item).filter(number__lt=number).first()
    new = Side(f"v{number}", str(number), version.snapshot, version)
    old = (
        Side(f"v{before.number}", str(before.number), before.snapshot, before)
        if before
        else Side("nothing", NOTHING, None)
    )
    tell_of_versions(item, [version])
    return desk.page(
        request,
        "admin/editorial/item/version.html",
        item,
        title=f"v{version.number} of “{item}”",
        version=version,
        before=before,
        html=as_html(version),
        is_newest=version.number == item.current_version,
        may_restore_all=_may_restore(desk, request, item),
        back=desk.address(item, "versions"),
        restore_all_url=desk.address(item, "restore", version.number),
        **_compared(desk, request, item, old, new),
    )


def as_html(version):
    """[(title, html)]: the text, or for a course each lesson's."""
    rendered = library.as_made_now(version.rendered)
    parts = [("", mark_safe(rendered["html"]))]  # noqa: S308  (by editorial.blocks)
    titles = {
        lesson["id"]: lesson["title"]
        for section in version.snapshot.get("sections", [])
        for lesson in section["lessons"]
    }
    for pk, lesson in rendered.get("lessons", {}).items():
        parts.append((titles.get(pk, ""), mark_safe(lesson["html"])))  # noqa: S308
    return parts


# --- Bringing back ----------------------------------------------------------------


@require_POST
def restore(request, pk, number, *, desk):
    """The whole version, or the one block that the button names."""
    item = desk.find(request, pk)
    version = _version(item, number)
    block_id = request.POST.get("block") or None
    seen = request.POST.get("seen_revision", "")
    try:
        actions.restore_version(
            item,
            version,
            by=request.user,
            block_id=block_id,
            seen_revision=int(seen[:10]) if seen[:10].isdecimal() else None,
            origin=origin_of(request),
        )
    except Refused as problem:
        messages.error(request, str(problem))
        return HttpResponseRedirect(desk.address(item, "version", number))
    what = "The block" if block_id else f"v{number}"
    messages.success(
        request,
        f"{what} was restored as v{item.current_version} of the draft. Readers keep "
        f"what they have. To undo it, restore v{item.current_version - 1}.",
    )
    if block_id and request.POST.get("stay"):
        return HttpResponseRedirect(f"{desk.address(item, 'compare')}?from={number}")
    return HttpResponseRedirect(desk.address(item))


def _may_restore(desk, request, item):
    return desk.has_change_permission(request, item) and may(
        request.user, "restore_version", item
    )


# --- The panel beside the text ----------------------------------------------------


def latest(item):
    """The newest versions, with what is known of them."""
    found = Version.objects.of(item).light().select_related("created_by")
    versions = list(found[:LATEST])
    tell_of_versions(item, versions)
    return versions
