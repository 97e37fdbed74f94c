"""Who people are: users, their roles, and until when."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify

from accounts.signals import person_changed
from cms.databases import EDITORIAL
from cms.uuids import uuid7


class UserQuerySet(models.QuerySet):
    def with_email(self, email):
        return self.filter(email__iexact=email.strip())

    def staff(self, *, at=None):
        """Whoever holds a role that has not expired, or is a superuser."""
        current = RoleAssignment.objects.current(at=at)
        return self.filter(is_active=True).filter(
            models.Q(is_superuser=True)
            | models.Q(pk__in=current.values("user_id").distinct())
        )

    def in_role(self, *codes, at=None):
        current = RoleAssignment.objects.current(at=at).filter(role_id__in=codes)
        return self.filter(is_active=True, pk__in=current.values("user_id"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False

    def get_by_natural_key(self, username):
        return self.get(email__iexact=username)

    def create_user(self, email, password=None, **fields):
        if not email:
            raise ValueError("A person signs in with an e-mail address; it is empty.")
        fields.setdefault("display_name", email.split("@")[0])
        fields.setdefault("slug", self.free_slug(fields["display_name"]))
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        fields.setdefault("is_superuser", True)
        return self.create_user(email, password, **fields)

    def free_slug(self, name):
        """A profile address nobody has, made of the name."""
        stem = slugify(name, allow_unicode=True)[:200] or "author"
        slug, number = stem, 1
        while self.filter(slug=slug).exists():
            number += 1
            slug = f"{stem}-{number}"
        return slug


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Every person is a member; roles make them staff."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField("e-mail address", max_length=255)
    display_name = models.CharField(max_length=255)
    slug = models.SlugField("profile address", max_length=255, allow_unicode=True)
    avatar_url = models.CharField(max_length=1000, blank=True)
    bio = models.TextField(blank=True)
    website = models.URLField(blank=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="An inactive person can do nothing at all."
    )
    email_verified_at = models.DateTimeField(null=True, blank=True)
    badge_verified_at = models.DateTimeField(
        "verified", null=True, blank=True, help_text="Shown as a badge to readers."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    SHOWN = (
        "display_name",
        "slug",
        "avatar_url",
        "bio",
        "website",
        "badge_verified_at",
        "is_active",
    )
    """What readers may see of a person."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    objects = UserManager()

    class Meta:
        db_table = "users"
        ordering = ["display_name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_account_for_an_address",
                violation_error_message="Somebody has this e-mail address already.",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                name="one_profile_address",
                violation_error_message="Somebody has this profile address already.",
            ),
        ]

    def __str__(self):
        return self.display_name or self.email

    @classmethod
    def from_db(cls, db, field_names, values):
        user = super().from_db(db, field_names, values)
        user._shown = user._what_is_shown()
        return user

    def _what_is_shown(self):
        deferred = self.get_deferred_fields()
        return {
            name: getattr(self, name) for name in self.SHOWN if name not in deferred
        }

    def save(self, *args, **kwargs):
        """Save, and in the same transaction tell who shows this person to readers."""
        with transaction.atomic(using=EDITORIAL):
            super().save(*args, **kwargs)
            before, self._shown = getattr(self, "_shown", None), self._what_is_shown()
            if before != self._shown:
                person_changed.send(User, user=self, is_new=before is None)

    def get_full_name(self):
        return self.display_name

    def get_short_name(self):
        return self.display_name

    def clean(self):
        super().clean()
        self.email = self.__class__.objects.normalize_email(self.email)

    @property
    def is_staff(self):
        """Whether the desk opens for this person; roles decide."""
        return self.is_active and (self.is_superuser or bool(self.current_roles))

    @cached_property
    def current_roles(self):
        """The assignments in force, read once for this object."""
        if not self.is_active:
            return ()
        return tuple(self.role_assignments.current())


class Role(models.Model):
    """A row for each role; what it may do stands in `accounts.permissions`."""

    code = models.CharField(max_length=30, primary_key=True)
    name = models.CharField(max_length=60)
    description = models.TextField(blank=True)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "roles"
        ordering = ["-rank"]

    def __str__(self):
        return self.name


class RoleAssignmentQuerySet(models.QuerySet):
    def current(self, *, at=None):
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=at or timezone.now())
        )


class RoleAssignment(models.Model):
    """A person has a role, perhaps within one category's subtree, perhaps for a time.

    `category_id` is the id of an `editorial.Category`; empty means everywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="role_assignments"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    category_id = models.UUIDField("category", null=True, blank=True)
    assigned_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        db_table = "user_roles"
        ordering = ["user", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "category_id"],
                name="one_assignment_of_a_role",
                nulls_distinct=False,
                violation_error_message="This person has this role there already.",
            ),
            models.CheckConstraint(
                condition=models.Q(category_id=None)
                | ~models.Q(role_id__in=["admin", "super_admin"]),
                name="admins_are_so_everywhere",
                violation_error_message="An admin is one in every category.",
            ),
        ]

    def __str__(self):
        return f"{self.user}: {self.role_id}"
