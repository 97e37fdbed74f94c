"""From the outbox to the public store.

No order, repetition, delay or crash of events leaves the two stores different. The
numbers in the comments are the steps of docs/sync.md.
"""

import logging
import uuid

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import (
    SERIES,
    Announcement,
    Article,
    Category,
    ItemKind,
    LiveUse,
    OutboxEvent,
    SyncState,
    WriteEpoch,
)
from editorial.signals import content_published
from publishing import changes
from publishing import truth as truths
from publishing.models import PublicRedirect, Receipt, SyncEpoch, SyncFence
from publishing.page_cache import keys
from publishing.projection import OWNED, project, reference, url_of
from publishing.purging import log as purges
from publishing.signals import delivered

logger = logging.getLogger(__name__)

FAN_OUT_CHUNK = 50
"""Dependents in one event: its items are written in one public transaction."""


class EpochMismatch(Exception):
    """A restore is under way; the event waits until both stores agree again."""


def deliver(event_id):
    """Claim one event and deliver it. True when it is delivered; safe to repeat."""
    if not OutboxEvent.objects.claim(event_id=event_id):
        return False  # delivered already, or another worker has it
    return deliver_claimed(event_id)


def deliver_claimed(event_id):
    """Deliver an event whose lease is ours; a failure postpones it alone."""
    event = OutboxEvent.objects.get(pk=event_id)
    if event.delivered_at is not None:
        return True  # its lease ran out while it waited for us: another was faster
    try:
        if event.kind == OutboxEvent.Kind.DEPENDENCY:
            fan_out(event)
        else:
            snapshot = apply(event)
            delivered.send(OutboxEvent, items=_announced(snapshot, event))
            acknowledge(event)
    except Exception as problem:
        # One bad event must not stop the others: it is kept, with its error.
        logger.exception("Event %s (%s) was not delivered", event.pk, event.cause)
        event.postpone(f"{type(problem).__name__}: {problem}")
        return False
    return True


def deliver_waiting(limit=1000):
    """Deliver up to `limit` events that wait; returns how many were tried."""
    tried = 0
    while tried < limit:
        claimed = OutboxEvent.objects.claim(limit=min(5, limit - tried))
        if not claimed:
            break
        for event_id in claimed:
            deliver_claimed(event_id)
        tried += len(claimed)
    return tried


# --- Steps 5 to 12 -------------------------------------------------------------------


def apply(event):
    """Bring the event's items up to date in the public store, in one commit."""
    wanted = {uuid.UUID(pk): sequence for pk, sequence in event.items.items()}
    items = set(wanted)
    while True:
        with transaction.atomic(using=PUBLIC):
            epoch = _share_epoch()  # 5
            fences = _lock_fences(items)
            snapshot = truths.read(items)  # 6, after the locks
            if epoch != snapshot.epoch:  # 7
                raise EpochMismatch(
                    f"The public store is at epoch {epoch}, the Write DB at "
                    f"{snapshot.epoch}. Run manage.py after_restore."
                )
            if all(  # 8
                _covers(fences[pk], epoch, sequence) for pk, sequence in wanted.items()
            ):
                # Another event brought it: the editor's receipt is due all the same.
                _write_receipts(event, snapshot)
                return snapshot
            more = _group_members(snapshot, fences) - items  # 9
            if not more:
                out_of_date = set()
                for pk in sorted(items, key=str):  # 11
                    out_of_date |= write(snapshot.truths[pk])
                    _move_fence(fences[pk], snapshot, pk)
                _write_receipts(event, snapshot)
                # Last of all: its lock is held until the commit.
                changes.tell(snapshot.truths[pk] for pk in sorted(items, key=str))
                purges.note(out_of_date, event.pk)
                return snapshot  # 12: the commit
        items |= more  # 10: start over with the larger set, in id order


def _share_epoch():
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT epoch FROM sync_epoch WHERE id = 1 FOR SHARE")
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO sync_epoch (id, epoch) VALUES (1, 1) "
                "ON CONFLICT (id) DO NOTHING"
            )
            return _share_epoch()
    return row[0]


def _lock_fences(items):
    """The fences of the items, made where absent, locked in id order."""
    ordered = sorted(items, key=str)
    SyncFence.objects.bulk_create(
        (SyncFence(item_id=pk) for pk in ordered), ignore_conflicts=True
    )
    fences = SyncFence.objects.select_for_update().filter(pk__in=ordered)
    return {fence.pk: fence for fence in fences.order_by("item_id")}


def _covers(fence, epoch, sequence):
    return (fence.epoch, fence.sequence) >= (epoch, sequence)


def _group_members(snapshot, fences):
    """Members of every release of which an item was not applied in full."""
    members = set()
    for group in snapshot.groups:
        if any(
            not _covers(fences[pk], snapshot.epoch, sequence)
            for pk, sequence in group.items()
            if pk in fences
        ):
            members |= group.keys()
    return members


def write(truth, using=PUBLIC):
    """Write one item whole, never a patch: its rows as they ought to be, no others.

    Returns the surrogate keys of what stood there before and of what stands there now.
    """
    rows = project(truth)
    out_of_date = keys.of_rows(rows)
    for model, column in OWNED[truth.kind]:
        ours = Q(**{column: truth.id})
        # A lesson that stands below another course, by whatever mishap, is ours, too.
        ours |= Q(pk__in=[row.pk for row in rows if type(row) is model])
        out_of_date |= keys.stored(model, ours, using)
        model.objects.using(using).filter(ours).delete()
    ours = Q(item_id=truth.id)
    out_of_date |= keys.stored(PublicRedirect, ours, using)
    PublicRedirect.objects.using(using).filter(ours).delete()
    now = timezone.now()
    for row in rows:
        if hasattr(row, "synced_at"):
            row.synced_at = now
        row.save(using=using, force_insert=True)
    return out_of_date


