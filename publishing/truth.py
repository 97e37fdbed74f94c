"""What readers ought to see, read from the Write DB in one snapshot.

Nothing here writes. `read` returns plain data: once it has returned, no transaction
of the Write DB is open.
"""

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connections, transaction

from accounts.models import User
from cms.databases import EDITORIAL
from editorial.models import (
    Article,
    Category,
    Course,
    ItemKind,
    LiveSlug,
    LiveUse,
    Media,
    OutboxEvent,
    Redirect,
    SyncState,
    Tag,
    WriteEpoch,
    series_of,
)


@dataclass
class Truth:
    """One item as it ought to be. Not live: nothing but `kind`, and old addresses."""

    id: uuid.UUID
    kind: str
    live: bool = False
    row: object = None
    """The editorial row: an Article, Course, Category, Tag, Media or User."""
    slug: str = ""
    old_slugs: tuple = ()
    """And paths on the site that it was imported from; those begin with a slash."""
    related: dict = field(default_factory=dict)
    """What the projection prints from elsewhere: "people", "lineages", "tags",
    "media", "parents", "series", each by id."""


@dataclass
class Snapshot:
    epoch: int
    sequences: dict
    truths: dict
    groups: list
    """{item id: sequence} of each release that has one of the items."""


@contextmanager
def one_moment():
    """A transaction that sees the Write DB as it is at one moment; writes nothing."""
    connection = connections[EDITORIAL]
    if connection.in_atomic_block:
        raise RuntimeError("The truth is read in a transaction of its own.")
    with transaction.atomic(using=EDITORIAL):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def read(ids) -> Snapshot:
    """Epoch, sequences, truths and groups of the items, in one REPEATABLE READ."""
    with one_moment():
        return _read(ids)


def _read(ids):
    states = SyncState.objects.in_bulk(list(ids))
    return Snapshot(
        epoch=WriteEpoch.objects.get().epoch,
        sequences={pk: state.sequence for pk, state in states.items()},
        truths=truths_of({pk: state.kind for pk, state in states.items()}),
        groups=[
            {uuid.UUID(pk): sequence for pk, sequence in items.items()}
            for items in OutboxEvent.objects.filter(
                group__isnull=False, items__has_any_keys=[str(pk) for pk in ids]
            ).values_list("items", flat=True)
        ],
    )


def truths_of(kinds):
    """{id: Truth} for {id: kind}, in a constant number of queries."""
    by_kind = {}
    for pk, kind in kinds.items():
        by_kind.setdefault(kind, []).append(pk)
    found = {pk: Truth(id=pk, kind=kind) for pk, kind in kinds.items()}
    for kind, ids in by_kind.items():
        READERS[kind](ids, found)
    _old_slugs(found)
    return found


def _old_slugs(found):
    known = Redirect.objects.filter(item_id__in=found).order_by("id")
    for pk, slug in known.values_list("item_id", "old_slug"):
        if slug != found[pk].slug:
            found[pk].old_slugs = (*found[pk].old_slugs, slug)


def _items(model):
    def reader(ids, found):
        rows = model.objects.filter(pk__in=ids).live().select_related("live_version")
        slugs = dict(
            LiveSlug.objects.filter(item_id__in=ids).values_list("item_id", "slug")
        )
        rows = list(rows)
        related = related_of([row.live_version.snapshot for row in rows], rows)
        for row in rows:
            truth = found[row.pk]
            truth.live, truth.row = True, row
            truth.slug = slugs[row.pk]
            truth.related = related

    return reader


def related_of(snapshots, rows):
    """Everything that these items print from elsewhere, in five queries."""
    people = {snapshot["author"] for snapshot in snapshots}
    categories = {one["category"] for one in snapshots if one["category"]}
    tags = {tag for snapshot in snapshots for tag in snapshot["tags"]}
    media = set()
    for snapshot, row in zip(snapshots, rows, strict=True):
        media |= {snapshot["image"], snapshot["seo"].get("og_image_id")}
        media |= row.body_media(snapshot)
    return {
        "people": {str(pk): one for pk, one in User.objects.in_bulk(people).items()},
        "lineages": lineages(categories),
        "tags": {str(pk): one for pk, one in Tag.objects.in_bulk(tags).items()},
        "media": {
            str(pk): one for pk, one in Media.objects.in_bulk(media - {None}).items()
        },
        "parents": _parents(snapshots),
        "series": series_of([row.pk for row in rows if row.KIND == ItemKind.ARTICLE]),
    }


def lineages(category_ids):
    """{category id: [Category from the root down to it]}, active ones only."""
    paths = dict(Category.objects.filter(pk__in=category_ids).values_list("pk", "path"))
    labels = {uuid.UUID(label) for path in paths.values() for label in path.split(".")}
    known = Category.objects.in_bulk(labels)
    return {
        str(pk): [
            known[uuid.UUID(label)]
            for label in path.split(".")
            if uuid.UUID(label) in known
        ]
        for pk, path in paths.items()
    }


def _parents(snapshots):
    """{page id: [{"title", "slug"} from the root]} of the live pages above."""
    wanted = {one["parent"] for one in snapshots if one.get("parent")}
    found, above = {}, {}
    while wanted - found.keys():
        pages = Article.objects.filter(pk__in=wanted - found.keys())
        found |= {pk: None for pk in wanted}
        for page in pages.select_related("live_version"):
            found[str(page.pk)] = page
            if page.parent_id:
                wanted = wanted | {str(page.parent_id)}
    for pk in found:
        line, seen, page = [], set(), found[pk]
        while page is not None and page.pk not in seen:
            seen.add(page.pk)
            if page.is_live:
                snapshot = page.live_version.snapshot
                line.insert(0, {"title": snapshot["title"], "slug": snapshot["slug"]})
            page = found.get(str(page.parent_id))
        above[pk] = line
    return above


def _categories(ids, found):
    rows = Category.objects.in_bulk(ids)
    above = lineages(rows)
    for pk, row in rows.items():
        truth = found[pk]
        # A category is public while it and all above it are active.
        truth.live = all(one.is_active for one in above[str(pk)])
        truth.row, truth.slug = row, row.slug
        truth.related = {"lineages": above}


def _tags(ids, found):
    for pk, row in Tag.objects.in_bulk(ids).items():
        found[pk].live, found[pk].row, found[pk].slug = True, row, row.slug


def _media(ids, found):
    # A use behind the gate of a paid course makes nothing public.
    uses = LiveUse.objects.filter(used_id__in=ids, used_kind=ItemKind.MEDIA)
    used = set(uses.values_list("used_id", flat=True))
    for pk, row in Media.objects.in_bulk(ids).items():
        found[pk].live, found[pk].row = pk in used, row


def _profiles(ids, found):
    used = set(
        LiveUse.objects.filter(used_id__in=ids).values_list("used_id", flat=True)
    )
    for pk, row in User.objects.in_bulk(ids).items():
        found[pk].live, found[pk].row, found[pk].slug = pk in used, row, row.slug


READERS = {
    ItemKind.ARTICLE: _items(Article),
    ItemKind.COURSE: _items(Course),
    ItemKind.CATEGORY: _categories,
    ItemKind.TAG: _tags,
    ItemKind.MEDIA: _media,
    ItemKind.PROFILE: _profiles,
}
