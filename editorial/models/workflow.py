"""The path from draft to reader that articles and courses share."""

import uuid

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils import timezone
from django_fsm import ConcurrentTransitionMixin, FSMField, transition
from guardian.models import UserObjectPermission
from guardian.shortcuts import get_user_perms

from accounts.permissions import ALLOWED, SUPER_ADMIN
from cms.uuids import uuid7
from editorial.gaps import Gap
from editorial.models.media import Media
from editorial.models.outbox import ItemKind
from editorial.models.reviews import Review
from editorial.models.seo import SearchAppearance
from editorial.models.taxonomy import Category, Tag
from editorial.models.versions import Version, hash_of


class Status(models.TextChoices):
    """The state of the working copy. What readers see is `live_version`."""

    DRAFT = "draft", "Draft"
    PENDING_REVIEW = "pending_review", "Waiting for review"
    IN_REVIEW = "in_review", "In review"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    UNPUBLISHED = "unpublished", "Unpublished"
    ARCHIVED = "archived", "Archived"


WRITABLE = (Status.DRAFT, Status.CHANGES_REQUESTED)
UNDER_REVIEW = (Status.PENDING_REVIEW, Status.IN_REVIEW)
NOT_IN_REVIEW = tuple(
    status for status in Status if status not in (Status.IN_REVIEW, Status.ARCHIVED)
)


# Conditions are module functions: a method named in the abstract class would bind
# the abstract class's own, and not what Article or Course makes of it.
def is_complete(item):
    return not item.missing()


def is_due_later(item):
    return item.publish_at is not None and item.publish_at > timezone.now()


def has_approved_version(item):
    return item.approved_version_id is not None


class PublishableQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What this person may view: the set for which `may(user, "view", item)`.

        The same rule as in `accounts.permissions`, as one query; a test compares
        the two for every role.
        """
        if getattr(user, "is_superuser", False) and user.is_active:
            return self
        roles = user.current_roles
        if not roles:
            return self.none()
        reading = [
            one for one in roles if one.role_id in ALLOWED["view"] | {SUPER_ADMIN}
        ]
        if any(one.category_id is None for one in reading):
            return self
        if any(one.role_id == SUPER_ADMIN for one in reading):
            return self
        seen = models.Q(**{self.model.OWNER_FIELD: user})
        for path in Category.objects.paths_of_scopes(user, reading):
            seen |= models.Q(category__path__descendant_of=path)
        granted = UserObjectPermission.objects.filter(
            user=user,
            content_type=ContentType.objects.get_for_model(self.model),
            permission__codename__in=["co_author", "review"],
        ).values_list("object_pk", flat=True)
        named = Review.objects.open().filter(reviewer=user)
        named = named.values_list("content_id", flat=True)
        return self.filter(seen | models.Q(pk__in=[*granted, *named]))

    def live(self):
        return self.exclude(live_version=None)

    def awaiting_review(self):
        return self.filter(status=Status.PENDING_REVIEW)

    def in_status(self, *statuses):
        return self.filter(status__in=statuses)

    def not_archived(self):
        return self.exclude(status=Status.ARCHIVED)

    def due_to_publish(self):
        """By the database's clock; whatever was held waits for a person."""
        return self.filter(
            status=Status.SCHEDULED,
            publish_at__lte=Now(),
            held_reason="",
        )

    def due_to_unpublish(self):
        return self.filter(unpublish_at__lte=Now(), held_reason="").exclude(
            live_version=None
        )


