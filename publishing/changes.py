"""The end of the change feed: what a delivery did to readers, in the order of commits.

A position is given out under the lock of the one row of `ContentChangeHead`, which is
held until the commit. So positions appear in their order, and whoever has read up to
one has missed nothing before it; a bare sequence could not promise that, because its
numbers are drawn before the commit. The lock is taken last, after the fences.
"""

from django.db import connections
from django.utils import timezone

from cms.databases import PUBLIC
from cms.uuids import uuid7
from editorial.models import ItemKind
from publishing.models import ContentChange, ContentChangeHead
from publishing.projection import OWNED

Change = ContentChange.Change


def expected(truth):
    """(kind, slug, version) that the feed should tell of an item; None if nothing."""
    if not truth.live:
        return None
    is_item = truth.kind in (ItemKind.ARTICLE, ItemKind.COURSE)
    slug = "" if truth.kind == ItemKind.MEDIA else truth.slug
    return str(truth.kind), slug, truth.row.live_version.number if is_item else None


def tell(truths):
    """Move what these items became to the end of the feed.

    Call it last in the transaction that wrote them, their fences locked.
    """
    truths = list(truths)
    before = ContentChange.objects.in_bulk([truth.id for truth in truths])
    told = []
    for truth in truths:
        last = before.get(truth.id)
        was_there = last is not None and last.change != Change.REMOVED
        if truth.live:
            kind, slug, version = expected(truth)
            change = Change.UPDATED if was_there else Change.PUBLISHED
        elif was_there:
            kind, slug, version = last.kind, last.slug, None
            change = Change.REMOVED
        else:
            continue
        told.append(
            ContentChange(
                item_id=truth.id, kind=kind, slug=slug, version=version, change=change
            )
        )
    if told:
        append(told)


def append(told):
    """Give out positions, the lock held until the commit."""
    head = _locked_head()
    now = timezone.now()
    for row in told:
        head.position += 1
        row.position, row.changed_at = head.position, now
    ContentChange.objects.bulk_create(
        told,
        update_conflicts=True,
        unique_fields=["item_id"],
        update_fields=["kind", "position", "change", "slug", "version", "changed_at"],
        batch_size=1000,
    )
    head.save(update_fields=["position"])


def _locked_head():
    ContentChangeHead.objects.bulk_create([ContentChangeHead()], ignore_conflicts=True)
    return ContentChangeHead.objects.select_for_update().get()


def begin_anew():
    """Another feed: every cursor that was given out ends. After the public database was
    restored, when positions would be given out twice."""
    head = _locked_head()
    head.feed = uuid7()
    head.save(update_fields=["feed"])


def complete(schema="public"):
    """Tell what the tables of `schema` hold and the feed does not, or the reverse.

    A rebuild writes tables whole and passes no delivery; deliveries must not run.
    """
    head = _locked_head()
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO content_changes AS told
                (item_id, kind, slug, version, position, change, changed_at)
            SELECT coalesce(here.id, last.item_id), coalesce(here.kind, last.kind),
                coalesce(here.slug, last.slug), here.version,
                %s + row_number() OVER (ORDER BY coalesce(here.id, last.item_id)),
                CASE WHEN here.id IS NULL THEN 'removed'
                     WHEN last.item_id IS NULL THEN 'published' ELSE 'updated' END,
                clock_timestamp()
            FROM ({rows_of_items(schema)}) AS here FULL JOIN (
                SELECT * FROM content_changes WHERE change <> 'removed'
            ) AS last ON last.item_id = here.id
            WHERE (here.kind, here.slug, here.version)
                IS DISTINCT FROM (last.kind, last.slug, last.version)
            ON CONFLICT (item_id) DO UPDATE SET kind = excluded.kind,
                slug = excluded.slug, version = excluded.version,
                position = excluded.position, change = excluded.change,
                changed_at = excluded.changed_at
            """,
            [head.position],
        )
        head.position += cursor.rowcount
    head.save(update_fields=["position"])


def rows_of_items(schema):
    """SQL: (id, kind, slug, version) of every item that has a public row."""
    return " UNION ALL ".join(_held(kind, schema) for kind in OWNED)


def _held(kind, schema):
    table = OWNED[kind][0][0]._meta.db_table
    has_version = kind in (ItemKind.ARTICLE, ItemKind.COURSE)
    slug = "''" if kind == ItemKind.MEDIA else "slug"
    version = "content_version" if has_version else "NULL"
    return (
        f"SELECT id, '{kind}' AS kind, {slug} AS slug, {version}::integer AS version "
        f'FROM "{schema}".{table}'
    )
