"""People on the desk: who they are, their roles, and whether they may come in."""

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, RoleAssignment, User
from accounts.permissions import ROLES, SUPER_ADMIN, UNSCOPED, may
from cms.admin import MOMENTS, DeskPage
from cms.databases import EDITORIAL

NEWSROOM_CATEGORY = ("editorial", "Category")
AUDIT_LOG = ("editorial", "AuditLog")
"""By name: accounts is below the newsroom and does not import it."""


def rank_of(user):
    """The highest rank somebody has; a superuser is above all of them.

    Of an inactive person, too: who may open that account again gets its roles.
    """
    if user.is_superuser:
        return 100
    roles = user.role_assignments.current().values_list("role_id", flat=True)
    return max((ROLES[code][1] for code in roles), default=0)


def may_give_until(giver):
    """The moment when the giver's own right to give roles ends; None for never."""
    if giver.is_superuser:
        return None
    ends = [one.expires_at for one in giver.current_roles if one.role_id in UNSCOPED]
    return None if not ends or None in ends else max(ends)


def scopes():
    """(id, name) of the categories a role can be limited to, as an indented tree."""
    rows = apps.get_model(*NEWSROOM_CATEGORY).objects.only("name", "depth")
    return [
        (str(row.pk), "\N{EM SPACE}" * row.depth + row.name)
        for row in rows.order_by("path")
    ]


class RoleForm(forms.ModelForm):
    category_id = forms.TypedChoiceField(
        label="Within", required=False, empty_value=None
    )

    giver: User
    """Who gives the role; nobody gives one above their own."""

    class Meta:
        model = RoleAssignment
        fields = ("role", "category_id", "expires_at")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category_id"].choices = [("", "Every category"), *self.scopes]
        if self.instance.category_id:
            self.initial["category_id"] = str(self.instance.category_id)
        if field := self.fields.get("role"):
            field.choices = self.roles

    def clean_category_id(self):
        value = self.cleaned_data["category_id"]
        field = RoleAssignment._meta.get_field("category_id")
        return field.to_python(value) if value else None

    def clean(self):
        cleaned = super().clean()
        role = cleaned.get("role")
        if role and role.code in UNSCOPED and cleaned.get("category_id"):
            self.add_error("category_id", "An admin is one in every category.")
        return cleaned

    def clean_role(self):
        role = self.cleaned_data["role"]
        if ROLES[role.code][1] > rank_of(self.giver):
            raise ValidationError(
                f"{role} stands above your own role. Ask somebody who has it."
            )
        return role

    def clean_expires_at(self):
        until = self.cleaned_data["expires_at"]
        limit = may_give_until(self.giver)
        if limit and (until is None or until > limit):
            raise ValidationError(
                "Your own role ends before that. Choose an earlier time."
            )
        if until and "expires_at" in self.changed_data and until <= timezone.now():
            raise ValidationError(
                "Choose a time in the future, or remove the role instead."
            )
        return until


class RoleInline(admin.TabularInline):
    model = RoleAssignment
    form = RoleForm
    fk_name = "user"
    fields = ("role", "category_id", "expires_at")
    extra = 1
    verbose_name = "role"
    formfield_overrides = MOMENTS

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("role")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.giver = request.user
        formset.form.scopes = scopes()
        formset.form.roles = [
            ("", "Choose a role"),
            *((role.pk, role.name) for role in Role.objects.all()),
        ]
        return formset

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view_people")

    def has_add_permission(self, request, obj=None):
        if obj == request.user and not obj.is_superuser:
            return False  # nobody widens or prolongs their own rights
        return may(request.user, "assign_roles") and _below(request, obj)

    has_change_permission = has_delete_permission = has_add_permission


def _below(request, user):
    """Nobody changes people who stand above them."""
    return user is None or rank_of(user) <= rank_of(request.user)


class NewPersonForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "display_name")

    def save(self, commit=True):
        self.instance.slug = User.objects.free_slug(self.cleaned_data["display_name"])
        return super().save(commit)


class PersonForm(UserChangeForm):
    class Meta:
        model = User
        exclude = ()  # noqa: DJ006  (the fieldsets name what is shown)


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [("staff", "Staff"), *((code, ROLES[code][0]) for code in ROLES)]

    def queryset(self, request, queryset):
        if self.value() == "staff":
            return queryset & User.objects.staff()
        if self.value() in ROLES:
            return queryset & User.objects.in_role(self.value())
        return queryset


@admin.register(User)
class PersonAdmin(DeskPage, UserAdmin):
    """Rights come from `accounts.permissions`; Django's groups are not used."""

    form = PersonForm
    add_form = NewPersonForm
    inlines = (RoleInline,)
    list_display = ("display_name", "email", "roles", "is_active", "created_at")
    list_filter = (RoleFilter, "is_active")
    search_fields = ("display_name", "email")
    search_help_text = "Name or e-mail address."
    ordering = ("display_name", "pk")
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "email",
                    "display_name",
                    "usable_password",
                    "password1",
                    "password2",
                )
            },
        ),
    )

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.add_fieldsets
        powers = ("is_superuser",) if request.user.is_superuser else ()
        return (
            (None, {"fields": ("email", "display_name", "slug", "password")}),
            ("For readers", {"fields": ("bio", "website", "avatar_url")}),
            (
                "Access",
                {
                    "fields": ("is_active", *powers, "last_login", "created_at"),
                    "description": "An inactive person can do nothing, and stays in "
                    "the history of what they did.",
                },
            ),
        )

    def get_queryset(self, request):
        current = RoleAssignment.objects.current().select_related("role")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("role_assignments", current, to_attr="listed_roles")
            )
        )

    def get_inlines(self, request, obj):
        return self.inlines if obj is not None else ()

    # Rights ------------------------------------------------------------------

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return may(request.user, "view_people")

    def has_add_permission(self, request):
        return may(request.user, "edit_people")

    def has_change_permission(self, request, obj=None):
        return may(request.user, "edit_people") and _below(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # what somebody wrote stays theirs; deactivate them instead

    def save_model(self, request, obj, form, change):
        if change and obj == request.user and not obj.is_active:
            # Locking oneself out is never meant.
            obj.is_active = True
            self.message_user(
                request, "You cannot deactivate yourself; ask a colleague.", "warning"
            )
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        for assignment in formset.save(commit=False):
            if assignment._state.adding:
                assignment.assigned_by = request.user
            assignment.save()
        for gone in formset.deleted_objects:
            gone.delete()

    # The audit log -----------------------------------------------------------

    def log_addition(self, request, obj, message):
        self._audit(request, "create", obj, message)

    def log_change(self, request, obj, message):
        if message:
            self._audit(request, "edit", obj, message)

    def _audit(self, request, action, user, message):
        """Who may come in, and as what, is written where nobody can change it."""
        with transaction.atomic(using=EDITORIAL):
            apps.get_model(*AUDIT_LOG).objects.record(
                action,
                by=request.user,
                resource_type="user",
                resource_id=user.pk,
                new={"name": str(user), "changes": message},
                ip_address=request.META.get("REMOTE_ADDR") or None,
                user_agent=request.META.get("HTTP_USER_AGENT", ""),
            )

    def history_view(self, request, object_id, extra_context=None):
        """In the audit log, where everything stands."""
        address = reverse("admin:editorial_auditlog_changelist")
        return HttpResponseRedirect(f"{address}?about=user")

    @admin.display(description="Roles")
    def roles(self, user):
        names = {one.role.name for one in user.listed_roles}
        if user.is_superuser:
            names.add(ROLES[SUPER_ADMIN][0])
        return ", ".join(sorted(names)) or "Reader"


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
