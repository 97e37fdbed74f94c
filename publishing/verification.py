"""Do the two stores agree? Compared by hash, and repaired by ordinary deliveries.

PostgreSQL makes a tree of hashes on either side (`publishing.fingerprints`); where two
buckets differ their items are compared, and of the items that differ the truth is
projected anew and laid beside the rows. What is found equal is remembered, so that the
next run goes past it, and a run that was stopped goes on where it was.
"""

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connections, transaction
from django.utils import timezone

from cms.databases import EDITORIAL, PUBLIC
from editorial.models import OutboxEvent, SyncState, Verification, WriteEpoch
from editorial.models.versions import hash_of
from publishing import changes, fingerprints, sync, truth
from publishing.fingerprints import LONG_AGO, TABLES, compared_columns
from publishing.models import (
    ContentChange,
    ContentChangeHead,
    PublicRedirect,
    PublishedArticle,
    SyncEpoch,
    SyncFence,
    VerifiedCopy,
)
from publishing.projection import OWNED, project

logger = logging.getLogger(__name__)

CHUNK = 400
SLICES = ["0123456789abcdef"]
SMALLER_SLICES = ["0123", "4567", "89ab", "cdef"]
MANY = 50_000
"""Items from which on the trees are made in several steps, by last digits of ids."""
KEPT = 500
"""So many differences are kept with a run, for people to read."""


class Stopped(Exception):
    """Somebody asked the run to stop. What it found equal is not looked at again."""


class Busy(Exception):
    """Another run is under way."""


@dataclass
class Report:
    """What differs: lists of (kind, id)."""

    checked: int = 0
    looked_at: int = 0
    """Items that had to be projected."""
    missing: list = field(default_factory=list)
    stale: list = field(default_factory=list)
    orphan: list = field(default_factory=list)
    altered: list = field(default_factory=list)
    where: dict = field(default_factory=dict)
    """{id: tables and columns that differ}, for people."""
    roots: dict = field(default_factory=dict)
    """{kind: root hash} of the public store."""
    trouble: str = ""
    """What stands in the way of both stores agreeing at all."""

    KINDS = ("missing", "stale", "orphan", "altered")

    @property
    def drift(self):
        return [pair for kind in self.KINDS for pair in getattr(self, kind)]

    def counts(self):
        return {"checked": self.checked} | self.verdicts()

    def verdicts(self):
        return {kind: len(getattr(self, kind)) for kind in self.KINDS}

    def lines(self):
        """[{"verdict", "kind", "id", "where"}] of everything that differs."""
        return [
            {
                "verdict": verdict,
                "kind": kind,
                "id": pk,
                "where": self.where.get(pk, ""),
            }
            for verdict in self.KINDS
            for kind, pk in getattr(self, verdict)
        ]

    def without(self, healed):
        """The same report after these were repaired."""
        for verdict in self.KINDS:
            left = [pair for pair in getattr(self, verdict) if pair not in healed]
            setattr(self, verdict, left)
        return self


# --- Rows ---------------------------------------------------------------------------


def content_of(row):
    """The columns of a public row that must agree."""
    return {
        column.attname: getattr(row, column.attname)
        for column in compared_columns(type(row))
    }


def hash_rows(rows):
    """One hash for all public rows of one item, whatever their order."""
    return hash_of(
        sorted(hash_of([row._meta.db_table, content_of(row)]) for row in rows)
    )


def same_rows(some, others):
    """Whether two lists of rows say the same, whatever their order."""
    if len(some) != len(others):
        return False
    if len(some) == 1:
        # Mostly so, and much faster than making one text of each.
        one, other = some[0], others[0]
        if type(one) is type(other) and content_of(one) == content_of(other):
            return True
    return hash_rows(some) == hash_rows(others)


def stored_rows(ids):
    """{id: [public rows]} of the items, in whichever table they are."""
    found = {pk: [] for pk in ids}
    for model, owner, _ in TABLES.values():
        compared = {column.name for column in compared_columns(model)}
        left_out = {column.name for column in model._meta.concrete_fields} - compared
        left_out -= {model._meta.pk.name}
        for row in model.objects.defer(*left_out).filter(**{f"{owner}__in": ids}):
            found[getattr(row, owner)].append(row)
    return found