def _move_fence(fence, snapshot, pk):
    """To the sequence of the snapshot, not of the event: it says what was written."""
    truth = snapshot.truths[pk]
    fence.kind = truth.kind
    fence.epoch = snapshot.epoch
    fence.sequence = snapshot.sequences[pk]
    fence.is_live = truth.live
    fence.changed_at = timezone.now()
    fence.save()


def _write_receipts(event, snapshot):
    if event.priority < 0:
        return
    now = timezone.now()
    Receipt.objects.bulk_create(
        (
            Receipt(
                event_id=event.pk,
                item_id=truth.id,
                cause=event.cause,
                is_live=truth.live,
                content_version=truth.row.live_version.number if truth.live else None,
                url=url_of(truth) or _last_url(truth),
                committed_at=event.created_at,
                projected_at=now,
                # Without a cache in front of us there is nobody else to tell.
                purged_at=None if settings.PURGED_CACHES else now,
            )
            for truth in snapshot.truths.values()
            if truth.kind in (ItemKind.ARTICLE, ItemKind.COURSE)
        ),
        ignore_conflicts=True,
    )


def _last_url(truth):
    """Where an item that was taken down used to be."""
    ours = [slug for slug in truth.old_slugs if not slug.startswith("/")]
    if not ours:
        return ""
    return url_of(truths.Truth(truth.id, truth.kind, slug=ours[-1]))


def _announced(snapshot, event):
    news = event.version.item_id if event.announce and event.version_id else None
    return [
        {
            "id": pk,
            "kind": str(truth.kind),
            "live": truth.live,
            "epoch": snapshot.epoch,
            "sequence": snapshot.sequences[pk],
            "ref": reference(truth),
            "announce": truth.live and pk == news,
        }
        for pk, truth in snapshot.truths.items()
    ]


# --- Step 13, and what follows it ----------------------------------------------------


def acknowledge(event):
    """Set this event delivered and say once that its version was published."""
    with transaction.atomic(using=EDITORIAL):
        event.acknowledge()
        if event.announce and event.version_id:
            version = event.version
            announcement, is_new = Announcement.objects.get_or_create(
                item_id=version.item_id,
                version=version,
                defaults={"kind": version.kind},
            )
            if is_new:
                transaction.on_commit(
                    lambda: content_published.send(
                        Announcement, announcement=announcement
                    ),
                    using=EDITORIAL,
                    robust=True,
                )


# --- Fan-out: steps 3 and 4 ----------------------------------------------------------


def fan_out(event):
    """Mark what depends on the author, category, tag or medium that changed.

    Runs in a transaction of its own, begun after the change was committed: whoever
    came to depend on it meanwhile is found, or has read the new state already.
    """
    with transaction.atomic(using=EDITORIAL):
        dependents = sorted(
            dependents_of(event.subject_kind, event.subject_id).items(),
            key=lambda pair: str(pair[0]),
        )
        for start in range(0, len(dependents), FAN_OUT_CHUNK):
            OutboxEvent.objects.mark(
                dict(dependents[start : start + FAN_OUT_CHUNK]),
                cause=event.cause,
                priority=-1,
            )
        event.acknowledge()


def dependents_of(kind, pk):
    """{id: kind} of the public copies that show this row."""
    if kind == SERIES:
        parts = Article.objects.live().filter(series_part__series=pk)
        return dict.fromkeys(parts.values_list("pk", flat=True), ItemKind.ARTICLE)
    used, found = [pk], {}
    if kind == ItemKind.CATEGORY:
        category = Category.objects.filter(pk=pk).first()
        if category is None:
            return {}
        below = Category.objects.subtree_of(category).values_list("pk", flat=True)
        used = list(below)
        found = {one: ItemKind.CATEGORY for one in used if one != pk}
    uses = LiveUse.objects.filter(used_id__in=used)
    return found | dict(uses.values_list("item_id", "item_kind"))


# --- After a restore: steps 14 and 15 ------------------------------------------------


def after_restore():
    """Make the stores agree again after the Write DB was restored to an earlier time.

    Returns (the new epoch, how many items were marked). Repeat it after a crash.
    """
    with transaction.atomic(using=PUBLIC):
        SyncEpoch.objects.bulk_create([SyncEpoch(pk=1)], ignore_conflicts=True)
        public = SyncEpoch.objects.select_for_update().get()  # waits out deliveries
        highest = SyncFence.objects.order_by("-epoch").values_list("epoch", flat=True)
        epoch = 1 + max(
            WriteEpoch.objects.get().epoch, public.epoch, highest.first() or 0
        )
        public.epoch = epoch
        public.save()
        # Whichever database was restored: positions may be given out twice from here.
        changes.begin_anew()
        purges.begin_an_era()
    known = dict(SyncFence.objects.exclude(kind="").values_list("item_id", "kind"))
    with transaction.atomic(using=EDITORIAL):
        WriteEpoch.objects.update(epoch=epoch)
        known |= dict(SyncState.objects.values_list("item_id", "kind"))
        ordered = sorted(known.items(), key=lambda pair: str(pair[0]))
        for start in range(0, len(ordered), FAN_OUT_CHUNK):
            OutboxEvent.objects.mark(
                dict(ordered[start : start + FAN_OUT_CHUNK]),
                cause="restore",
                priority=-1,
            )
    return epoch, len(known)
