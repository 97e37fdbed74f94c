"""Build the public store anew beside the old one, and swap them.

Readers notice nothing: they read the old tables until one short transaction moves
the new ones into their place. What is published meanwhile is replayed. Counters and
receipts stay where they are; fences and the change feed are completed, so that a
public database that was lost is made anew whole. The tables are made, indexed and
swapped by functions of the owner (migration 0002), the only ones that may.
"""

import time
from collections import defaultdict
from contextlib import contextmanager

from django.db import OperationalError, connections, transaction
from django.utils import timezone
from psycopg import sql

from cms.databases import PUBLIC
from editorial.models import SyncState, WriteEpoch
from publishing import changes, truth
from publishing.models import PublicRedirect
from publishing.projection import OWNED, project
from publishing.purging import log as purges

CHUNK = 500
SMALL = 200
"""So few items may be replayed while deliveries wait."""
SWAP_TRIES = 50
SHADOW = "shadow"


def rebuild(progress=None):
    """Rebuild everything; returns how many items were written.

    `progress(stage, done, of)` is called as it goes. Safe to interrupt at any point
    before the swap, and to start again: the shadow is dropped and begun anew.
    """
    progress = progress or (lambda stage, done, of: None)
    written = {}
    with _only_one():
        _call("rebuild_start")
        _fill(written, _states(), lambda done, of: progress("filling", done, of))
        progress("indexing", 0, 1)
        _call("rebuild_index")
        progress("indexing", 1, 1)
        while len(behind := _behind(written)) > SMALL:
            _fill(written, behind, lambda done, of: progress("catching up", done, of))
        _swap(written, progress)
        _call("rebuild_finish")
    return len(written)


@contextmanager
def _only_one():
    """Two rebuilds at a time would share one shadow; the second one says so."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('rebuild_public'))")
        if not cursor.fetchone()[0]:
            raise RuntimeError("Another rebuild is under way; wait until it ends.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('rebuild_public'))")


def _call(function):
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(f"SELECT {function}()")


def _states():
    return dict(SyncState.objects.order_by("item_id").values_list("item_id", "kind"))


def _behind(written):
    """{id: kind} of what was marked since it was written to the shadow."""
    states = SyncState.objects.values_list("item_id", "kind", "sequence")
    return {pk: kind for pk, kind, sequence in states if written.get(pk, -1) < sequence}


def _fill(written, items, progress):
    ids = list(items)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        snapshot = truth.read(chunk)
        with transaction.atomic(using=PUBLIC):
            _write(snapshot.truths.values(), replace=any(pk in written for pk in chunk))
        written.update(snapshot.sequences)
        progress(min(start + CHUNK, len(ids)), len(ids))


def _write(truths, *, replace):
    """Copy the rows of these items into the shadow tables."""
    now = timezone.now()
    rows = defaultdict(list)
    with connections[PUBLIC].cursor() as cursor:
        for one in truths:
            if replace:
                for model, column in (*OWNED[one.kind], (PublicRedirect, "item_id")):
                    cursor.execute(
                        sql.SQL("DELETE FROM {} WHERE {} = %s").format(
                            sql.Identifier(SHADOW, model._meta.db_table),
                            sql.Identifier(column),
                        ),
                        [one.id],
                    )
            for row in project(one):
                if hasattr(row, "synced_at"):
                    row.synced_at = now
                rows[type(row)].append(row)
        for model, some in rows.items():
            copy_rows(cursor, model, some, schema=SHADOW)


def copy_rows(cursor, model, rows, *, schema="public"):
    """COPY unsaved model instances into a table, generated and serial columns aside."""
    connection = connections[PUBLIC]
    columns = [
        column
        for column in model._meta.concrete_fields
        if not column.generated and not (column.primary_key and model is PublicRedirect)
    ]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(column.column) for column in columns),
    )
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [
                    column.get_db_prep_save(getattr(row, column.attname), connection)
                    for column in columns
                ]
            )


def _swap(written, progress):
    """Deliveries wait; what is left is replayed; the schemas change places."""
    for attempt in range(SWAP_TRIES):
        # What an attempt writes is gone if it gives way: so is what it knows.
        attempted = dict(written)
        try:
            with transaction.atomic(using=PUBLIC):
                with connections[PUBLIC].cursor() as cursor:
                    # Deliveries share this row: from here on none is under way.
                    cursor.execute("SELECT epoch FROM sync_epoch FOR UPDATE")
                    epoch = cursor.fetchone()[0]
                while behind := _behind(attempted):
                    snapshot = truth.read(behind)
                    _write(snapshot.truths.values(), replace=True)
                    attempted.update(snapshot.sequences)
                _move_fences(attempted, epoch)
                changes.complete(SHADOW)
                _call("rebuild_swap")
                purges.note_everything()
            written.update(attempted)
            progress("swapping", 1, 1)
            return
        except OperationalError:
            # A long query of a reader holds a table. Give way before PostgreSQL
            # sees a deadlock and ends somebody's request.
            if attempt == SWAP_TRIES - 1:
                raise
            time.sleep(0.05)


def _move_fences(written, epoch):
    """To what the new tables hold, as a delivery does."""
    if WriteEpoch.objects.get().epoch != epoch:
        return  # a restore is under way; its deliveries bring the fences along
    kinds = _states()
    ids = [pk for pk in written if pk in kinds]
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO sync_fences AS fence
                (item_id, kind, epoch, sequence, is_live, changed_at)
            SELECT one.item_id, one.kind, %s, one.sequence, here.id IS NOT NULL,
                clock_timestamp()
            FROM unnest(%s::uuid[], %s::text[], %s::bigint[])
                    AS one (item_id, kind, sequence)
                LEFT JOIN ({changes.rows_of_items(SHADOW)}) AS here
                    ON here.id = one.item_id
                LEFT JOIN sync_fences AS had ON had.item_id = one.item_id
            WHERE (had.kind, had.epoch, had.sequence, had.is_live) IS DISTINCT FROM
                (one.kind, %s, one.sequence, here.id IS NOT NULL)
            ON CONFLICT (item_id) DO UPDATE SET kind = excluded.kind,
                epoch = excluded.epoch, sequence = excluded.sequence,
                is_live = excluded.is_live, changed_at = excluded.changed_at
            """,
            [
                epoch,
                ids,
                [kinds[pk] for pk in ids],
                [written[pk] for pk in ids],
                epoch,
            ],
        )
