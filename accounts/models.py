"""Who people are: users, their roles, and until when."""

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import connections, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify

from accounts.signals import person_changed, person_deactivated
from accounts.tokens import ApiToken  # noqa: F401  (a model of this app)
from accounts.traffic import AnsweredRequest, RateLimit  # noqa: F401
from cms.databases import EDITORIAL
from cms.uuids import uuid7


def _columns(model):
    """All of them by name: not every service may read every column of a table."""
    table = model._meta.db_table
    return ", ".join(f'"{table}"."{one.column}"' for one in model._meta.concrete_fields)


class UserQuerySet(models.QuerySet):
    def who_asks(self, pk):
        """Whoever is signed in, or None. Each request asks this: plain SQL takes half
        the time that it takes to put a query together."""
        sql = f"SELECT {_columns(User)} FROM users WHERE id = %s"  # noqa: S608
        return next(iter(self.raw(sql, [pk])), None)

    def with_email(self, email):
        """Compared in lower case, as the constraint does: `iexact` compares in upper
        case, in which letters that look alike (ı, i) become one."""
        lowered = self.alias(lowered_email=Lower("email"))
        return lowered.filter(lowered_email=Lower(models.Value(email.strip())))

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
        return self.with_email(username).get()

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
        # Whoever may make one at the console need not be asked whose address it is.
        fields.setdefault("email_verified_at", timezone.now())
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
    sessions_epoch = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )
    """Part of what every session is bound to: whoever counts it up ends them all."""
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
        verbose_name = "person"
        verbose_name_plural = "people"
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
        user._known = dict(zip(field_names, values, strict=True))
        return user

    def refresh_from_db(self, *args, **kwargs):
        super().refresh_from_db(*args, **kwargs)
        self._known = self._as_it_is()

    def _as_it_is(self):
        deferred = self.get_deferred_fields()
        names = [field.attname for field in self._meta.concrete_fields]
        return {name: getattr(self, name) for name in names if name not in deferred}

    def _changed(self):
        """What differs from the row as it was read; None for a new person."""
        if self._state.adding or not hasattr(self, "_known"):
            return None
        now = self._as_it_is()
        return {name for name in now if now[name] != self._known.get(name, now)}

    def save(self, *args, update_fields=None, **kwargs):
        """Write what was changed, and in the same transaction tell who must know.

        Nothing else is written: the page on which somebody edits their profile does
        not undo what an admin did to the same row meanwhile, and the service that
        signs people in needs no right to columns that are not its business.
        """
        changed = self._changed()
        if changed and self._meta.pk.attname in changed:
            changed = None  # a copy under a new id is a new person
        ends = (
            changed is not None
            and "is_active" in changed
            and not self.is_active
            and (update_fields is None or "is_active" in update_fields)
        )
        if ends:
            self.sessions_epoch += 1
            changed.add("sessions_epoch")
            if update_fields is not None:
                update_fields = {*update_fields, "sessions_epoch"}
        if changed is not None and update_fields is None and not args:
            update_fields = {*changed, "updated_at"}
        with transaction.atomic(using=EDITORIAL):
            super().save(*args, update_fields=update_fields, **kwargs)
            written = set(update_fields or self._as_it_is())
            moved = changed is not None and "slug" in changed & written
            old_slug = self._known.get("slug", "") if moved else ""
            self._known = {
                **getattr(self, "_known", {}),
                **{k: v for k, v in self._as_it_is().items() if k in written},
            }
            shown = changed is None or changed & written & set(self.SHOWN)
            if shown:
                person_changed.send(
                    User, user=self, is_new=changed is None, old_slug=old_slug
                )
            if ends:
                person_deactivated.send(User, user=self)

    def _get_session_auth_hash(self, secret=None):
        """Sessions end with a new password, and with a deactivation for good."""
        bound_to = super()._get_session_auth_hash(secret=secret)
        return f"{bound_to}.{self.sessions_epoch}" if self.sessions_epoch else bound_to

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
        return tuple(RoleAssignment.objects.in_force_for(self))