class Publishable(ConcurrentTransitionMixin, SearchAppearance):
    """What articles and courses share: ownership, workflow, versions, schedule.

    Transitions change this object and nothing else: no save, no mail, no tasks.
    `editorial.actions` has an action of the same name for each that makes it true.
    """

    KIND: str
    OWNER_FIELD: str

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=500, blank=True)
    slug = models.SlugField(
        "address", max_length=500, blank=True, allow_unicode=True, db_index=True
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)ss",
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="%(class)ss")
    featured_image = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    status = FSMField(
        choices=Status.choices, default=Status.DRAFT, editable=False, db_index=True
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    """Grows with each content write; an edit that read an older one is refused."""
    current_version = models.PositiveIntegerField(default=0, editable=False)
    """Number of the newest version; 0 before the first explicit save."""
    approved_version = models.ForeignKey(
        Version,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    live_version = models.ForeignKey(
        Version,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )

    assigned_editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    assigned_at = models.DateTimeField(null=True, editable=False)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    locked_at = models.DateTimeField(null=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    first_published_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    unpublished_at = models.DateTimeField(null=True, editable=False)

    publish_at = models.DateTimeField(null=True, editable=False)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    unpublish_at = models.DateTimeField(null=True, editable=False)
    unpublish_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    held_reason = models.TextField(blank=True, editable=False)
    """Why the scheduler did not do what was due; a person must look."""
    review_by = models.DateField(null=True, editable=False)
    """When somebody is to look whether it is still true; the desk reminds of it."""

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-updated_at"]
        permissions = [
            ("co_author", "Co-author"),
            ("review", "Named reviewer"),
            ("approve_review", "Named reviewer who may approve"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values),
                name="%(class)s_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=Status.SCHEDULED)
                | models.Q(publish_at__isnull=False, scheduled_by__isnull=False),
                name="%(class)s_scheduled_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=[Status.APPROVED, Status.SCHEDULED])
                | models.Q(approved_version__isnull=False),
                name="%(class)s_approved_has_a_version",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    status__in=[Status.ARCHIVED, Status.UNPUBLISHED],
                    live_version__isnull=False,
                ),
                name="%(class)s_taken_down_is_not_live",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=Status.PUBLISHED, live_version__isnull=True),
                name="%(class)s_published_is_live",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-updated_at"], name="%(class)s_desk"),
            models.Index(fields=["-updated_at", "-id"], name="%(class)s_list"),
            models.Index(
                fields=["-published_at"],
                condition=models.Q(live_version__isnull=False),
                name="%(class)s_lately",
            ),
            models.Index(
                fields=["updated_at"],
                condition=~models.Q(held_reason=""),
                name="%(class)s_held",
            ),
            GinIndex(
                OpClass(Upper("title"), name="gin_trgm_ops"),
                name="%(class)s_title_words",
            ),
            models.Index(
                fields=["publish_at"],
                condition=models.Q(status=Status.SCHEDULED),
                name="%(class)s_due",
            ),
            models.Index(
                fields=["unpublish_at"],
                condition=models.Q(unpublish_at__isnull=False),
                name="%(class)s_to_take_down",
            ),
            models.Index(
                fields=["review_by"],
                condition=models.Q(review_by__isnull=False),
                name="%(class)s_to_review",
            ),
        ]

    def __str__(self):
        return self.title or "Untitled"

    # --- who ------------------------------------------------------------------

    @property
    def owner_id(self):
        return getattr(self, f"{self.OWNER_FIELD}_id")

    @property
    def owner(self):
        return getattr(self, self.OWNER_FIELD)

    def scope_ids(self):
        """Ids of the categories whose editors have rights here."""
        return self.category.scope_ids() if self.category_id else set()

    def individual_grants(self, user):
        """django-guardian's codes for this person on this item, read once."""
        known = self.__dict__.setdefault("_individual_grants", {})
        if user.pk not in known:
            known[user.pk] = set(get_user_perms(user, self))
        return known[user.pk]

    def know(self, user, *, grants, reviewer_id):
        """Take over what was read for a whole list: how `user` stands to this one."""
        self.__dict__.setdefault("_individual_grants", {})[user.pk] = grants
        self._named_reviewer_id = reviewer_id

    def open_review(self):
        return Review.objects.open().on(self).first()

    def named_reviewer_id(self):
        if "_named_reviewer_id" in self.__dict__:
            return self._named_reviewer_id
        review = self.open_review()
        return review.reviewer_id if review else None

    # --- what -----------------------------------------------------------------

    def snapshot(self):
        """The whole aggregate as plain JSON; what a version keeps and hashes."""
        return {
            "title": self.title,
            "slug": self.slug,
            "author": str(self.owner_id),
            "category": str(self.category_id) if self.category_id else None,
            "tags": [str(tag.pk) for tag in self.tags.all()],
            "image": str(self.featured_image_id) if self.featured_image_id else None,
            "seo": {
                name: str(value) if name == "og_image_id" and value else value
                for name in self.SEO_FIELDS
                if (value := getattr(self, name))
            },
        }

    def content_hash(self):
        return hash_of(self.snapshot())

    def render(self, snapshot):
        """HTML and plain text of a snapshot, as `Version.rendered` keeps them."""
        raise NotImplementedError(type(self))

    def uses(self):
        """{id: kind} of the author, category, tags and media of the live version."""
        snapshot = self.live_version.snapshot
        found = {uuid.UUID(snapshot["author"]): ItemKind.PROFILE}
        if snapshot["category"]:
            found[uuid.UUID(snapshot["category"])] = ItemKind.CATEGORY
        found |= {uuid.UUID(tag): ItemKind.TAG for tag in snapshot["tags"]}
        media = {snapshot["image"], snapshot["seo"].get("og_image_id")}
        media |= self.body_media(snapshot)
        return found | {uuid.UUID(pk): ItemKind.MEDIA for pk in media if pk}

    def body_media(self, snapshot):
        """Ids of the media that the text of a snapshot shows."""
        raise NotImplementedError(type(self))

    def restore(self, snapshot):
        """Take over a snapshot's content; rows that are gone by now are left out."""
        self.title = snapshot["title"]
        self.slug = snapshot["slug"]
        self.category = Category.objects.filter(pk=snapshot["category"]).first()
        self.tags.set(Tag.objects.filter(pk__in=snapshot["tags"]))
        self.featured_image = Media.objects.filter(pk=snapshot["image"]).first()
        for name in self.SEO_FIELDS:
            empty = self._meta.get_field(name.removesuffix("_id")).get_default()
            setattr(self, name, snapshot["seo"].get(name, empty))

    def gaps(self):
        """What is still needed before a review, and in which field."""
        found = []
        if not self.title.strip():
            found.append(Gap("Give it a title.", "title"))
        if not self.category_id:
            found.append(Gap("Choose a category.", "category"))
        return found

    def missing(self):
        """The same as sentences."""
        return [gap.sentence for gap in self.gaps()]

    @property
    def is_live(self):
        return self.live_version_id is not None

    @property
    def was_never_live(self):
        return self.first_published_at is None and self.live_version_id is None

    @property
    def latest_version(self):
        return Version.objects.of(self).first()

    def state_line(self):
        """ "live v4 · draft v6, in review": both truths side by side."""
        live = f"live v{self.live_version.number}" if self.is_live else "not live"
        status = self.get_status_display().lower()
        if self.status == Status.PUBLISHED:
            return live
        return f"{live} · v{self.current_version} {status}"

    # --- transitions: fields only, see editorial.actions ------------------------

    @transition(
        status,
        source=WRITABLE,
        target=Status.PENDING_REVIEW,
        conditions=[is_complete],
    )
    def submit(self):
        self.submitted_at = timezone.now()

    @transition(status, source=UNDER_REVIEW, target=Status.DRAFT)
    def withdraw(self):
        pass

    @transition(status, source=Status.PENDING_REVIEW, target=Status.IN_REVIEW)
    def start_review(self):
        pass

    @transition(status, source=Status.IN_REVIEW, target=Status.PENDING_REVIEW)
    def stop_review(self):
        """The reviewer cannot do it; the text waits for another one."""

    @transition(status, source=Status.IN_REVIEW, target=Status.CHANGES_REQUESTED)
    def request_changes(self):
        pass

    @transition(
        status,
        source=Status.IN_REVIEW,
        target=Status.APPROVED,
        conditions=[is_complete],
    )
    def approve(self, *, version, by):
        self.approved_version = version
        self.approved_by = by
        self.approved_at = timezone.now()

    @transition(status, source=[Status.APPROVED, Status.SCHEDULED], target=Status.DRAFT)
    def reopen(self):
        self._void_approval()

    @transition(
        status,
        source=Status.APPROVED,
        target=Status.SCHEDULED,
        conditions=[is_due_later, has_approved_version],
    )
    def schedule(self):
        self.held_reason = ""

    @transition(status, source=Status.SCHEDULED, target=Status.APPROVED)
    def unschedule(self):
        self.publish_at = None
        self.scheduled_by = None
        self.held_reason = ""

    @transition(
        status,
        source=[Status.APPROVED, Status.SCHEDULED, Status.UNPUBLISHED],
        target=Status.PUBLISHED,
        conditions=[has_approved_version],
    )
    def publish(self):
        self.published_at = timezone.now()
        self.first_published_at = self.first_published_at or self.published_at
        self.live_version = self.approved_version
        self.publish_at = None
        self.scheduled_by = None
        self.held_reason = ""

    @transition(
        status, source=[Status.PUBLISHED, Status.UNPUBLISHED], target=Status.DRAFT
    )
    def revise(self):
        self._void_approval()

    @transition(status, source=Status.PUBLISHED, target=Status.UNPUBLISHED)
    def unpublish(self):
        self.take_down()

    @transition(
        status,
        source=[Status.PUBLISHED, Status.UNPUBLISHED],
        target=Status.APPROVED,
        conditions=[has_approved_version],
    )
    def step_back(self):
        """Readers get an earlier version again; this one is approved, and waits."""

    @transition(status, source=NOT_IN_REVIEW, target=Status.ARCHIVED)
    def archive(self):
        self._void_approval()
        self.take_down()

    @transition(status, source=Status.ARCHIVED, target=Status.DRAFT)
    def unarchive(self):
        pass

    def take_down(self):
        """Readers no longer see it; in any state but published, that stays."""
        self.live_version = None
        self.unpublished_at = timezone.now()
        self.unpublish_at = None
        self.unpublish_set_by = None
        self.held_reason = ""

    def _void_approval(self):
        self.approved_version = None
        self.approved_by = None
        self.approved_at = None
        self.publish_at = None
        self.scheduled_by = None
        self.held_reason = ""