@dataclass
class Sides:
    """One item as it ought to be and as it is."""

    kind: str
    truth: object
    expected: list
    stored: list
    fence: SyncFence | None
    told: ContentChange | None

    def at_odds(self, epoch, sequence):
        """What surrounds the rows and would mislead deliveries or followers."""
        fence, live = self.fence, self.truth.live
        if live or self.stored:
            told = self.told and self.told.change != ContentChange.Change.REMOVED
            now = (self.told.kind, self.told.slug, self.told.version) if told else None
            if now != changes.expected(self.truth):
                yield "the change feed"
            if fence is None or fence.kind != self.kind or fence.is_live != live:
                yield "the fence"
        elif fence is not None and fence.is_live:
            yield "the fence"
        elif self.told and self.told.change != ContentChange.Change.REMOVED:
            yield "the change feed"
        if fence is not None and (fence.epoch, fence.sequence) > (epoch, sequence):
            yield "the fence, which is ahead"

    def agrees(self, epoch, sequence):
        return not [*self.at_odds(epoch, sequence)] and same_rows(
            self.expected, self.stored
        )

    def where(self, epoch, sequence):
        """Tables and columns that differ, for people."""
        found = [*self.at_odds(epoch, sequence)]
        by_key = [
            {self._key(row): row for row in rows}
            for rows in (self.expected, self.stored)
        ]
        for key in sorted(by_key[0].keys() | by_key[1].keys(), key=str):
            ought, have = by_key[0].get(key), by_key[1].get(key)
            if have is None:
                found.append(f"{key[0]}: a row is not there")
            elif ought is None:
                found.append(f"{key[0]}: a row too many")
            else:
                one, other = content_of(ought), content_of(have)
                found += [
                    f"{key[0]}.{name}"
                    for name in one
                    if hash_of(one[name]) != hash_of(other[name])
                ]
        return ", ".join(found)

    def _key(self, row):
        table = row._meta.db_table
        if isinstance(row, PublicRedirect):
            return table, row.kind, row.old_slug
        return table, str(row.pk)


def _facts(ids):
    """(epoch, {id: sequence}) of the Write DB."""
    states = SyncState.objects.filter(pk__in=ids).values_list("item_id", "sequence")
    return WriteEpoch.objects.get().epoch, dict(states)


def _look(kinds):
    """({id: Sides}, (epoch, sequences), hashes of the truth)."""
    ids = list(kinds)
    with truth.one_moment():
        truths = truth.truths_of(kinds)
        expected = {pk: project(one) for pk, one in truths.items()}
        facts = _facts(ids)
        truth_hashes = fingerprints.newsroom.hashes(ids)
    stored = stored_rows(ids)
    fences = SyncFence.objects.exclude(kind="").in_bulk(ids)
    told = ContentChange.objects.in_bulk(ids)
    sides = {
        pk: Sides(
            str(kinds[pk]),
            truths[pk],
            expected[pk],
            stored[pk],
            fences.get(pk),
            told.get(pk),
        )
        for pk in kinds
    }
    return sides, facts, truth_hashes


# --- Comparing ----------------------------------------------------------------------


def compare(progress=None, *, on_the_way=True, since=LONG_AGO, check=None):
    """Compare everything. `progress(done, of)` is called as it goes.

    `on_the_way=False` leaves out what an event that waits will bring. What was found
    equal since `since` is believed; `check(report)` may raise `Stopped`.
    """
    report = Report(trouble=_trouble())
    suspects, leaves = _suspects(report, since, progress, check)
    ordered = sorted(suspects.items(), key=lambda pair: (pair[1], str(pair[0])))
    equal = report.checked - len(ordered)
    for start in range(0, len(ordered), CHUNK):
        kinds = dict(ordered[start : start + CHUNK])
        for pk in _differing(kinds):
            # An event may have been delivered between the two readings: look again.
            verdict, where = _look_closely(pk, kinds[pk], on_the_way)
            if verdict:
                getattr(report, verdict).append((kinds[pk], str(pk)))
                report.where[str(pk)] = where
        report.looked_at += len(kinds)
        if check:
            check(report)
        if progress:
            progress(equal + report.looked_at, report.checked)
    report.roots = {kind: hash_of(sorted(found)) for kind, found in leaves.items()}
    return report


def _trouble():
    epochs = WriteEpoch.objects.get().epoch, SyncEpoch.objects.get().epoch
    if epochs[0] != epochs[1]:
        return (
            f"The editorial database is at epoch {epochs[0]}, the public one at "
            f"{epochs[1]}: nothing is delivered. Run manage.py after_restore."
        )
    head = ContentChangeHead.objects.values_list("position", flat=True).first() or 0
    if ContentChange.objects.filter(position__gt=head).exists():
        return (
            "The change feed is ahead of its head. Run manage.py verify_public --heal."
        )
    return ""


