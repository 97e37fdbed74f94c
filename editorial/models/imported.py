"""What came from elsewhere, so that a second import changes nothing."""

from django.db import models


class ImportRecord(models.Model):
    """One row of a source and the row here that it became."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=500)
    """Names the site, e.g. "wordpress:https://example.org"."""
    kind = models.CharField(max_length=30)
    external_id = models.CharField(max_length=500)
    item_id = models.UUIDField()
    content_hash = models.CharField(max_length=64)
    local_revision = models.PositiveIntegerField(null=True)
    """The item's revision after the import: a later one means staff edited it."""
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "import_records"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "external_id"], name="imported_once"
            )
        ]
        indexes = [models.Index(fields=["item_id"], name="import_of_item")]

    def __str__(self):
        return f"{self.kind} {self.external_id}"
