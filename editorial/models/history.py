"""What happened to an item, transition by transition."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.versions import Version


class WorkflowHistoryQuerySet(models.QuerySet):
    def of(self, item):
        return self.filter(item_id=item.pk).order_by("-changed_at", "-id")


class WorkflowHistory(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    transition = models.CharField(max_length=40)
    """The action's name; "import" for what came from elsewhere."""
    from_status = models.CharField(max_length=50, blank=True)
    to_status = models.CharField(max_length=50)
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="+"
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    comment = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)

    objects = WorkflowHistoryQuerySet.as_manager()

    class Meta:
        db_table = "article_workflow_history"
        ordering = ["-changed_at"]
        verbose_name_plural = "workflow history"
        indexes = [
            models.Index(fields=["item_id", "-changed_at"], name="history_of_item")
        ]

    def __str__(self):
        return f"{self.transition}: {self.from_status} → {self.to_status}"