class Role(models.Model):
    """A row for each role; what it may do stands in `accounts.permissions`."""

    code = models.CharField(max_length=30, primary_key=True)
    name = models.CharField(max_length=60)
    description = models.TextField(blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    from_provider = models.BooleanField(
        "may come from the sign-in provider",
        default=False,
        db_default=False,
        help_text="Whoever the provider says has this role gets it on signing in.",
    )

    class Meta:
        db_table = "roles"
        ordering = ["-rank"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(code="super_admin", from_provider=True),
                name="super_admins_are_made_here",
                violation_error_message="A super admin is made here, by another one.",
            ),
        ]

    def __str__(self):
        return self.name


class RoleAssignmentQuerySet(models.QuerySet):
    def current(self, *, at=None):
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=at or timezone.now())
        )

    def in_force_for(self, user):
        """`current()` of one person, the highest role first. Each request of staff asks
        this: plain SQL takes a third of the time."""
        return self.raw(
            f"SELECT {_columns(RoleAssignment)} FROM user_roles"  # noqa: S608
            " JOIN roles ON roles.code = user_roles.role_id"
            " WHERE user_roles.user_id = %s AND"
            " (user_roles.expires_at IS NULL OR user_roles.expires_at > %s)"
            " ORDER BY roles.rank DESC",
            [user.pk, timezone.now()],
        )

    def sync_from_provider(self, user, codes):
        """Make the roles that the sign-in provider gives to `user` exactly `codes`.

        Only roles that an admin has opened to the provider (`Role.from_provider`) are
        given, everywhere and without an end; a role that somebody gave by hand stays
        as it is. Returns the changes, as ["+editor", "-author"], and writes them to
        the audit log.

        The function in the database does it: the service that signs people in may
        not write `user_roles` itself.
        """
        with transaction.atomic(using=EDITORIAL):
            with connections[EDITORIAL].cursor() as cursor:
                cursor.execute(
                    "SELECT change FROM public.sync_provider_roles(%s, %s::text[])",
                    [user.pk, sorted(set(codes))],
                )
                changes = [change for (change,) in cursor.fetchall()]
            user.__dict__.pop("current_roles", None)
            user.__dict__.pop("_names_in_roles", None)
            if changes:
                apps.get_model("editorial", "AuditLog").objects.record(
                    "roles_from_provider",
                    by=user,
                    resource_type="user",
                    resource_id=user.pk,
                    new={"name": str(user), "changes": changes},
                )
        return changes


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
    from_provider = models.BooleanField(default=False, db_default=False, editable=False)
    """Given by the sign-in provider, who may also take it away again."""

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


class Permission(models.Model):
    """A line of `accounts.permissions.ALLOWED`, for SQL: mirrored after each migrate.

    Nobody edits it; the table in code is the one that counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    resource_type = models.CharField(max_length=100)
    whole_house = models.BooleanField(default=False)
    """A role within one category does not reach it."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "permissions"
        ordering = ["code"]

    def __str__(self):
        return self.code


class RolePermission(models.Model):
    """This role may do that: within its scope, or only to what is the person's own."""

    id = models.BigAutoField(primary_key=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="+")
    permission = models.ForeignKey(
        Permission, on_delete=models.CASCADE, related_name="role_permissions"
    )
    only_own = models.BooleanField(default=False)
    """Only by ownership or an individual grant, which SQL does not look at."""

    class Meta:
        db_table = "role_permissions"
        constraints = [
            models.UniqueConstraint(
                fields=["role", "permission"], name="one_line_for_role_and_permission"
            )
        ]

    def __str__(self):
        return f"{self.role_id}: {self.permission}"


class InvitationQuerySet(models.QuerySet):
    def open(self):
        return self.filter(accepted_at=None)


class Invitation(models.Model):
    """Somebody was asked to join the house and to choose a password."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="invitation"
    )
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(default=timezone.now)
    times_sent = models.PositiveIntegerField(default=0)
    """Part of the link: only the one sent last opens."""
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        db_table = "invitations"

    def __str__(self):
        return f"Invitation of {self.user}"