def _suspects(report, since, progress, check):
    """{id: kind} of what the trees do not show to agree; the roots' material."""
    suspects, rows = {}, {}
    slices = SMALLER_SLICES if SyncState.objects.count() > MANY else SLICES
    for number, ends in enumerate(slices, 1):
        ours = fingerprints.newsroom.buckets(ends, since)
        theirs = fingerprints.public.buckets(ends, since)
        for (kind, end), (_, _, digest) in theirs.items():
            rows.setdefault(kind, []).append([end, digest])
        differing = {
            end
            for kind, end in ours.keys() | theirs.keys()
            if ours.get((kind, end), ())[:2] != theirs.get((kind, end), ())[:2]
        }
        counted = Counter()
        for (_, end), (count, *_rest) in ours.items():
            counted[end] += count
        report.checked += sum(counted[end] for end in counted.keys() - differing)
        if differing:
            found = _suspects_in(differing, since)
            report.checked += len(found)
            suspects |= {pk: kind for pk, (kind, agrees) in found.items() if not agrees}
        if check:
            check(report)
        if progress:
            progress(0, report.checked * len(slices) // number)
    return suspects, rows


def _suspects_in(buckets, since):
    """{id: (kind, whether the leaves agree)} of the items in these buckets."""
    ours = fingerprints.newsroom.leaves(buckets, since)
    theirs = fingerprints.public.leaves(buckets, since)
    found = {}
    for pk in ours.keys() | theirs.keys():
        kind = (ours.get(pk) or theirs[pk])[0]
        if kind in OWNED:
            found[pk] = kind, ours.get(pk) == theirs.get(pk)
    return found


def _differing(kinds):
    """Project these anew and remember what is equal; the ids of the others."""
    with _frozen():
        rows_hashes = fingerprints.public.hashes(kinds)
        sides, (epoch, sequences), truth_hashes = _look(kinds)
    equal = []
    differing = []
    for pk, both in sides.items():
        if not both.agrees(epoch, sequences.get(pk, 0)):
            differing.append(pk)
        elif pk in rows_hashes and pk in truth_hashes and not _tells_of_others(both):
            equal.append(pk)
    now = timezone.now()
    VerifiedCopy.objects.bulk_create(
        (
            VerifiedCopy(
                item_id=pk,
                truth=truth_hashes[pk],
                rows=rows_hashes[pk],
                made_by=fingerprints.maker(),
                verified_at=now,
            )
            for pk in equal
        ),
        update_conflicts=True,
        unique_fields=["item_id"],
        update_fields=["truth", "rows", "made_by", "verified_at"],
    )
    return differing


def _tells_of_others(both):
    """A page below another, or a part of a series, shows other items' titles: those are
    not among what the fingerprint covers."""
    return any(
        isinstance(row, PublishedArticle) and (row.parent_id or row.series_slug)
        for row in both.expected
    )


@contextmanager
def _frozen():
    """The public store as it is at one moment."""
    with transaction.atomic(using=PUBLIC):
        with connections[PUBLIC].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _look_closely(pk, kind, on_the_way):
    """(verdict, where it differs) while no delivery can touch it; (None, "") if not."""
    with transaction.atomic(using=PUBLIC):
        _lock(pk)
        sides, (epoch, sequences), _ = _look({pk: kind})
        both, sequence = sides[pk], sequences.get(pk, 0)
        if both.agrees(epoch, sequence):
            return None, ""
    fence = both.fence
    is_behind = (fence.sequence if fence else 0) < sequence
    if is_behind and not on_the_way:
        return None, ""
    where = both.where(epoch, sequence)
    main = OWNED[kind][0][0]
    is_there = any(isinstance(row, main) for row in both.stored)
    strays = any(not isinstance(row, PublicRedirect) for row in both.stored)
    if both.truth.live and not is_there:
        return "missing", where
    if strays and not both.truth.live:
        return "orphan", where
    return ("stale" if is_behind else "altered"), where


def _lock(pk):
    """No delivery writes this item now; leaves no fence behind where there is none."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT FROM sync_fences WHERE item_id = %s FOR UPDATE", [pk])


# --- Healing ------------------------------------------------------------------------


def heal(report, on_each=None):
    """Write every item that drifted anew, by an ordinary delivery of its own.

    Returns the (kind, id) of those that were repaired.
    """
    _put_head_right()
    healed = []
    order = ("orphan", "missing", "stale", "altered")
    pairs = [pair for verdict in order for pair in getattr(report, verdict)]
    for kind, pk in pairs:
        _clear_the_way(kind, pk)
        with transaction.atomic(using=EDITORIAL):
            event = OutboxEvent.objects.mark({pk: kind}, cause="heal", priority=-1)
        if sync.deliver(event.pk):
            healed.append((kind, pk))
        if on_each:
            on_each(len(healed), len(pairs))
    return healed


def _clear_the_way(kind, pk):
    """What would make a delivery skip the item, or leave a row that is not its own."""
    with transaction.atomic(using=PUBLIC):
        _lock(pk)
        # It says that less was written than was: an older event is applied again, and
        # each writes what is true now.
        SyncFence.objects.filter(pk=pk).update(epoch=0, sequence=0)
        known = SyncState.objects.filter(pk=pk).values_list("kind", flat=True).first()
        for model, owner, belongs_to in TABLES.values():
            if belongs_to and belongs_to != (known or kind):
                model.objects.filter(**{owner: pk}).delete()


def _put_head_right():
    """A head that is behind would give out positions that are taken."""
    with transaction.atomic(using=PUBLIC):
        newest = ContentChange.objects.order_by("-position").first()
        head = changes._locked_head()
        if newest and newest.position > head.position:
            head.position = newest.position
            head.save(update_fields=["position"])


# --- Runs ---------------------------------------------------------------------------


@contextmanager
def only_one():
    """Two runs at a time would do the same work; the second one says so."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('verify_public'))")
        if not cursor.fetchone()[0]:
            raise Busy("Another verification is under way; wait until it ends.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('verify_public'))")


