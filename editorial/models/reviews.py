"""Reviews, their comments, and editorial tasks."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.uuids import uuid7
from editorial.models.versions import Version


class ReviewQuerySet(models.QuerySet):
    def open(self):
        return self.filter(completed_at=None)

    def on(self, item):
        return self.filter(content_id=item.pk)


class Review(models.Model):
    """One reading of an item by one named reviewer. At most one is open."""

    class Status(models.TextChoices):
        PENDING = "pending", "Open"
        APPROVED = "approved", "Approved"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_type = models.CharField(max_length=50)
    content_id = models.UUIDField(db_index=True)
    version = models.ForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """What is read; rebound when an editor changes the text during the review."""
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    status = models.CharField(max_length=50, choices=Status, default=Status.PENDING)
    overall_comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        db_table = "reviews"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_id"],
                condition=models.Q(completed_at=None),
                name="one_open_review_of_an_item",
            ),
            models.CheckConstraint(
                condition=models.Q(status="pending", completed_at__isnull=True)
                | (~models.Q(status="pending") & models.Q(completed_at__isnull=False)),
                name="review_ends_with_an_answer",
            ),
        ]

    def __str__(self):
        return f"Review by {self.reviewer}"

    def close(self, status, comment=""):
        self.status = status
        self.overall_comment = comment or self.overall_comment
        self.completed_at = timezone.now()
        self.save()


class ReviewComment(models.Model):
    """A remark on the draft, anchored to block, offsets and quote, or on the whole."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    block_id = models.UUIDField(null=True, blank=True)
    selection_start = models.PositiveIntegerField(null=True, blank=True)
    selection_end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(blank=True)
    original_quote = models.TextField(blank=True, editable=False)
    is_orphan = models.BooleanField(default=False)
    comment = models.TextField()
    is_resolved = models.BooleanField("resolved", default=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "review_comments"
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(selection_start=None, selection_end=None)
                | models.Q(selection_start__lte=models.F("selection_end")),
                name="selection_has_two_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    is_resolved=False, resolved_by=None, resolved_at=None
                )
                | models.Q(
                    is_resolved=True,
                    resolved_by__isnull=False,
                    resolved_at__isnull=False,
                ),
                name="resolved_by_somebody",
            ),
        ]

    def __str__(self):
        return self.comment[:60]


class EditorialTask(models.Model):
    class Type(models.TextChoices):
        REVIEW = "review", "Review"
        EDIT = "edit", "Edit"
        PUBLISH = "publish", "Publish"
        OTHER = "other", "Other"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        URGENT = "urgent", "Urgent"

    class Status(models.TextChoices):
        PENDING = "pending", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETED = "completed", "Done"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    task_type = models.CharField(max_length=50, choices=Type, default=Type.OTHER)
    content_type = models.CharField(max_length=50, blank=True)
    content_id = models.UUIDField(null=True, blank=True, db_index=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
    )
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    priority = models.CharField(
        max_length=20, choices=Priority, default=Priority.MEDIUM
    )
    status = models.CharField(max_length=50, choices=Status, default=Status.PENDING)
    due_date = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "editorial_tasks"
        ordering = ["due_date", "-created_at"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        is_done = self.status == self.Status.COMPLETED
        self.completed_at = (self.completed_at or timezone.now()) if is_done else None
        super().save(*args, **kwargs)
