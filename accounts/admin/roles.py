"""Roles on the desk: giving them to people, and what the sign-in provider may give."""

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import audit
from accounts.models import Role, RoleAssignment, User
from accounts.permissions import ROLES, SUPER_ADMIN, UNSCOPED, may
from accounts.ranks import may_give_until, rank_of, reaches
from cms.admin import MOMENTS, DeskPage


def scopes():
    """(id, name) of the categories a role can be limited to, as an indented tree."""
    rows = apps.get_model("editorial", "Category").objects.only("name", "depth")
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
        if field := self.fields.get("expires_at"):
            field.label = "Until"

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
        return super().get_queryset(request).select_related("role", "user")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "role":
            # What a role is comes from the code: nothing to change from here.
            field.widget.can_add_related = field.widget.can_delete_related = False
            field.widget.can_change_related = field.widget.can_view_related = False
        return field

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
        if not may(request.user, "assign_roles"):
            return False
        return obj is None or reaches(request.user, obj)

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Role)
class RoleAdmin(DeskPage):
    """What each role is comes from the code. Here stands what a provider may give."""

    list_display = ("name", "description", "from_provider")
    list_display_links = ("name",)
    fields = ("name", "description", "from_provider")
    readonly_fields = ("name", "description")
    actions = None

    def has_module_permission(self, request):
        return may(request.user, "assign_roles")

    def has_view_permission(self, request, obj=None):
        return may(request.user, "assign_roles")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        """Nobody lets a provider give what they may not give themselves."""
        if not may(request.user, "assign_roles"):
            return False
        if obj is None:
            return True
        return obj.code != SUPER_ADMIN and obj.rank <= rank_of(request.user)

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=["from_provider"])

    def log_change(self, request, obj, message):
        if message:
            audit.record(
                "role_from_provider",
                by=request.user,
                resource_type="role",
                request=request,
                role=obj.code,
                from_provider=obj.from_provider,
            )
