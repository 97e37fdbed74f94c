"""Do the two stores agree? Compared item by item, by canonical hash.

A Merkle tree for each kind: the hash of a bucket covers its items, the root covers
the buckets, so two runs (or two sites) can be compared by one line.
"""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import OutboxEvent, SyncState
from editorial.models.versions import hash_of
from publishing import sync, truth
from publishing.models import PublicRedirect, SyncFence
from publishing.projection import OWNED, project

logger = logging.getLogger(__name__)

CHUNK = 200
NOT_COMPARED = {"synced_at", "search_vector", "counters"}


@dataclass
class Report:
    """What differs: lists of (kind, id)."""

    checked: int = 0
    missing: list = field(default_factory=list)
    stale: list = field(default_factory=list)
    orphan: list = field(default_factory=list)
    altered: list = field(default_factory=list)
    roots: dict = field(default_factory=dict)
    """{kind: root hash} of the public store."""

    KINDS = ("missing", "stale", "orphan", "altered")

    @property
    def drift(self):
        return [pair for kind in self.KINDS for pair in getattr(self, kind)]

    def counts(self):
        return {"checked": self.checked} | {
            kind: len(getattr(self, kind)) for kind in self.KINDS
        }


def content_of(row):
    """The columns of a public row that must agree."""
    return {
        column.attname: getattr(row, column.attname)
        for column in row._meta.concrete_fields
        if column.attname not in NOT_COMPARED
        and not (column.primary_key and row._meta.model is PublicRedirect)
    }


def hash_rows(rows):
    """One hash for all public rows of one item, whatever their order."""
    return hash_of(
        sorted(hash_of([row._meta.db_table, content_of(row)]) for row in rows)
    )


def stored_rows(kinds):
    """{id: [public rows]} of the items {id: kind}, as they are stored."""
    found = {pk: [] for pk in kinds}
    by_kind = {}
    for pk, kind in kinds.items():
        by_kind.setdefault(kind, []).append(pk)
    for kind, ids in by_kind.items():
        for model, column in OWNED[kind]:
            rows = model.objects.defer(*NOT_COMPARED & _columns(model))
            for row in rows.filter(**{f"{column}__in": ids}):
                found[getattr(row, column)].append(row)
    for row in PublicRedirect.objects.filter(item_id__in=found):
        found[row.item_id].append(row)
    return found


def _columns(model):
    return {column.name for column in model._meta.concrete_fields}


def known_items():
    """{id: kind} of every item known to either store."""
    known = dict(SyncFence.objects.exclude(kind="").values_list("item_id", "kind"))
    for kind, tables in OWNED.items():
        model, column = tables[0]
        known |= {pk: kind for pk in model.objects.values_list(column, flat=True)}
    return known | dict(SyncState.objects.values_list("item_id", "kind"))


def compare(progress=None, *, on_the_way=True):
    """Compare everything. `progress(done, of)` is called after each chunk.

    `on_the_way=False` leaves out what an event that waits will bring.
    """
    report = Report()
    known = sorted(known_items().items(), key=lambda pair: (pair[1], str(pair[0])))
    leaves = {}
    suspects = {}
    for start in range(0, len(known), CHUNK):
        kinds = dict(known[start : start + CHUNK])
        for pk, (expected, stored) in _both_sides(kinds).items():
            leaves.setdefault(kinds[pk], {})[str(pk)] = hash_rows(stored)
            if hash_rows(expected) != hash_rows(stored):
                suspects[pk] = kinds[pk]
        report.checked += len(kinds)
        if progress:
            progress(report.checked, len(known))
    for pk, kind in suspects.items():
        # An event may have been delivered between the two readings: look again.
        if verdict := _look_closely(pk, kind, on_the_way):
            getattr(report, verdict).append((str(kind), str(pk)))
    report.roots = {str(kind): root(hashes) for kind, hashes in leaves.items()}
    return report


def _both_sides(kinds):
    with truth.one_moment():
        truths = truth.truths_of(kinds)
        expected = {pk: project(one) for pk, one in truths.items()}
    stored = stored_rows(kinds)
    return {pk: (expected[pk], stored[pk]) for pk in kinds}


def _look_closely(pk, kind, on_the_way):
    """The verdict on one item while no delivery can touch it; None if it agrees."""
    with transaction.atomic(using=PUBLIC):
        fence = sync._lock_fences({pk})[pk]
        expected, stored = _both_sides({pk: kind})[pk]
        if hash_rows(expected) == hash_rows(stored):
            return None
        main = OWNED[kind][0][0]
        is_there = any(isinstance(row, main) for row in stored)
        is_wanted = any(isinstance(row, main) for row in expected)
        state = SyncState.objects.filter(pk=pk).first()
    is_behind = state is not None and fence.sequence < state.sequence
    if is_behind and not on_the_way:
        return None
    if is_wanted and not is_there:
        return "missing"
    if is_there and not is_wanted:
        return "orphan"
    if is_behind:
        return "stale"
    return "altered"


def root(hashes):
    """The Merkle root of {id: hash}: buckets by the id's last two digits."""
    buckets = {}
    for pk, one in sorted(hashes.items()):
        buckets.setdefault(pk[-2:], hashlib.sha256()).update(f"{pk}{one}".encode())
    return hash_of({bucket: digest.hexdigest() for bucket, digest in buckets.items()})


def heal(report):
    """Mark every item that drifted and write it anew; returns how many."""
    for kind, pk in report.drift:
        with transaction.atomic(using=EDITORIAL):
            event = OutboxEvent.objects.mark({pk: kind}, cause="heal", priority=-1)
        sync.deliver(event.pk)
    return len(report.drift)


def compare_and_report():
    """For the alarm: log drift as an error."""
    report = compare(on_the_way=False)
    if report.drift:
        kinds = Counter(kind for kind, _ in report.drift)
        logger.error(
            "The public store has drifted: %s (%s). Run manage.py verify_public "
            "--heal.",
            report.counts(),
            ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
        )
    return report
