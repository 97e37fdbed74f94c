"""Stable keys: what the demo has written already."""

from editorial.models import ImportRecord

SOURCE = "demo"


def known(kind, key):
    """The id of what this key became, or None."""
    found = ImportRecord.objects.filter(source=SOURCE, kind=kind, external_id=key)
    return found.values_list("item_id", flat=True).first()


def keep(kind, key, item):
    """Remember it; call this in the transaction that writes the item."""
    ImportRecord.objects.create(
        source=SOURCE,
        kind=kind,
        external_id=key,
        item_id=item.pk,
        content_hash="",
        local_revision=getattr(item, "revision", None),
    )
