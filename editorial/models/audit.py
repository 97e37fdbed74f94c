"""The audit log: append-only by grant, each row chained to the one before."""

from django.db import connections, models, transaction
from django.utils import timezone

from cms.databases import EDITORIAL
from cms.uuids import uuid7
from editorial.models.versions import hash_of

CHAIN_LOCK = 0x6D617374  # one advisory lock for the whole chain


class AuditLogQuerySet(models.QuerySet):
    def record(
        self,
        action,
        *,
        by=None,
        resource_type,
        resource_id=None,
        old=None,
        new=None,
        ip_address=None,
        user_agent="",
    ):
        """Append one row. Call it last in the transaction.

        The chain's lock is held until the commit, so it is taken after every other
        lock: it cannot be part of a deadlock.
        """
        assert transaction.get_connection(EDITORIAL).in_atomic_block
        with connections[EDITORIAL].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        last = self.order_by("-number").only("number", "hash").first()
        row = AuditLog(
            number=last.number + 1 if last else 1,
            user_id=by.pk if by else None,
            user_label=by.display_name if by else "system",
            action=action,
            resource_type=resource_type,
            resource_id=resource_id,
            old_values=old,
            new_values=new,
            ip_address=ip_address,
            user_agent=user_agent[:500],
            previous_hash=last.hash if last else "",
        )
        row.hash = row.compute_hash()
        row.save(force_insert=True)
        return row


class AuditLog(models.Model):
    """Who did what. People are plain ids: history never blocks an erasure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True)
    user_id = models.UUIDField(null=True, db_index=True)
    user_label = models.CharField(max_length=255)
    action = models.CharField(max_length=100)
    resource_type = models.CharField(max_length=100)
    resource_id = models.UUIDField(null=True)
    old_values = models.JSONField(null=True)
    new_values = models.JSONField(null=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = AuditLogQuerySet.as_manager()

    class Meta:
        db_table = "audit_logs"
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["resource_type", "resource_id"], name="audit_resource")
        ]

    def __str__(self):
        return f"{self.number}: {self.action}"

    def compute_hash(self):
        return hash_of(
            {
                field: getattr(self, field)
                for field in (
                    "number",
                    "user_id",
                    "user_label",
                    "action",
                    "resource_type",
                    "resource_id",
                    "old_values",
                    "new_values",
                    "ip_address",
                    "user_agent",
                    "previous_hash",
                )
            }
            | {"created_at": self.created_at.isoformat()}
        )