def run(verification, progress=None, *, on_the_way=True):
    """Carry out one `Verification` and write down what it found; returns the report."""
    state = Verification.State
    with only_one():
        verification.state, verification.begun_at = state.RUNNING, timezone.now()
        verification.since = LONG_AGO
        if verification.is_full:
            verification.since = _full_since(verification)
        _note(verification, stage="comparing")
        try:
            report = _carry_out(verification, progress, on_the_way)
        except (Stopped, KeyboardInterrupt):
            _end(verification, state.STOPPED)
            raise
        except Exception as problem:
            _end(verification, state.FAILED, f"{type(problem).__name__}: {problem}")
            raise
        _end(verification, state.FINISHED, report.trouble)
        return report


def _full_since(verification):
    """A full run that did not come to its end goes on with what it had found."""
    before = Verification.objects.filter(is_full=True).exclude(pk=verification.pk)
    last = before.newest_first().first()
    is_unfinished = last and last.state not in (
        Verification.State.FINISHED,
        Verification.State.WAITING,
    )
    return (is_unfinished and last.since) or verification.begun_at


def _carry_out(verification, progress, on_the_way):
    heard = [timezone.now()]

    def check(report):
        if (timezone.now() - heard[0]).total_seconds() < 1:
            return
        heard[0] = timezone.now()
        _note(verification, report=report)
        stop = Verification.objects.filter(pk=verification.pk, stop_asked=True)
        if stop.exists():
            raise Stopped("Stopped. What was found equal is not looked at again.")

    def tell(done, of):
        verification.done, verification.of = done, of
        if progress:
            progress(done, of)

    report = compare(tell, on_the_way=on_the_way, since=verification.since, check=check)
    verification.counts, verification.drift = report.verdicts(), report.lines()[:KEPT]
    if verification.heals and (report.drift or report.trouble):
        _note(verification, stage="healing", report=report)
        healed = heal(report, lambda done, of: check(report))
        verification.healed = len(healed)
        report.without(_healed_for_good(healed))
    verification.checked, verification.looked_at = report.checked, report.looked_at
    verification.roots = report.roots
    return report


def _healed_for_good(healed):
    """Those that agree now that they were written anew."""
    return [
        (kind, pk)
        for kind, pk in healed
        if _look_closely(pk_of(pk), kind, True)[0] is None
    ]


def pk_of(text):
    return SyncFence._meta.pk.to_python(text)


def _note(verification, *, stage=None, report=None):
    if stage:
        verification.stage = stage
    if report:
        verification.checked = report.checked
        verification.looked_at = report.looked_at
        verification.counts = report.verdicts()
        verification.drift = report.lines()[:KEPT]
    verification.heard_at = timezone.now()
    _save(verification)


def _end(verification, state, error=""):
    verification.state, verification.error = state, error
    verification.stage = ""
    verification.ended_at = verification.heard_at = timezone.now()
    _save(verification)


def _save(verification):
    """All but the wish to stop, which is another's to write."""
    names = [
        one.name
        for one in Verification._meta.concrete_fields
        if not one.primary_key and one.name != "stop_asked"
    ]
    if not Verification.objects.filter(pk=verification.pk).exists():
        verification.save(force_insert=True)
    verification.save(update_fields=names)


def compare_and_report(*, is_full=False, asked_by="", heals=False):
    """For the clock and its alarm: drift is logged as an error."""
    verification = Verification(is_full=is_full, asked_by=asked_by, heals=heals)
    report = run(verification, on_the_way=False)
    if report.drift or report.trouble:
        kinds = Counter(kind for kind, _ in report.drift)
        logger.error(
            "The public store has drifted: %s (%s). %s Run manage.py verify_public "
            "--heal.",
            report.counts(),
            ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
            report.trouble,
        )
    return report
