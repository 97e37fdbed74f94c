"""What readers say under articles, courses and lessons, in threads."""

from datetime import timedelta

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q, Window
from django.db.models.functions import Now, RowNumber
from django.urls import reverse
from django.utils import timezone

from cms.databases import ENGAGEMENT
from cms.uuids import uuid7
from engagement.refs.models import UserRef


def _is_visible_to(user_id):
    visible = Q(status=Comment.Status.APPROVED)
    if user_id is None:
        return visible
    return visible | Q(user_id=user_id, status__in=Comment.WAITING)


class CommentQuerySet(models.QuerySet):
    def on(self, kind, content_id):
        return self.filter(content_kind=kind, content_id=content_id)

    def by(self, user_id):
        return self.filter(user_id=user_id)

    def visible(self):
        """What counts, and what anybody sees."""
        return self.filter(status=Comment.Status.APPROVED)

    def visible_to(self, user_id):
        """What anybody sees, and what of one's own still waits."""
        return self.filter(_is_visible_to(user_id))

    def shown_to(self, user_id):
        """`visible_to`, with the tombstones that hold visible replies together."""
        return self.filter(_is_visible_to(user_id) | Q(reply_count__gt=0))

    def awaiting_moderation(self):
        return self.filter(status__in=Comment.WAITING)

    def threads(self):
        return self.filter(parent=None)

    def in_threads(self, root_ids, *, at_most):
        """The first `at_most` replies of each thread, oldest first."""
        return (
            self.filter(root_id__in=root_ids)
            .exclude(parent=None)
            .annotate(
                number_in_thread=Window(
                    RowNumber(),
                    partition_by=F("root_id"),
                    order_by=[F("created_at").asc(), F("id").asc()],
                )
            )
            .filter(number_in_thread__lte=at_most)
            .order_by("created_at", "id")
        )

    def with_people(self):
        return self.select_related("user")

    def count_reply_below(self, comment, amount):
        """Tell all comments above this one that a reply came or went.

        The caller holds the lock of the thread (see `actions`), so chains that
        share ancestors cannot deadlock.
        """
        with connections[ENGAGEMENT].cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE above AS (
                    SELECT parent_id AS id FROM comments WHERE id = %s
                    UNION ALL
                    SELECT comments.parent_id
                    FROM comments JOIN above ON comments.id = above.id
                    WHERE above.id IS NOT NULL
                )
                UPDATE comments SET reply_count = reply_count + %s
                WHERE id IN (SELECT id FROM above WHERE id IS NOT NULL)
                """,
                [comment.pk, amount],
            )


class Comment(models.Model):
    """A comment by a member, or one that an import brought with a guest's name.

    PostgreSQL itself keeps threads whole: a composite foreign key (migration 0002)
    lets a reply hang only below a comment on the same content, in the same thread,
    one level higher.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        PINGBACK = "pingback", "Pingback"
        TRACKBACK = "trackback", "Trackback"

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting for a moderator"
        APPROVED = "approved", "Approved"
        WITHHELD = "withheld", "Withheld"
        REJECTED = "rejected", "Rejected"
        SPAM = "spam", "Spam"
        DELETED = "deleted", "Deleted by its author"

    class Reason(models.TextChoices):
        NONE = "", "No reason given"
        FIRST = "first", "It is this member's first comment."
        LINKS = "links", "It has many links."
        WORDS = "words", "It has words that are checked by a moderator."
        HISTORY = "history", "Earlier comments of this member were rejected."
        OFF_TOPIC = "off_topic", "It is off topic."
        ABUSE = "abuse", "It attacks somebody."
        ADVERT = "advert", "It is advertising."
        ILLEGAL = "illegal", "It may be against the law."
        OTHER = "other", "A moderator decided so."

    WAITING = (Status.PENDING, Status.WITHHELD)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_kind = models.CharField(max_length=20)
    content_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMMENT)

    user = models.ForeignKey(
        UserRef,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        db_index=False,
        related_name="comments",
    )
    """Empty for a guest. No constraint: an import may know a member before we do."""
    guest_name = models.CharField(max_length=255, blank=True)
    guest_email_hash = models.CharField(max_length=64, blank=True)
    guest_url = models.TextField(blank=True)

    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="replies",
    )
    root = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    """The comment that began the thread; itself, for that one."""
    thread_depth = models.PositiveSmallIntegerField(default=0)

    body = models.TextField()
    body_html = models.TextField(blank=True)
    """Made from `body` and sanitised when it is written."""

    status = models.CharField(max_length=10, choices=Status)
    reason = models.CharField(
        max_length=20, choices=Reason, default=Reason.NONE, blank=True
    )
    reason_note = models.TextField("note of the moderator", blank=True)
    moderated_by = models.UUIDField(null=True, blank=True)
    moderated_at = models.DateTimeField(null=True, blank=True)

    like_count = models.PositiveIntegerField(default=0)
    reply_count = models.PositiveIntegerField(default=0)
    """Visible comments anywhere below this one."""

    is_edited = models.BooleanField(default=False)
    is_pinned = models.BooleanField(default=False)
    is_author_reply = models.BooleanField(default=False)
    """Written by the author of the content. Found out here, never claimed."""

    source_key = models.CharField(
        max_length=200, null=True, blank=True, unique=True, editable=False
    )
    """What an import calls it; NULL for what was written here."""

    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now())
    """When the text last changed; counting does not touch it."""
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        db_table = "comments"
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None, thread_depth=0, root=F("id"))
                | Q(parent__isnull=False, thread_depth__gt=0) & ~Q(root=F("id")),
                name="thread_begins_with_itself",
            ),
            models.CheckConstraint(
                condition=Q(status="deleted", deleted_at__isnull=False)
                | ~Q(status="deleted") & Q(deleted_at=None),
                name="deleted_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "approved",
                        "withheld",
                        "rejected",
                        "spam",
                        "deleted",
                    ]
                ),
                name="comment_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(moderated_by=None) | Q(moderated_at__isnull=False),
                name="moderated_by_and_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["content_id", "-created_at", "-id"],
                name="comment_threads",
                condition=Q(parent=None),
            ),
            models.Index(
                fields=["root", "created_at", "id"],
                name="comment_replies",
                condition=Q(parent__isnull=False),
            ),
            models.Index(fields=["user", "-created_at"], name="comment_of_member"),
            models.Index(fields=["-created_at", "-id"], name="comment_newest"),
            models.Index(
                fields=["status", "-created_at"],
                name="comment_to_moderate",
                condition=~Q(status="approved"),
            ),
        ]

    def __str__(self):
        return f"{self.author_name}: {self.body[:60]}"

    def get_absolute_url(self):
        page = reverse(
            "engagement:discussion", args=[self.content_kind, self.content_id]
        )
        return f"{page}?thread={self.root_id}#comment-{self.pk}"

    @property
    def author_name(self):
        if self.user is not None:
            return self.user.name
        return self.guest_name or "Anonymous"

    @property
    def guest_link(self):
        """The guest's own site, unless the address could do more than lead there."""
        if self.user_id is None and self.guest_url.startswith(("http://", "https://")):
            return self.guest_url
        return ""

    @property
    def is_visible(self):
        return self.status == self.Status.APPROVED

    @property
    def is_waiting(self):
        return self.status in self.WAITING

    @property
    def is_by_guest(self):
        return self.user_id is None

    def is_editable_by(self, user_id, *, at=None):
        """The author's own, still standing, and within the time to edit."""
        return (
            user_id is not None
            and self.user_id == user_id
            and (self.is_visible or self.status == self.Status.PENDING)
            and (at or timezone.now()) - self.created_at < edit_window()
        )

    def is_deletable_by(self, user_id):
        return (
            user_id is not None
            and self.user_id == user_id
            and (self.is_visible or self.is_waiting)
        )


def edit_window():
    return timedelta(minutes=getattr(settings, "COMMENT_EDIT_MINUTES", 15))
