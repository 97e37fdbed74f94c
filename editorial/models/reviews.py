"""Reviews, their comments, and editorial tasks."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.permissions import may
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
        DECLINED = "declined", "Declined"

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
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    """Who named the reviewer; hears of it when they cannot do it."""
    due_at = models.DateTimeField("due", null=True, blank=True)
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

    @property
    def is_late(self):
        return (
            self.due_at is not None
            and self.completed_at is None
            and self.due_at < timezone.now()
        )

    def close(self, status, comment=""):
        self.status = status
        self.overall_comment = comment or self.overall_comment
        self.completed_at = timezone.now()
        self.save()


class ReviewCommentQuerySet(models.QuerySet):
    def on(self, item):
        return self.filter(item_id=item.pk)

    def threads(self):
        """What began a thread; answers hang below."""
        return self.filter(parent=None)

    def open(self):
        return self.filter(is_resolved=False)

    def anchored(self):
        """Those that stand at a place in the text."""
        return self.threads().exclude(block_id=None)


class ReviewComment(models.Model):
    """A remark on the draft, anchored to block, offsets and quote, or on the whole.

    It belongs to the item; `review` is the one that was open when it was made, if
    any. Its author is somebody of the house, or a guest with a review link.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20)
    item_id = models.UUIDField()
    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, null=True, blank=True, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    link = models.ForeignKey(
        "ReviewLink",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="comments",
    )
    """By which a guest came."""
    guest_name = models.CharField(max_length=100, blank=True)
    """The name that the guest gave; nobody has checked it."""
    block_id = models.UUIDField(null=True, blank=True)
    selection_start = models.PositiveIntegerField(null=True, blank=True)
    selection_end = models.PositiveIntegerField(null=True, blank=True)
    quote = models.TextField(blank=True)
    """The words under it as they are now; the server keeps this true."""
    original_quote = models.TextField(blank=True, editable=False)
    is_orphan = models.BooleanField(default=False)
    """Its words are gone from the text. It is kept, and finds them again."""
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
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewCommentQuerySet.as_manager()

    class Meta:
        db_table = "review_comments"
        ordering = ["created_at"]
        indexes = [models.Index(fields=["item_id", "created_at"], name="remarks_on")]
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
            models.CheckConstraint(
                condition=models.Q(author__isnull=False, link=None, guest_name="")
                | (
                    models.Q(author=None, link__isnull=False) & ~models.Q(guest_name="")
                ),
                name="remark_is_somebodys",
            ),
        ]

    def __str__(self):
        return self.comment[:60]

    @property
    def by(self):
        """Who says it, for people to read."""
        return (
            f"{self.guest_name} (external)" if self.author_id is None else self.author
        )


class RemarkMention(models.Model):
    """Somebody was named in a remark, and has a task until it is resolved."""

    id = models.BigAutoField(primary_key=True)
    remark = models.ForeignKey(
        ReviewComment, on_delete=models.CASCADE, related_name="mentions"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    task = models.ForeignKey(
        "EditorialTask", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        db_table = "remark_mentions"
        constraints = [
            models.UniqueConstraint(
                fields=["remark", "person"], name="named_once_in_a_remark"
            )
        ]

    def __str__(self):
        return f"@{self.person}"


class EditorialTaskQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Editors see all tasks; others what they were given, or gave."""
        if may(user, "edit_tasks"):
            return self
        if not may(user, "view_tasks"):
            return self.none()
        return self.filter(models.Q(assigned_to=user) | models.Q(assigned_by=user))

    def open(self):
        return self.filter(
            status__in=[EditorialTask.Status.PENDING, EditorialTask.Status.IN_PROGRESS]
        )

    def about(self, item):
        return self.filter(content_id=item.pk)


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

    objects = EditorialTaskQuerySet.as_manager()

    class Meta:
        db_table = "editorial_tasks"
        ordering = ["due_date", "-created_at"]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        is_done = self.status == self.Status.COMPLETED
        self.completed_at = (self.completed_at or timezone.now()) if is_done else None
        super().save(*args, **kwargs)

    @property
    def is_open(self):
        return self.status in (self.Status.PENDING, self.Status.IN_PROGRESS)

    @property
    def is_late(self):
        return bool(self.due_date and self.is_open and self.due_date < timezone.now())
