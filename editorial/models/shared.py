"""Rows that items share: when one changes, what depends on it is published anew."""

from django.db import models, transaction

from cms.databases import EDITORIAL
from editorial.models.live import Redirect
from editorial.models.outbox import OutboxEvent


class SharedRow(models.Model):
    """A category, tag or medium: has a public copy, and live items show it.

    Saving writes the outbox events in the same transaction: one for its own copy,
    and one, if something readers see has changed, for whatever depends on it.
    """

    SYNC_KIND: str
    SHOWN: tuple[str, ...]
    """The columns that the copies of other items repeat."""
    sync_priority = 0
    """Bulk imports set it below zero on the object: readers' news go first."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        with transaction.atomic(using=EDITORIAL):
            super().save(*args, **kwargs)
            self._keep_the_old_address()
            cause = f"{self.SYNC_KIND} changed"
            OutboxEvent.objects.mark(
                {self.pk: self.SYNC_KIND}, cause=cause, priority=self.sync_priority
            )
            before = getattr(self, "_shown", None)
            self._shown = self._what_is_shown()
            if before is not None and before != self._shown:
                OutboxEvent.objects.mark_dependents(
                    self.SYNC_KIND, self.pk, cause=cause
                )

    @classmethod
    def from_db(cls, db, field_names, values):
        row = super().from_db(db, field_names, values)
        row._shown = row._what_is_shown()
        return row

    def _keep_the_old_address(self):
        before = getattr(self, "_shown", None) or {}
        if (old := before.get("slug")) and old != self.slug:
            Redirect.objects.remember(self.SYNC_KIND, self.pk, [old])

    def _what_is_shown(self):
        deferred = self.get_deferred_fields()
        return {
            name: str(getattr(self, name))
            for name in self.SHOWN
            if name not in deferred
        }

    def delete(self, *args, **kwargs):
        with transaction.atomic(using=EDITORIAL):
            if slug := getattr(self, "slug", ""):
                # Readers who come back are told that it is gone.
                Redirect.objects.remember(self.SYNC_KIND, self.pk, [slug])
            OutboxEvent.objects.mark(
                {self.pk: self.SYNC_KIND}, cause=f"{self.SYNC_KIND} deleted"
            )
            return super().delete(*args, **kwargs)
