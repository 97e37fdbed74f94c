"""What is known of earlier imports from the same site."""

import hashlib
import re
from urllib.parse import unquote, urlsplit

from editorial.models import AuditLog, ImportRecord
from editorial.models.versions import hash_of

LONGEST_ID = 500
REVISION = 1
"""Part of every hash: raise it when the same row is to be imported differently."""

_SIZE = re.compile(r"-(?:\d{1,5}x\d{1,5}|scaled|rotated|e\d{10,})(?=\.\w{2,5}$)")


def hash_of_row(*parts):
    return hash_of([REVISION, *parts])


class Records:
    """The ImportRecords of one site; what was looked up is remembered for a while."""

    CACHED = 20_000

    def __init__(self, source):
        self.source = source
        self._ids = {}

    def find(self, kind, external_id):
        """The record of one row, or None."""
        return ImportRecord.objects.filter(
            source=self.source, kind=kind, external_id=fit(external_id)
        ).first()

    def id_of(self, kind, external_id):
        """The id here of one row of the site, or None."""
        key = kind, fit(external_id)
        if key not in self._ids:
            record = self.find(*key)
            if record is None:
                return None  # it may come yet
            self._remember(key, record.item_id)
        return self._ids[key]

    def ids_of(self, kind, external_ids):
        """{external id: id here} of those that are known, in one query."""
        found = ImportRecord.objects.filter(
            source=self.source, kind=kind, external_id__in=set(map(fit, external_ids))
        )
        known = dict(found.values_list("external_id", "item_id"))
        return {one: known[fit(one)] for one in external_ids if fit(one) in known}

    def starting_with(self, kind, beginning):
        return ImportRecord.objects.filter(
            source=self.source, kind=kind, external_id__startswith=beginning
        ).order_by("id")

    def write(self, kind, external_id, item_id, content_hash="", revision=None):
        """Remember, in the transaction of the row itself."""
        self.write_many(kind, {external_id: (item_id, content_hash)}, revision)
        self._remember((kind, fit(external_id)), item_id)

    def hashes_of(self, kind, external_ids):
        """{external id: content hash} of those that are known, in one query."""
        found = ImportRecord.objects.filter(
            source=self.source, kind=kind, external_id__in=list(map(fit, external_ids))
        )
        return dict(found.values_list("external_id", "content_hash"))

    def write_many(self, kind, rows, revision=None):
        """Remember {external id: (id here, content hash)}."""
        ImportRecord.objects.bulk_create(
            (
                ImportRecord(
                    source=self.source,
                    kind=kind,
                    external_id=fit(external_id),
                    item_id=pk,
                    content_hash=content_hash,
                    local_revision=revision,
                )
                for external_id, (pk, content_hash) in rows.items()
            ),
            update_conflicts=True,
            unique_fields=["source", "kind", "external_id"],
            update_fields=[
                "item_id",
                "content_hash",
                "local_revision",
                "imported_at",
            ],
        )

    def forget(self):
        """After a transaction that was rolled back: trust the database only."""
        self._ids.clear()

    def _remember(self, key, item_id):
        if len(self._ids) >= self.CACHED:
            self._ids.clear()
        self._ids[key] = item_id


def fit(external_id):
    text = str(external_id)
    if len(text) <= LONGEST_ID:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def edited_here(resource_type, pk):
    """Whether staff changed a term, a medium or a person since it came."""
    log = AuditLog.objects.filter(resource_type=resource_type, resource_id=pk)
    return log.exclude(action="import").exists()


def address_key(url):
    """One key for all sizes and spellings of the address of an uploaded file."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if not parts.path or parts.path == "/":
        return ""
    return _SIZE.sub("", unquote((parts.netloc + parts.path).lower()))
